"""Every answer in the documentation can be got, and is as the documentation says."""

from collections.abc import Callable
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from patterns_shared.domain.orders import OrderStatus
from patterns_web_api.testing import Answer, Shop

NOBODYS = "/orders/019b8d00-0000-7000-8000-0000000fffff"
ORDER = {"lines": [{"sku": "TEA-ASSAM-100", "quantity": 1}]}
KEY = {"Idempotency-Key": "key"}
Ask = Callable[[Shop], Answer]


def placed(shop: Shop) -> str:
    """Return the address of a new order."""
    return shop.place().headers["location"]


def fulfilled(shop: Shop) -> str:
    """Return the address of an order that was fulfilled."""
    location = placed(shop)
    order_id = location.rpartition("/")[2]
    shop.orders.move(order_id, OrderStatus.FULFILLED, customer_id="sub-of-ada", traceparent="")
    return location


def replayed(shop: Shop, body: object) -> Answer:
    """Place an order, and send this body with the same key."""
    shop.send("POST", "/orders", ORDER, headers=KEY)
    return shop.send("POST", "/orders", body, headers=KEY)


def unavailable(method: str, path: str) -> Ask:
    """Return what asks while the store is down."""

    def ask(shop: Shop) -> Answer:
        shop.orders.unavailable = True
        return shop.send(method, path, ORDER)

    return ask


ANSWERS: dict[tuple[str, str], Ask] = {
    ("listProducts", "200"): lambda shop: shop.send("GET", "/products"),
    ("listProducts", "304"): lambda shop: shop.send("GET", "/products", headers={"If-None-Match": "*"}),
    ("getHealth", "200"): lambda shop: shop.send("GET", "/health"),
    ("placeOrder", "200"): lambda shop: replayed(shop, ORDER),
    ("placeOrder", "201"): lambda shop: shop.place(),
    ("placeOrder", "400"): lambda shop: shop.send("POST", "/orders", "{"),
    ("placeOrder", "401"): lambda shop: shop.send("POST", "/orders", ORDER, by=None),
    ("placeOrder", "413"): lambda shop: shop.send("POST", "/orders", " " * 100_000),
    ("placeOrder", "415"): lambda shop: shop.send("POST", "/orders", ORDER, headers={"Content-Type": "text/plain"}),
    ("placeOrder", "422"): lambda shop: replayed(shop, {"lines": [{"sku": "GIFT-BOX-S", "quantity": 1}]}),
    ("placeOrder", "503"): unavailable("POST", "/orders"),
    ("listOrders", "200"): lambda shop: shop.send("GET", "/orders"),
    ("listOrders", "400"): lambda shop: shop.send("GET", "/orders", query={"cursor": "x"}),
    ("listOrders", "401"): lambda shop: shop.send("GET", "/orders", by=None),
    ("listOrders", "422"): lambda shop: shop.send("GET", "/orders", query={"limit": "0"}),
    ("listOrders", "503"): unavailable("GET", "/orders"),
    ("getOrder", "200"): lambda shop: shop.send("GET", placed(shop)),
    ("getOrder", "304"): lambda shop: shop.send("GET", placed(shop), headers={"If-None-Match": "*"}),
    ("getOrder", "400"): lambda shop: shop.send("GET", placed(shop), headers={"If-Match": "7"}),
    ("getOrder", "412"): lambda shop: shop.send("GET", placed(shop), headers={"If-Match": '"7"'}),
    ("getOrder", "401"): lambda shop: shop.send("GET", NOBODYS, by=None),
    ("getOrder", "404"): lambda shop: shop.send("GET", NOBODYS),
    ("getOrder", "503"): unavailable("GET", NOBODYS),
    ("cancelOrder", "200"): lambda shop: shop.send("POST", f"{placed(shop)}/cancel"),
    ("cancelOrder", "401"): lambda shop: shop.send("POST", f"{NOBODYS}/cancel", by=None),
    ("cancelOrder", "404"): lambda shop: shop.send("POST", f"{NOBODYS}/cancel"),
    ("cancelOrder", "409"): lambda shop: shop.send("POST", f"{fulfilled(shop)}/cancel"),
    ("cancelOrder", "412"): lambda shop: shop.send("POST", f"{placed(shop)}/cancel", headers={"If-Match": '"7"'}),
    ("cancelOrder", "400"): lambda shop: shop.send("POST", f"{placed(shop)}/cancel", headers={"If-Match": "7"}),
    ("cancelOrder", "503"): unavailable("POST", f"{NOBODYS}/cancel"),
}


def described(shop: Shop) -> tuple[dict[tuple[str, str], Any], Any]:
    """Return the documented responses by operation and status, and the whole document."""
    document = shop.send("GET", "/openapi.json").json
    responses = {
        (operation["operationId"], status): response
        for path in document["paths"].values()
        for operation in path.values()
        for status, response in operation["responses"].items()
    }
    return responses, document


def test_every_documented_answer_is_asked_for_below(shop: Shop) -> None:
    """All but the 500, which only a bug gives, and what only the gateway answers."""
    responses, _ = described(shop)
    gateways = {(operation, status) for operation, status in responses if status in {"403", "413", "429", "502", "504"}}
    elsewhere = (gateways | {("getHealth", "400"), ("listProducts", "400")}) - ANSWERS.keys()

    assert {(operation, status) for operation, status in responses if status != "500"} - elsewhere == ANSWERS.keys()


def test_every_operation_may_be_refused_before_it_is_reached(shop: Shop) -> None:
    """By the gateway or its firewall, with the headers that they send and without a trace of the application's."""
    responses, document = described(shop)

    for operation in {operation for operation, _ in responses}:
        for status in ("400", "403", "413", "429", "502", "504"):
            headers = responses[operation, status]["headers"]
            assert not headers["traceparent"]["required"]
            assert ("Retry-After" in headers) is (status in {"429", "502", "504"})
    assert "WWW-Authenticate" in responses["getOrder", "401"]["headers"]
    assert document["components"]["securitySchemes"]["idToken"]["scheme"] == "bearer"


@pytest.mark.parametrize("name", list(ANSWERS), ids="-".join)
def test_an_answer_is_as_documented(shop: Shop, name: tuple[str, str]) -> None:
    """Its status, its type, every field of its body, and its headers."""
    responses, document = described(shop)

    answer = ANSWERS[name](shop)

    assert str(answer.status) == name[1]
    content = responses[name].get("content", {})
    if content:
        schema = content[answer.headers["content-type"]]["schema"]
        # The references are looked up in the schema itself.
        Draft202012Validator({**schema, "components": document["components"]}).validate(answer.json)
    else:
        assert answer.body == ""
    for header, about in responses[name]["headers"].items():
        assert header.lower() in answer.headers, header
        value: object = answer.headers[header.lower()]
        if about["schema"]["type"] == "integer":
            value = int(str(value))
        Draft202012Validator(about["schema"]).validate(value)
