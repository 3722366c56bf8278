"""What anyone may read: health and documentation, as the gateway serves them."""

import re
from urllib.parse import urljoin

import httpx
import jsonschema
import pytest
from tests.stack import WebApiStack

pytestmark = pytest.mark.integration

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
