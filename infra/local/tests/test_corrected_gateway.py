"""What the gateway refuses, says and tells, and how many environments a function gets.

Each test sees AWS's behaviour in a corrected emulator and another one in the emulator as it comes from PyPI. When a
newer version behaves, the second half fails: the correction can go.
"""

import concurrent.futures
import json
import os
from typing import Any

import httpx
import pytest

# The fixture's class, which importlib's mode keeps out of reach as an import.
Emulator = Any

pytestmark = pytest.mark.integration

SCHEMA = {
    "type": "object",
    "required": ["lines"],
    "additionalProperties": False,
    "properties": {"lines": {"type": "array", "items": {"type": "object", "required": ["sku"]}}},
}


class Api:
    """A REST API whose POST /orders validates its body and answers what the function was told."""

    def __init__(self, emulator: Emulator, name: str) -> None:
        """Make it."""
        source = "import json\n\ndef handler(event, context):\n    print('x')\n"
        source += "    return {'statusCode': 200, 'body': json.dumps(event['requestContext'])}\n"
        function = emulator.function(name, source)
        client = emulator.client("apigateway")
        self.id = client.create_rest_api(name=name)["id"]
        root = client.get_resources(restApiId=self.id)["items"][0]["id"]
        resource = client.create_resource(restApiId=self.id, parentId=root, pathPart="orders")["id"]
        client.create_model(restApiId=self.id, name="Order", contentType="application/json", schema=json.dumps(SCHEMA))
        validator = client.create_request_validator(restApiId=self.id, name="v", validateRequestBody=True)["id"]
        place = {"restApiId": self.id, "resourceId": resource, "httpMethod": "POST"}
        models = {"application/json": "Order"}
        client.put_method(**place, authorizationType="NONE", requestValidatorId=validator, requestModels=models)
        uri = f"arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/{function}/invocations"
        client.put_integration(**place, type="AWS_PROXY", integrationHttpMethod="POST", uri=uri)
        client.put_gateway_response(
            restApiId=self.id,
            responseType="BAD_REQUEST_BODY",
            responseTemplates={"application/json": '{"why": "$context.error.validationErrorString"}'},
        )
        client.create_deployment(restApiId=self.id, stageName="v1")
        self.url = f"{emulator.endpoint_url}/restapis/{self.id}/v1/_user_request_/orders"

    def post(self, body: object, content_type: str = "application/json") -> httpx.Response:
        """Send a body."""
        text = body if isinstance(body, str) else json.dumps(body)
        return httpx.post(self.url, content=text, headers={"Content-Type": content_type}, trust_env=False, timeout=30)


@pytest.fixture(scope="module")
def api(corrected: Emulator) -> Api:
    """Return the API in a corrected emulator."""
    return Api(corrected, "api")


@pytest.fixture(scope="module")
def uncorrected_api(uncorrected: Emulator) -> Api:
    """Return the same in an uncorrected one."""
    return Api(uncorrected, "api")


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ({}, '[object has missing required properties (["lines"])]'),
        ({"lines": [], "x": 1}, '[object instance has properties which are not allowed by the schema: ["x"]]'),
        ({"lines": 1}, '[instance type (integer) does not match any allowed primitive type (allowed: ["array"])]'),
        ({"lines": [{}]}, '[object has missing required properties (["sku"])]'),
        ("{", "[Unable to parse the request body as JSON]"),
    ],
)
def test_a_refused_body_says_what_is_wrong(api: Api, uncorrected_api: Api, body: object, why: str) -> None:
    """In the words of AWS's validator, as valid JSON; the emulator leaves the variable's name."""
    answer = api.post(body)
    assert (answer.status_code, answer.json()) == (400, {"why": why})
    assert "$context.error.validationErrorString" in uncorrected_api.post(body).text


def test_a_body_of_another_content_type_is_not_validated(api: Api, uncorrected_api: Api) -> None:
    """AWS looks for a model of that content type and lets the body pass when there is none."""
    assert api.post("x=1", "application/x-www-form-urlencoded").status_code == 200
    assert uncorrected_api.post("x=1", "application/x-www-form-urlencoded").status_code == 400


def test_the_function_is_told_the_path_that_leads_back_to_it(api: Api, uncorrected_api: Api) -> None:
    """So that a Location header works at the address that the platform publishes."""
    path = api.post({"lines": []}).json()["path"]
    assert path == f"/restapis/{api.id}/v1/_user_request_/orders"
    assert uncorrected_api.post({"lines": []}).json()["path"] == "/v1/orders"


PID = """
import os, time

def handler(event, context):
    print("x")
    time.sleep(0.3)
    return os.getpid()
"""


def _environments(emulator: Emulator) -> int:
    """Ask a function for its process, ten times at once; how many there were."""
    emulator.function("burst", PID, Timeout=60)
    client = emulator.client("lambda")

    def call(_: int) -> bytes:
        answer: bytes = client.invoke(FunctionName="burst")["Payload"].read()
        return answer

    with concurrent.futures.ThreadPoolExecutor(10) as pool:
        return len(set(pool.map(call, range(10))))


def test_a_burst_does_not_start_an_interpreter_for_each_request(corrected: Emulator, uncorrected: Emulator) -> None:
    """On this machine it would take longer than any client waits; further requests wait for a free environment."""
    limit = max(4, 2 * (os.cpu_count() or 1))
    assert _environments(corrected) <= min(limit, 10)
    if limit < 10:
        assert _environments(uncorrected) > limit
