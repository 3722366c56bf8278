"""What the gateway refuses by itself, and what the function says to the rest."""

import json
from typing import Any

import httpx
import pytest
from tests.calls import one_line, signed_in
from tests.invocations import InvocationCounter
from tests.problems import fields_of, is_problem

from patterns_cli.demo.shoppers import Shopper

pytestmark = pytest.mark.integration

LINE = {"sku": "TEA-ASSAM-100", "quantity": 1}
MISSHAPEN: dict[str, Any] = {
    "a list": [],
    "no lines at all": {},
    "lines that are no list": {"lines": "TEA"},
    "a line that is no object": {"lines": ["TEA-ASSAM-100"]},
    "a line without a quantity": {"lines": [{"sku": "TEA-ASSAM-100"}]},
    "a quantity that is a text": {"lines": [LINE | {"quantity": "1"}]},
    "a quantity that is a fraction": {"lines": [LINE | {"quantity": 1.5}]},
    "an unknown field": {"lines": [LINE], "discount": 100},
    "an unknown field of a line": {"lines": [LINE | {"unit_price": 1}]},
}
"""Bodies whose structure is wrong: no function call is spent on them."""
IMPOSSIBLE: dict[str, tuple[Any, set[str]]] = {
    "no line": ({"lines": []}, {"lines"}),
    "51 lines": ({"lines": [LINE] * 51}, {"lines"}),
    "a quantity of 0": (one_line(quantity=0), {"lines.0.quantity"}),
    "a quantity of 1000": (one_line(quantity=1000), {"lines.0.quantity"}),
    "a quantity below 0": ({"lines": [LINE, LINE | {"quantity": -1}]}, {"lines.1.quantity"}),
    "an SKU of other characters": (one_line("tea\n"), {"lines.0.sku"}),
    "an unknown SKU": (one_line("TEA-NONE"), {"lines.0.sku"}),
    "a SKU twice": ({"lines": [LINE, LINE]}, {"lines.1.sku"}),
}
"""Bodies of the right structure that no shop can serve, with the fields at fault."""


@pytest.mark.parametrize("body", MISSHAPEN.values(), ids=MISSHAPEN.keys())
def test_a_misshapen_body_never_reaches_the_function(
    api: httpx.Client, alice: Shopper, invocations: InvocationCounter, body: object
) -> None:
    """The gateway answers 400 to a body against the schema, and the function is not invoked."""
    before = invocations()
    assert is_problem(api.post("/orders", json=body, headers=signed_in(alice)), 400, "invalid-body")
    assert invocations() == before


@pytest.mark.parametrize(("body", "fields"), IMPOSSIBLE.values(), ids=IMPOSSIBLE.keys())
def test_the_function_names_the_field_at_fault(
    api: httpx.Client, alice: Shopper, body: object, fields: set[str]
) -> None:
    """What only the function can know is a 422 that names the field."""
    response = api.post("/orders", json=body, headers=signed_in(alice))
    assert is_problem(response, 422)
    assert fields_of(response) == fields


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (b'{"lines": [', 400),
        (b"", 400),
        (b'{"lines": [{"sku": "\xff\xfe", "quantity": 1}]}', 400),
        (json.dumps(one_line("TEA\0")).encode(), 422),
        (b'\0{"lines": []}', 400),
        (b"[" * 20_000, 400),
        (json.dumps(one_line("TEA" + "-" * 70_000)).encode(), 413),
    ],
    ids=["cut JSON", "nothing", "bad UTF-8", "NUL in a SKU", "NUL before the body", "deep nesting", "over 64 KB"],
)
def test_a_body_that_cannot_be_read_is_a_4xx(api: httpx.Client, alice: Shopper, content: bytes, status: int) -> None:
    """Bytes that are no order give the documented 4xx, never a 5xx."""
    headers = {**signed_in(alice), "Content-Type": "application/json"}
    assert is_problem(api.post("/orders", content=content, headers=headers), status)


@pytest.mark.parametrize("kind", ["text/plain", "application/xml", "application/x-www-form-urlencoded"])
def test_another_content_type_is_refused(api: httpx.Client, alice: Shopper, kind: str) -> None:
    """A body that does not say that it is JSON is a 415."""
    headers = {**signed_in(alice), "Content-Type": kind}
    assert is_problem(api.post("/orders", content=json.dumps(one_line()), headers=headers), 415)


@pytest.mark.parametrize("path", ["/", "/nothing", "/orders/x/y/z", "/orders/x/refund", "/%2e%2e/orders", "/orders%00"])
def test_an_unknown_path_is_a_problem_document(api: httpx.Client, alice: Shopper, path: str) -> None:
    """There is nothing at a path that is not a route, and the answer says so in the usual form."""
    assert is_problem(api.get(path, headers=signed_in(alice)), 404, "not-found")


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("DELETE", "/orders", "GET, HEAD, OPTIONS, POST"),
        ("PUT", "/products", "GET, HEAD, OPTIONS"),
        ("PATCH", "/orders/x", "GET, HEAD, OPTIONS"),
        ("GET", "/orders/x/cancel", "OPTIONS, POST"),
        ("HEAD", "/orders/x/cancel", "OPTIONS, POST"),
        ("TRACE", "/orders", "GET, HEAD, OPTIONS, POST"),
    ],
)
def test_a_method_that_a_route_does_not_have_is_refused(
    api: httpx.Client, invocations: InvocationCounter, method: str, path: str, allowed: str
) -> None:
    """405 with Allow, with no token, and without a function call."""
    before = invocations()
    answer = api.request(method, path)
    assert answer.status_code == 405
    assert answer.headers["allow"] == allowed
    assert method == "HEAD" or is_problem(answer, 405, "method-not-allowed")
    assert invocations() == before


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", "application/json"])
def test_a_refused_method_may_have_any_body(api: httpx.Client, content_type: str) -> None:
    """The answer is about the method, not about the type of what was sent with it."""
    answer = api.put("/orders", content=b"x=1", headers={"Content-Type": content_type})
    assert is_problem(answer, 405, "method-not-allowed")
