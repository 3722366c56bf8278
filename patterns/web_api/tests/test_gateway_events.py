"""Proxy events of a REST API, as AWS and as the local platform send them."""

import json
from typing import Any

import pytest

from patterns_web_api.testing import Shop


def rest_event(shop: Shop, path: str, *, resource: str, full_path: str) -> dict[str, Any]:
    """Return an event of a REST API whose resources are listed one by one."""
    event = shop.event("GET", path)
    event["resource"] = resource
    event["requestContext"]["path"] = full_path
    return event


@pytest.mark.parametrize(
    ("path", "resource", "full_path", "root"),
    [
        ("/docs", "/docs", "/prod/docs", "/prod"),
        ("/docs", "/{proxy+}", "/prod/docs", "/prod"),
        ("/docs", "/docs", "/docs", ""),
        ("/shop/docs", "/docs", "/shop/docs", "/shop"),
        ("/shop/v1/docs", "/docs", "/shop/v1/docs", "/shop/v1"),
        ("/docs", "/docs", "/docs/docs", "/docs"),
    ],
)
def test_the_documentation_finds_its_schema(shop: Shop, path: str, resource: str, full_path: str, root: str) -> None:
    """Behind a stage, behind a custom domain with and without a base path, and when the stage is named like a route."""
    page = shop.handle(rest_event(shop, path, resource=resource, full_path=full_path))

    assert page.status == 200
    assert f"url: '{root}/openapi.json'" in page.body
    schema_event = rest_event(
        shop,
        path.replace("docs", "openapi.json") if path != full_path else f"{root}/openapi.json",
        resource=resource.replace("docs", "openapi.json"),
        full_path=f"{root}/openapi.json",
    )
    schema = shop.handle(schema_event)
    assert schema.status == 200
    assert [server["url"] for server in schema.json.get("servers", [])] == ([root] if root else [])


def test_the_location_of_an_order_leads_through_the_stage(shop: Shop) -> None:
    """A client that follows it as it is arrives."""
    shop.stage_path = "/prod"

    placed = shop.place()

    assert placed.headers["location"] == f"/prod/orders/{placed.json['order_id']}"


def test_a_problem_names_the_path_that_the_client_asked_for(shop: Shop) -> None:
    """With the stage."""
    shop.stage_path = "/prod"

    assert shop.send("GET", "/orders/x").json["instance"] == "/prod/orders/x"


def test_a_parameter_in_the_path_may_be_encoded(shop: Shop) -> None:
    """The gateway hands the path on as it came; an encoded slash is no part of the route."""
    event = rest_event(shop, "/orders/a%2Fcancel", resource="/orders/{order_id}", full_path="/prod/orders/a%2Fcancel")

    assert shop.handle(event).status == 404


@pytest.mark.parametrize("missing", ["headers", "multiValueHeaders", "queryStringParameters", "body"])
def test_what_is_null_in_an_event_is_nothing(shop: Shop, missing: str) -> None:
    """Gateways send null for what there is none of."""
    event = shop.event("GET", "/orders", query={"limit": "5"})
    event[missing] = None

    assert shop.handle(event).status == 200


def test_a_request_without_any_header_is_answered(shop: Shop) -> None:
    """Not even Host is needed."""
    event = shop.event("GET", "/products") | {"headers": None, "multiValueHeaders": None}

    assert shop.handle(event).status == 200


@pytest.mark.parametrize("host", ["[::1]:8080", "a:b:c", "", ":", "x" * 5_000, "é"])
def test_no_host_breaks_anything(shop: Shop, host: str) -> None:
    """The function does not need to know under which name it was called."""
    assert shop.send("GET", "/products", headers={"Host": host}).status == 200


def test_a_repeated_header_is_one_list(shop: Shop) -> None:
    """As RFC 9110 says: so two idempotency keys are no key."""
    event = shop.event("POST", "/orders", {"lines": [{"sku": "GIFT-BOX-S", "quantity": 1}]})
    event["multiValueHeaders"]["Idempotency-Key"] = ["one", "two"]

    assert shop.handle(event).fields == ["Idempotency-Key"]


def test_surrogates_in_a_query_are_text_like_any_other(shop: Shop) -> None:
    """JSON can carry halves of characters that UTF-8 cannot."""
    answer = shop.send("GET", "/orders", query={"cursor": "\ud800"})

    assert answer.is_problem(400, "invalid-cursor")


def test_an_answer_is_what_a_gateway_takes(shop: Shop) -> None:
    """Text in the body, one value for each header, all of it JSON."""
    result = shop.handler(shop.event("GET", "/products"), None)

    assert json.loads(json.dumps(result)) == result
    assert result["multiValueHeaders"] == {}
    assert all(isinstance(value, str) for value in result["headers"].values())
