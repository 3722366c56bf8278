"""The gateway's request schemas: draft 04, up to date, and no stricter than the function."""

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft4Validator

from patterns_web_api.http.bodies import PlaceOrderBody
from patterns_web_api.schemas import DIRECTORY, SCHEMAS, gateway_schema, main

STRUCTURE = {"$schema", "title", "type", "properties", "required", "additionalProperties", "items", "multipleOf"}
JsonObject = dict[str, Any]
ORDER: JsonObject = {"lines": [{"sku": "TEA-ASSAM-100", "quantity": 1}]}


@pytest.fixture
def schema() -> JsonObject:
    """The schema of POST /orders, from its file."""
    loaded: JsonObject = json.loads((DIRECTORY / "place_order.json").read_text())
    return loaded


def keywords(schema: JsonObject) -> set[str]:
    """Return every keyword in the schema, and none of the names of fields."""
    found = set(schema)
    for name, part in schema.items():
        if name == "properties":
            found |= {keyword for field in part.values() for keyword in keywords(field)}
        elif name == "items":
            found |= keywords(part)
    return found


def test_the_files_are_what_the_models_say() -> None:
    """``python -m patterns_web_api.schemas --check`` finds nothing."""
    assert main(["--check"]) == 0
    assert {path.stem for path in DIRECTORY.iterdir()} == set(SCHEMAS)


def test_a_stale_or_missing_file_is_found(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With the command that updates it."""
    arguments = ["--check", "--directory", str(tmp_path)]
    assert main(arguments) == 1
    assert "python -m patterns_web_api.schemas" in capsys.readouterr().err

    assert main(arguments[1:]) == 0
    assert main(arguments) == 0

    (tmp_path / "place_order.json").write_text("{}")
    assert main(arguments) == 1


def test_the_schema_is_draft_04_and_structure_only(schema: JsonObject) -> None:
    """Limits and patterns stay with the function, whose answers name the field."""
    Draft4Validator.check_schema(schema)

    assert schema["$schema"] == "http://json-schema.org/draft-04/schema#"
    assert keywords(schema) <= STRUCTURE


@pytest.mark.parametrize(
    "broken",
    [
        None,
        [],
        {},
        {"lines": None},
        {"lines": {}},
        {"lines": [None]},
        {"lines": [{"sku": "X"}]},
        {"lines": [{"sku": "X", "quantity": "1"}]},
        {"lines": [{"sku": "X", "quantity": 1.5}]},
        {"lines": [{"sku": 1, "quantity": 1}]},
        {"lines": [{"sku": "X", "quantity": 1, "unit_price": 1}]},
        {"lines": [], "customer_id": "x"},
    ],
)
def test_structural_mistakes_stop_at_the_gateway(schema: JsonObject, broken: object) -> None:
    """And the function would refuse each of them too."""
    assert not Draft4Validator(schema).is_valid(broken)
    with pytest.raises(ValueError, match="validation error"):
        PlaceOrderBody.model_validate_json(json.dumps(broken))


@pytest.mark.parametrize("quantity", [585.0, 1.0, 585])
def test_an_integer_with_a_fraction_of_zero_passes(schema: JsonObject, quantity: float) -> None:
    """Draft 04 calls 585.0 no integer; JSON Schema does since draft 06, and so do the application and its documents."""
    order = copy.deepcopy(ORDER)
    order["lines"][0]["quantity"] = quantity

    assert Draft4Validator(schema).is_valid(order)
    assert PlaceOrderBody.model_validate_json(json.dumps(order)).lines[0].quantity == quantity


@pytest.mark.parametrize("quantity", [0, 1000, -5])
def test_wrong_values_pass_to_the_function(schema: JsonObject, quantity: int) -> None:
    """Since its answer names the field."""
    order = copy.deepcopy(ORDER)
    order["lines"][0]["quantity"] = quantity

    assert Draft4Validator(schema).is_valid(order)


@pytest.mark.parametrize("lines", [0, 51])
def test_too_few_and_too_many_lines_pass_to_the_function(schema: JsonObject, lines: int) -> None:
    """As above."""
    assert Draft4Validator(schema).is_valid({"lines": ORDER["lines"] * lines})


def test_references_are_resolved() -> None:
    """The gateway knows no ``$ref`` into a schema's own definitions."""
    assert "$ref" not in json.dumps(gateway_schema(PlaceOrderBody))
