"""What anyone may read: health and documentation, as the gateway serves them."""

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import urljoin

import httpx
import jsonschema
import pytest
from tests.clients import administrator
from tests.stack import WebApiStack

from patterns_local.platform import Platform

pytestmark = pytest.mark.integration

ELSEWHERE = {
    "DEFAULT_4XX",
    "DEFAULT_5XX",
    "MISSING_AUTHENTICATION_TOKEN",
    "RESOURCE_NOT_FOUND",
    "BAD_REQUEST_PARAMETERS",
}
"""What no documented operation meets: addresses and methods that are not there, parameters that must be there."""
MEETS: dict[str, Callable[[dict[str, Any]], bool]] = {
    **dict.fromkeys(("UNAUTHORIZED", "EXPIRED_TOKEN", "INVALID_SIGNATURE"), lambda operation: "security" in operation),
    **dict.fromkeys(("BAD_REQUEST_BODY", "UNSUPPORTED_MEDIA_TYPE"), lambda operation: "requestBody" in operation),
}
"""Which operations meet a refusal that is not for all."""
ROUTES = {
    "/products": {"get"},
    "/orders": {"get", "post"},
    "/orders/{order_id}": {"get"},
    "/orders/{order_id}/cancel": {"post"},
    "/health": {"get"},
}


def test_health_tells_the_version_that_is_deployed(api: httpx.Client, stack: WebApiStack) -> None:
    """The version is the bundle's, the stage the deployment's."""
    variables = stack.environment("api")
    assert api.get("/health").json() == {
        "status": "ok",
        "version": variables["APP_VERSION"],
        "stage": variables["STAGE"],
    }


def test_the_documentation_page_leads_to_the_schema(api: httpx.Client) -> None:
    """The page behind the gateway's stage asks for a schema that is there."""
    page = api.get("/docs")
    assert page.headers["content-type"].startswith("text/html")
    address = re.search(r"url: '([^']+)'", page.text)
    assert address
    schema = api.get(urljoin(str(page.request.url), address[1]))
    assert schema.json()["info"]["title"] == "Orders"


def test_the_gateway_and_the_schema_have_the_same_routes(api: httpx.Client) -> None:
    """Every documented operation is routed, and by the documented name; none is missing."""
    paths = api.get("/openapi.json").json()["paths"]
    documented = {
        path: set(operations) & {"get", "post", "put", "patch", "delete"} for path, operations in paths.items()
    }
    assert documented == ROUTES
    for path, offered in documented.items():
        for method in offered:
            answer = api.request(method, path.format(order_id="01990000-0000-7000-8000-000000000000"))
            assert answer.status_code in {200, 401}, f"{method} {path}: {answer.text}"


def test_answers_have_the_shape_that_the_schema_tells(api: httpx.Client) -> None:
    """The catalogue, the health and a refusal of the gateway are as documented."""
    document = api.get("/openapi.json").json()
    for method, path, status in (("get", "/products", 200), ("get", "/health", 200), ("get", "/orders", 401)):
        answer = api.request(method, path)
        assert answer.status_code == status
        response = document["paths"][path][method]["responses"][str(status)]
        while "$ref" in response:
            response = document["components"]["responses"][response["$ref"].rpartition("/")[2]]
        kind = answer.headers["content-type"].partition(";")[0]
        schema = {**response["content"][kind]["schema"], "components": document["components"]}
        jsonschema.validate(answer.json(), schema)


def test_the_schema_tells_what_the_gateway_answers_by_itself(
    api: httpx.Client, platform: Platform, stack: WebApiStack
) -> None:
    """Every refusal of the gateway that an operation can meet: its status, its type, its headers, and no trace."""
    (gateway,) = stack.names("AWS::ApiGateway::RestApi")
    found = administrator(platform, "apigateway").get_gateway_responses(restApiId=gateway)["items"]
    operations = [x for path in api.get("/openapi.json").json()["paths"].values() for x in path.values()]
    met = 0
    for response in (x for x in found if not x["defaultResponse"] and x["responseType"] not in ELSEWHERE):
        status, slug = response["statusCode"], re.search(r"/problems/([a-z-]+)", str(response["responseTemplates"]))
        assert slug
        headers = {name.rpartition(".")[2] for name in response["responseParameters"]} & {
            "Retry-After",
            "WWW-Authenticate",
        }
        for operation in filter(MEETS.get(response["responseType"], lambda _: True), operations):
            documented = operation["responses"][status]
            assert slug[1] in documented["content"]["application/problem+json"]["examples"], operation["operationId"]
            assert headers <= documented["headers"].keys()
            assert not documented["headers"]["traceparent"]["required"]
            met += 1
    assert met > 30
