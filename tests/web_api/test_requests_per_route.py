"""What a route costs at the table: one request, however many orders the customer has."""

import uuid
from collections.abc import Iterator

import pytest
from tests.calls import one_line
from tests.faulty_service import FaultyService
from tests.in_process import InProcessApi, api_in_process
from tests.seeding import seed_orders
from tests.stack import WebApiStack

from patterns_local.platform import Platform

pytestmark = pytest.mark.integration

FEW, MANY = 10, 1_000


@pytest.fixture(scope="module")
def counted(platform: Platform, stack: WebApiStack) -> Iterator[tuple[InProcessApi, FaultyService]]:
    """Give the API in this process, and what counts its requests to DynamoDB on the wire."""
    with FaultyService(platform.endpoint_url) as service, api_in_process(platform, stack, dynamodb=service.url) as api:
        yield api, service


@pytest.fixture(scope="module", params=[FEW, MANY])
def customer_id(request: pytest.FixtureRequest, platform: Platform, orders_table: str) -> str:
    """Return a customer with few orders, then one with many."""
    customer_id = str(uuid.uuid4())
    seed_orders(platform, orders_table, customer_id, request.param)
    return customer_id


@pytest.mark.parametrize(
    ("method", "path", "headers", "query", "operations"),
    [
        ("GET", "/products", {}, {}, []),
        ("GET", "/health", {}, {}, []),
        ("POST", "/orders", {}, {}, ["PutItem"]),
        ("POST", "/orders", {"Idempotency-Key": "placed"}, {}, ["TransactWriteItems"]),
        ("POST", "/orders", {"Idempotency-Key": "replayed"}, {}, ["TransactWriteItems"]),
        ("GET", "/orders", {}, {}, ["Query"]),
        ("GET", "/orders", {}, {"limit": "100"}, ["Query"]),
        ("GET", "/orders", {}, {"status": "PLACED", "limit": "100"}, ["Query"]),
        ("GET", "/orders", {}, {"status": "CANCELLED"}, ["Query"]),
        ("GET", "/orders/{order_id}", {}, {}, ["GetItem"]),
        ("POST", "/orders/{order_id}/cancel", {}, {}, ["UpdateItem"]),
        ("POST", "/orders/{order_id}/cancel", {"If-Match": '"2"'}, {}, ["UpdateItem"]),
    ],
)
def test_a_route_makes_at_most_one_request(
    counted: tuple[InProcessApi, FaultyService],
    customer_id: str,
    method: str,
    path: str,
    headers: dict[str, str],
    query: dict[str, str],
    operations: list[str],
) -> None:
    """The request that a route makes is the documented one, for ten orders as for a thousand."""
    api, service = counted
    page = api.request("GET", "/orders", customer_id=customer_id).json()
    address = path.format(order_id=page["orders"][0]["order_id"])
    body = one_line() if path == "/orders" and method == "POST" else None
    for _ in range(2 if "replayed" in headers.values() else 1):
        service.operations.clear()
        answer = api.request(method, address, customer_id=customer_id, body=body, headers=headers, query=query)
        assert answer.status_code < 500, answer.text
        assert service.operations == operations


def test_each_page_of_a_list_is_one_request(counted: tuple[InProcessApi, FaultyService], customer_id: str) -> None:
    """Following the cursor costs a query a page, and the key of the cursors is not read from the table."""
    api, service = counted
    cursor: str | None = None
    for _ in range(3):
        service.operations.clear()
        query = {"limit": "3", **({"cursor": cursor} if cursor else {})}
        answer = api.request("GET", "/orders", customer_id=customer_id, query=query)
        assert (answer.status_code, service.operations) == (200, ["Query"])
        cursor = answer.json()["next_cursor"]
        assert cursor
