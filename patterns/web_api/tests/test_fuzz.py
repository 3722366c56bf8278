"""Thousands of generated requests, valid and not, against the served OpenAPI document.

They go through the whole function: a WSGI application plays the gateway and turns each into a proxy event.
``FUZZ_REQUESTS=20000 pytest -m fuzz`` sends more, and other ones each time; the default ones are always the same.
"""

import os
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qs, quote

import pytest
import schemathesis
from aws_lambda_powertools import Logger
from aws_lambda_powertools.metrics import Metrics
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis import APIOperation, Case, GenerationMode
from schemathesis.checks import load_all_checks
from schemathesis.specs.openapi.checks import positive_data_acceptance

from patterns_shared.domain.catalogue import CATALOGUE
from patterns_web_api.testing import Shop, claims_of, make_shop

AnyCase = Case[Any]
AnyOperation = APIOperation[Any, Any, Any, Any]

TOKEN = "token-of-ada"
DEFAULT_REQUESTS = 2_000
REQUESTS = int(os.environ.get("FUZZ_REQUESTS", DEFAULT_REQUESTS))
SHARES = {
    ("POST /orders", GenerationMode.POSITIVE): 15,
    ("POST /orders", GenerationMode.NEGATIVE): 25,
    ("GET /orders", GenerationMode.POSITIVE): 15,
    ("GET /orders", GenerationMode.NEGATIVE): 15,
    ("GET /orders/{order_id}", GenerationMode.POSITIVE): 5,
    ("GET /orders/{order_id}", GenerationMode.NEGATIVE): 10,
    ("POST /orders/{order_id}/cancel", GenerationMode.POSITIVE): 10,
    ("POST /orders/{order_id}/cancel", GenerationMode.NEGATIVE): 10,
    ("GET /products", GenerationMode.POSITIVE): 2,
    ("GET /health", GenerationMode.POSITIVE): 1,
}
"""How many of a hundred requests are of which kind. What takes any text has nothing invalid to be sent."""


class Gateway:
    """A REST API in front of the function: an authorizer that knows one token, and proxy events."""

    def __init__(self, shop: Shop) -> None:
        self._shop = shop
        self.statuses: Counter[int] = Counter()

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., object]) -> Iterable[bytes]:
        """Answer one request (WSGI)."""
        headers = {
            name.removeprefix("HTTP_").replace("_", "-").title(): value
            for name, value in environ.items()
            if name.startswith("HTTP_") or name == "CONTENT_TYPE"
        }
        path = quote(environ["PATH_INFO"].encode("latin-1"))
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        claims = {"authorizer": {"claims": claims_of("ada")}} if headers.get("Authorization") == TOKEN else {}
        result = self._shop.handler(
            {
                "resource": "/{proxy+}",
                "path": path,
                "httpMethod": environ["REQUEST_METHOD"],
                "headers": headers,
                "multiValueQueryStringParameters": parse_qs(environ["QUERY_STRING"], keep_blank_values=True) or None,
                "requestContext": {"path": path, **claims},
                "body": body.decode("utf-8", "replace"),
                "isBase64Encoded": False,
            },
            None,
        )
        status = HTTPStatus(result["statusCode"])
        self.statuses[status.value] += 1
        start_response(f"{status.value} {status.phrase}", list(result["headers"].items()))
        return [result["body"].encode()]


def real(case: AnyCase, draw: Callable[..., Any], shop: Shop) -> None:
    """Give a valid request what only the shop can know: its SKUs, its orders, its cursors."""
    body: Any = case.body
    if isinstance(body, dict):
        skus = draw(st.permutations(list(CATALOGUE)))
        # To JSON Schema 2.0 is an integer; to the shop it is not.
        body["lines"] = [
            {"sku": sku, "quantity": int(line["quantity"])} for line, sku in zip(body["lines"], skus, strict=False)
        ]
    if "order_id" in case.path_parameters and draw(st.booleans()):
        listed = shop.send("GET", "/orders", query={"limit": "9"}).json["orders"]
        case.path_parameters["order_id"] = draw(st.sampled_from(listed))["order_id"]
    if "cursor" in case.query:
        query = {"limit": "1"} | {name: value for name, value in case.query.items() if name == "status"}
        case.query["cursor"] = shop.send("GET", "/orders", query=query).json["next_cursor"]
        if case.query["cursor"] is None:
            del case.query["cursor"]


@dataclass
class Fuzz:
    """Sends generated requests and counts them."""

    shop: Shop
    gateway: Gateway
    sent: int = 0

    def send(self, operation: AnyOperation, mode: GenerationMode, count: int) -> None:
        """Send ``count`` requests of one kind, or fewer where there are not so many different ones."""

        @given(case=operation.as_strategy(generation_mode=mode), data=st.data())
        @settings(
            max_examples=count,
            derandomize=REQUESTS == DEFAULT_REQUESTS,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
        )
        def send(case: AnyCase, data: st.DataObject) -> None:
            if mode is GenerationMode.POSITIVE:
                real(case, data.draw, self.shop)
            self.sent += 1
            # What valid data leads to is checked below: it may also conflict with what was there before.
            response = case.call_and_validate(
                headers={"Authorization": TOKEN}, excluded_checks=[positive_data_acceptance]
            )
            if mode is GenerationMode.POSITIVE and "idempotency-key-reused" not in response.text:
                assert response.status_code in {200, 201, 304, 404, 409, 412}, response.text

        send()


@pytest.mark.fuzz
def test_no_generated_request_gets_an_answer_that_is_not_documented(logger: Logger, metrics: Metrics) -> None:
    """At least 2,000 requests: no 5xx, status, type, headers and body as documented, what is invalid is refused."""
    shop = make_shop(logger=logger, metrics=metrics)
    shop.place()
    fuzz = Fuzz(shop, Gateway(shop))
    schema = schemathesis.openapi.from_wsgi("/openapi.json", fuzz.gateway)
    load_all_checks()

    for (label, mode), share in SHARES.items():
        operation = schema.find_operation_by_label(label)
        assert operation, label
        try:
            fuzz.send(operation, mode, REQUESTS * share // 100)
        except BaseException as error:
            error.add_note(f"{label}, {mode.value}")
            raise

    assert fuzz.sent >= REQUESTS
    assert max(fuzz.gateway.statuses) < 500
    assert fuzz.gateway.statuses.keys() >= {200, 201, 304, 400, 401, 404, 412, 422}
