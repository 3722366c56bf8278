"""Whatever is sent, the answer is a problem document that names the field, and nothing is written."""

import base64
import json

import pytest

from patterns_web_api.testing import Shop

LINE = {"sku": "TEA-ASSAM-100", "quantity": 1}


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "lines"),
        ({"lines": None}, "lines"),
        ({"lines": "TEA-ASSAM-100"}, "lines"),
        ({"lines": {"0": LINE}}, "lines"),
        ({"lines": []}, "lines"),
        ({"lines": [{"sku": f"SKU-{n}", "quantity": 1} for n in range(51)]}, "lines"),
        ({"lines": [LINE], "customer_id": "another-customer"}, "customer_id"),
        ({"lines": [{**LINE, "unit_price": 1}]}, "lines.0.unit_price"),
        ({"lines": [LINE, {"sku": "GIFT-BOX-S"}]}, "lines.1.quantity"),
        ({"lines": [{"quantity": 1}]}, "lines.0.sku"),
        ({"lines": [LINE, LINE]}, "lines.1.sku"),
        ({"lines": [{"sku": "NO-SUCH-TEA", "quantity": 1}]}, "lines.0.sku"),
        ({"lines": [{"sku": "tea-assam-100", "quantity": 1}]}, "lines.0.sku"),
        ({"lines": [{"sku": "TEA-ASSAM-100\u0000", "quantity": 1}]}, "lines.0.sku"),
        ({"lines": [{"sku": "TEA-ASSAM-100\n", "quantity": 1}]}, "lines.0.sku"),
        ({"lines": [{"sku": "\ufffd", "quantity": 1}]}, "lines.0.sku"),
        ({"lines": [{"sku": 100, "quantity": 1}]}, "lines.0.sku"),
        ({"lines": [{"sku": "X" * 41, "quantity": 1}]}, "lines.0.sku"),
        ({"lines": [[]]}, "lines.0"),
        ([], "body"),
        ("null", "body"),
        ('"text"', "body"),
        ("7", "body"),
    ],
)
def test_what_is_no_order_is_refused_by_field(shop: Shop, body: object, field: str) -> None:
    """422, and the store was never asked."""
    answer = shop.send("POST", "/orders", body)

    assert answer.is_problem(422, "invalid-request")
    assert field in answer.fields
    assert shop.orders.requests == 0


@pytest.mark.parametrize("quantity", [0, -1, 1000, 10**30, 0.0, 1.5, True, "2", None, [1], "1e0"])
def test_a_quantity_is_a_whole_number_from_1_to_999(shop: Shop, quantity: object) -> None:
    """Nothing is coerced: "2" and true are no quantities."""
    answer = shop.send("POST", "/orders", {"lines": [{"sku": "TEA-ASSAM-100", "quantity": quantity}]})

    assert answer.is_problem(422, "invalid-request")
    assert answer.fields == ["lines.0.quantity"]


@pytest.mark.parametrize("quantity", ["585.0", "5.85e2", "58500e-2", "585"])
def test_an_integer_may_be_written_with_a_fraction_of_zero(shop: Shop, quantity: str) -> None:
    """As JSON Schema means integers: some writers of JSON have no other numbers."""
    order = f'{{"lines":[{{"sku":"TEA-ASSAM-100","quantity":{quantity}}}]}}'

    assert shop.send("POST", "/orders", order).json["lines"][0]["quantity"] == 585


@pytest.mark.parametrize("quantity", [1, 999])
def test_both_ends_of_the_quantity_are_taken(shop: Shop, quantity: int) -> None:
    """1 and 999 are quantities."""
    assert shop.send("POST", "/orders", {"lines": [{"sku": "TEA-ASSAM-100", "quantity": quantity}]}).status == 201


@pytest.mark.parametrize(
    "body",
    [
        "",
        None,
        "{",
        "{'lines': []}",
        '{"lines": [{"sku": "\x00", "quantity": 1}]}',
        '{"lines": [{"sku": "\\ud800", "quantity": 1}]}',
        '{"lines": ' + "[" * 30_000,
        "\ufeff{}",
        "\ud800",
        '{"lines": [{"sku": "TEA-ASSAM-100", "quantity": ' + "9" * 5_000 + "}]}",
    ],
)
def test_what_is_no_json_is_refused(shop: Shop, body: str | None) -> None:
    """400 that names the body: NUL bytes, halves of surrogate pairs and deep nesting are among it."""
    answer = shop.send("POST", "/orders", body)

    assert answer.is_problem(400, "malformed-body")
    assert answer.fields == ["body"]


@pytest.mark.parametrize(
    "encoded",
    [
        base64.b64encode(b'{"lines":[{"sku":"\xff\xfe","quantity":1}]}').decode(),
        base64.b64encode(b"\x00\x00\x00").decode(),
        base64.b64encode('{"lines":[]}'.encode("utf-16")).decode(),
        "this is not base64",
        "\u00e9\u00e9\u00e9\u00e9",
    ],
)
def test_bad_bytes_are_refused(shop: Shop, encoded: str) -> None:
    """400 for bytes that are no UTF-8, also when the gateway sends them in base64."""
    event = {**shop.event("POST", "/orders", encoded), "isBase64Encoded": True}

    answer = shop.handle(event)

    assert answer.is_problem(400, "malformed-body")
    assert answer.fields == ["body"]


def test_a_body_in_base64_is_an_order_like_any_other(shop: Shop) -> None:
    """A gateway with binary media types sends bodies so."""
    body = base64.b64encode(json.dumps({"lines": [LINE]}).encode()).decode()

    assert shop.handle({**shop.event("POST", "/orders", body), "isBase64Encoded": True}).status == 201


def test_a_body_may_have_64_kilobytes(shop: Shop) -> None:
    """One byte more is 413, before it is parsed."""
    order = json.dumps({"lines": [LINE]})

    assert shop.send("POST", "/orders", order.ljust(64 * 1024)).status == 201
    assert shop.send("POST", "/orders", order.ljust(64 * 1024 + 1)).is_problem(413, "body-too-large")
    assert shop.send("POST", "/orders", "x" * 10_000_000).status == 413


@pytest.mark.parametrize("media_type", ["text/plain", "", "application/x-www-form-urlencoded", "json", "é" * 5_000])
def test_a_body_must_say_that_it_is_json(shop: Shop, media_type: str) -> None:
    """415: a form on a foreign page can send other types without asking, but not this one."""
    answer = shop.send("POST", "/orders", {"lines": [LINE]}, headers={"Content-Type": media_type})

    assert answer.is_problem(415, "unsupported-media-type")
    assert answer.headers["accept"] == "application/json"


def test_parameters_of_the_media_type_do_not_matter(shop: Shop) -> None:
    """With a charset and in capitals it is still JSON."""
    headers = {"Content-Type": "Application/JSON; charset=utf-8"}

    assert shop.send("POST", "/orders", {"lines": [LINE]}, headers=headers).status == 201


def test_a_thousand_mistakes_are_not_all_listed(shop: Shop) -> None:
    """A small request does not become a large answer."""
    answer = shop.send("POST", "/orders", {f"unknown-{n}": n for n in range(1_000)})

    assert len(answer.fields) == 20


@pytest.mark.parametrize("name", ["tea", "../products", "1", "%00", "\u00e9", "ORDER", "a" * 3_000, "*", "a%2Fb"])
def test_what_is_no_order_id_is_not_found_without_a_look(shop: Shop, name: str) -> None:
    """404, and the store was never asked."""
    for method, suffix in (("GET", ""), ("POST", "/cancel")):
        assert shop.send(method, f"/orders/{name}{suffix}").status == 404
    assert shop.orders.requests == 0


@pytest.mark.parametrize("path", ["/", "", "/order", "/orders/", "/health/", "/products/x", "/admin", "/\x00", "/%ff"])
def test_other_addresses_are_problems_too(shop: Shop, path: str) -> None:
    """404 with a problem document."""
    assert shop.send("GET", path).is_problem(404, "not-found")


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("DELETE", "/orders", "GET, HEAD, OPTIONS, POST"),
        ("PUT", "/orders/019b8d00-0000-7000-8000-000000000001", "GET, HEAD, OPTIONS"),
        ("GET", "/orders/019b8d00-0000-7000-8000-000000000001/cancel", "OPTIONS, POST"),
        ("BREW", "/health", "GET, HEAD, OPTIONS"),
    ],
)
def test_a_wrong_method_is_told_the_right_ones(shop: Shop, method: str, path: str, allowed: str) -> None:
    """405 with every method of the address in Allow, not only those of one route."""
    answer = shop.send(method, path)

    assert answer.is_problem(405, "method-not-allowed")
    assert answer.headers["allow"] == allowed


def test_the_problem_tells_which_address_was_asked(shop: Shop) -> None:
    """As a valid URI reference, whatever was in the path."""
    assert shop.send("GET", "/t%C3%A9 %3Fx%23").json["instance"] == "/t%C3%A9%20%3Fx%23"
