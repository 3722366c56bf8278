"""A cold start leaves models unbuilt, which makes no difference to their users."""

import json
import subprocess
import sys

from pydantic import BaseModel

from patterns_web_api.http.deferred_models import built_on_first_use
from patterns_web_api.testing import Shop

FUNCTION = """
import sys
import patterns_web_api.entrypoints.api as entrypoint
import fastapi.openapi.models as models
print(models.OpenAPI.__pydantic_complete__, file=sys.stderr)
event = {"httpMethod": "GET", "path": "/openapi.json", "resource": "/openapi.json", "requestContext": {}}
answer = entrypoint.lambda_handler(event, None)
print(models.OpenAPI.__pydantic_complete__, file=sys.stderr)
print(answer["body"], file=sys.stderr)
"""
ENVIRONMENT = {
    "AWS_DEFAULT_REGION": "us-east-1",
    "STAGE": "test",
    "APP_VERSION": "1.2.3",
    "ORDERS_TABLE": "orders",
    "USER_POOL_CLIENT_ID": "client",
    "CURSOR_SECRET_ARN": "arn:secret",
}


def test_the_function_shows_the_same_documentation_without_having_built_its_models_for_it(shop: Shop) -> None:
    """FastAPI's models are built by the first request for them, and give the document that they always give."""
    done = subprocess.run(
        [sys.executable, "-I", "-W", "error", "-c", FUNCTION],
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        check=True,
    )

    at_first, afterwards, document = done.stderr.splitlines()
    assert (at_first, afterwards) == ("False", "True")
    ours, usual = json.loads(document), shop.send("GET", "/openapi.json").json
    assert {**ours, "info": usual["info"]} == usual


def test_only_models_that_are_defined_meanwhile_wait() -> None:
    """The setting is Pydantic's for the whole process, so it is taken back."""
    with built_on_first_use():

        class Waiting(BaseModel):
            number: int

    class Ready(BaseModel):
        number: int

    assert (Waiting.__pydantic_complete__, Ready.__pydantic_complete__) == (False, True)
    assert Waiting.model_validate({"number": "1"}) == Waiting(number=1)
    assert "defer_build" not in BaseModel.model_config
