"""``/openapi.json`` and ``/docs``."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from patterns_web_api.testing import Shop

JsonObject = dict[str, Any]


@pytest.fixture
def document(shop: Shop) -> JsonObject:
    """The OpenAPI document as a client gets it."""
    found: JsonObject = shop.send("GET", "/openapi.json", by=None).json
    return found


def operations(document: JsonObject) -> dict[str, Any]:
    """Return the operations by their ids."""
    return {operation["operationId"]: operation for path in document["paths"].values() for operation in path.values()}


def test_every_route_is_described(document: JsonObject) -> None:
    """Six operations, each with a text."""
    found = operations(document)

    assert set(found) == {"listProducts", "placeOrder", "listOrders", "getOrder", "cancelOrder", "getHealth"}
    assert all(operation["description"] for operation in found.values())


def test_every_schema_is_valid_and_every_reference_leads_somewhere(document: JsonObject) -> None:
    """JSON Schema 2020-12, as OpenAPI 3.1 has it."""
    for schema in document["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)
    for reference in set(re.findall(r"'#/components/schemas/(\w+)'", str(document))):
        assert reference in document["components"]["schemas"]


def test_no_schema_of_fastapis_own_errors_is_left(document: JsonObject) -> None:
    """A 422 is a problem document, never FastAPI's detail list."""
    assert not [name for name in document["components"]["schemas"] if "Validation" in name]


def test_every_error_is_a_problem_document(document: JsonObject) -> None:
    """Of that media type, with an example of each type."""
    for operation in operations(document).values():
        for status, response in operation["responses"].items():
            if int(status) >= 400:
                (media_type,) = response["content"]
                assert media_type == "application/problem+json"
                assert response["content"][media_type]["examples"]
            assert "traceparent" in response["headers"]


def test_examples_are_examples(document: JsonObject) -> None:
    """Every example fits its own schema."""
    shown = 0
    for schema in document["components"]["schemas"].values():
        for field in schema.get("properties", {}).values():
            for example in field.get("examples", []):
                Draft202012Validator(field).validate(example)
                shown += 1
    for operation in operations(document).values():
        for parameter in operation.get("parameters", []):
            if "example" in parameter:
                Draft202012Validator(parameter["schema"]).validate(parameter["example"])
                shown += 1
    assert shown >= 20


def test_the_example_of_an_order_can_be_placed(shop: Shop, document: JsonObject) -> None:
    """Whoever tries it out in the documentation gets an order."""
    content = operations(document)["placeOrder"]["requestBody"]["content"]["application/json"]

    assert shop.send("POST", "/orders", content["example"]).status == 201


def test_only_the_routes_of_the_signed_in_ask_for_a_token(document: JsonObject) -> None:
    """The catalogue and the health are public."""
    public = {name for name, operation in operations(document).items() if "security" not in operation}

    assert public == {"listProducts", "getHealth"}


def test_a_parameter_is_absent_never_null(document: JsonObject) -> None:
    """Queries have no null."""
    assert "null" not in str(operations(document)["listOrders"]["parameters"])


def test_the_limit_is_described_with_both_ends(document: JsonObject) -> None:
    """In JSON Schema's words, which are not Pydantic's."""
    (limit,) = [part for part in operations(document)["listOrders"]["parameters"] if part["name"] == "limit"]

    assert limit["schema"] == {"type": "integer", "minimum": 1, "maximum": 100, "default": 20}


@pytest.mark.parametrize("path", ["/openapi.json", "/docs", "/redoc", "/docs/oauth2-redirect"])
def test_production_shows_no_documentation(make_shop: Callable[..., Shop], path: str) -> None:
    """404, as if it had never been there."""
    assert make_shop(stage="production").send("GET", path).is_problem(404, "not-found")


@pytest.mark.parametrize("path", ["/openapi.json", "/docs"])
def test_every_other_stage_shows_it(make_shop: Callable[..., Shop], path: str) -> None:
    """To everybody."""
    assert make_shop(stage="dev").send("GET", path, by=None).status == 200


def test_health_tells_release_and_stage(shop: Shop) -> None:
    """To everybody."""
    assert shop.send("GET", "/health", by=None).json == {"status": "ok", "version": "1.2.3", "stage": "test"}
