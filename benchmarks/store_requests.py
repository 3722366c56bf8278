"""Requests to DynamoDB that each route makes, for customers with few orders and with many.

Counted in botocore, below our adapters, on the way to a DynamoDB that moto plays in this process.
"""

import json
import os
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stdout
from io import StringIO
from typing import Any
from unittest.mock import patch

import botocore.handlers
import botocore.session
from moto import mock_aws

from benchmarks.order_event import GOOD_BODY, LambdaContext, order_event
from benchmarks.results import Result, counted
from benchmarks.subjects import ENVIRONMENT
from patterns_shared.adapters.clock import utc_now
from patterns_shared.adapters.order_ids import new_order_id
from patterns_shared.adapters.order_items import order_to_item
from patterns_shared.domain.orders import RequestedLine, place_order

__all__ = ["SIZES", "measure"]

SIZES = (10, 100, 1_000, 10_000)
"""Orders that a customer has."""
TABLE = ENVIRONMENT["ORDERS_TABLE"]
INDEXES = {"by_customer": "customer_id", "by_customer_status": "customer_status"}
BATCH = 25
"""Items that one BatchWriteItem takes."""


def measure(sizes: Sequence[int] = SIZES) -> list[Result]:
    """Ask every route for customers of each size, and count."""
    with _counting() as requests, _account() as secret:
        from patterns_web_api.entrypoints.api import lambda_handler  # noqa: PLC0415 - after its session is hooked into

        with patch.dict(os.environ, {"CURSOR_SECRET_ARN": secret}), redirect_stdout(StringIO()):
            by_size = [_routes(lambda_handler, requests, customer=f"customer-{size}", orders=size) for size in sizes]
    return [_row(route, [counts[route] for counts in by_size]) for route in by_size[0]]


def _row(route: str, counts: Sequence[int]) -> Result:
    at_most = 0 if route in {"GET /products", "GET /health"} else 1
    return counted("requests", route, max(counts), "requests", at_most=at_most, flat=len(set(counts)) == 1)


def _routes(handler: Any, requests: Counter[str], *, customer: str, orders: int) -> dict[str, int]:  # noqa: ANN401
    """Return the number of requests by route, for one customer."""
    _have_orders(customer, orders)
    counts: dict[str, int] = {}

    def ask(name: str, method: str, path: str, *, key: str = "", query: Mapping[str, str] | None = None) -> Any:  # noqa: ANN401
        before = requests.total()
        answer = handler(_event(method, path, customer=customer, key=key, query=query), LambdaContext())
        assert answer["statusCode"] < 300, answer
        counts[name] = requests.total() - before
        return json.loads(answer["body"])

    placed = ask("POST /orders with an idempotency key", "POST", "/orders", key="key")
    ask("POST /orders again with the same key", "POST", "/orders", key="key")
    ask("POST /orders without a key", "POST", "/orders")
    first = ask("GET /orders, first page", "GET", "/orders", query={"limit": "5"})
    ask("GET /orders, second page", "GET", "/orders", query={"limit": "5", "cursor": first["next_cursor"]})
    ask("GET /orders, by status", "GET", "/orders", query={"status": "PLACED"})
    ask("GET /orders/{order_id}", "GET", f"/orders/{placed['order_id']}")
    ask("POST /orders/{order_id}/cancel", "POST", f"/orders/{placed['order_id']}/cancel")
    ask("GET /products", "GET", "/products")
    ask("GET /health", "GET", "/health")
    return counts


def _event(method: str, path: str, *, customer: str, key: str, query: Mapping[str, str] | None) -> dict[str, Any]:
    event = order_event(GOOD_BODY, key=key)
    context = event["requestContext"]
    context["authorizer"]["claims"]["sub"] = customer
    context["path"] = f"/v1{path}"
    for name, values in (("headers", event["headers"]), ("multiValueHeaders", event["multiValueHeaders"])):
        event[name] = {k: v for k, v in values.items() if key or k != "Idempotency-Key"}
    return event | {
        "httpMethod": method,
        "path": path,
        "resource": path,
        "queryStringParameters": query,
        "multiValueQueryStringParameters": {name: [value] for name, value in (query or {}).items()},
    }


@contextmanager
def _counting() -> Iterator[Counter[str]]:
    """Count requests to DynamoDB of every session that is made meanwhile, as moto hooks into them."""
    requests: Counter[str] = Counter()

    def count(event_name: str, **_: object) -> None:
        requests[event_name] += 1

    handlers = [*botocore.handlers.BUILTIN_HANDLERS, ("before-send.dynamodb", count)]
    with patch.object(botocore.handlers, "BUILTIN_HANDLERS", handlers):
        yield requests


@contextmanager
def _account() -> Iterator[str]:
    """Play an account with the table and the cursors' secret; gives the secret's ARN."""
    with patch.dict(os.environ, ENVIRONMENT), mock_aws():
        texts = ("pk", "order_id", *INDEXES.values())
        _client("dynamodb").create_table(
            TableName=TABLE,
            BillingMode="PAY_PER_REQUEST",
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in texts],
            GlobalSecondaryIndexes=[
                {
                    "IndexName": index,
                    "KeySchema": [
                        {"AttributeName": key, "KeyType": "HASH"},
                        {"AttributeName": "order_id", "KeyType": "RANGE"},
                    ],
                    "Projection": {"ProjectionType": "ALL"},
                }
                for index, key in INDEXES.items()
            ],
        )
        yield str(_client("secretsmanager").create_secret(Name="cursors", SecretString="key")["ARN"])


def _have_orders(customer: str, number: int) -> None:
    client = _client("dynamodb")
    items = [_item(customer) for _ in range(number)]
    for start in range(0, number, BATCH):
        puts = [{"PutRequest": {"Item": item}} for item in items[start : start + BATCH]]
        client.batch_write_item(RequestItems={TABLE: puts})


def _item(customer: str) -> dict[str, Any]:
    placed_at = utc_now()
    order = place_order(
        order_id=new_order_id(placed_at),
        customer_id=customer,
        contact_email="ada@example.com",
        requested=[RequestedLine("TEA-ASSAM-100", 1)],
        placed_at=placed_at,
    )
    return dict(order_to_item(order, traceparent=""))


def _client(service: str) -> Any:  # noqa: ANN401 - botocore makes its client classes at run time
    return botocore.session.get_session().create_client(service)
