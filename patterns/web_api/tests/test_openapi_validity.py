"""The OpenAPI document is valid by OpenAPI's own schema, and so are its examples and defaults."""

import pytest
from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator

from patterns_web_api.testing import Shop


@pytest.mark.parametrize("stage_path", ["", "/v1"])
def test_the_document_is_valid_by_its_own_schema(shop: Shop, stage_path: str) -> None:
    """OpenAPI 3.1, with its references followed and its defaults checked; nothing is left to complain of."""
    shop.stage_path = stage_path
    document = shop.send("GET", "/openapi.json").json

    assert document["openapi"].startswith("3.1.")
    assert [str(error) for error in OpenAPIV31SpecValidator(document).iter_errors()] == []


def test_every_example_of_an_answer_is_such_an_answer(shop: Shop) -> None:
    """Of every operation and status."""
    document = shop.send("GET", "/openapi.json").json
    shown = 0
    for path in document["paths"].values():
        for operation in path.values():
            for response in operation["responses"].values():
                for content in response.get("content", {}).values():
                    schema = {**content["schema"], "components": document["components"]}
                    for example in content.get("examples", {}).values():
                        Draft202012Validator(schema).validate(example["value"])
                        shown += 1
    assert shown >= 50


@pytest.mark.parametrize(("quantity", "valid"), [(585, True), (585.0, True), (5.5, False), (0, False), (True, False)])
def test_an_integer_of_the_document_is_one_of_the_application(shop: Shop, quantity: float, valid: bool) -> None:  # noqa: FBT001 - an expected value
    """JSON Schema calls 585.0 an integer: who generates requests from the document sends it."""
    document = shop.send("GET", "/openapi.json").json
    body = {"lines": [{"sku": "TEA-ASSAM-100", "quantity": quantity}]}
    schema = document["paths"]["/orders"]["post"]["requestBody"]["content"]["application/json"]["schema"]

    assert Draft202012Validator({**schema, "components": document["components"]}).is_valid(body) is valid
    assert (shop.send("POST", "/orders", body).status == 201) is valid
