"""``/openapi.json`` and ``/docs``."""

import asyncio
import re
from base64 import b64encode
from collections.abc import Callable
from hashlib import sha256
from html.parser import HTMLParser
from typing import Any

import pytest
from httpx import ASGITransport, AsyncClient
from jsonschema import Draft202012Validator
from starlette.applications import Starlette

from patterns_web_api.http.documentation import documentation_route
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
    """The documentation's "Try it out" places an order."""
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


class Loads(HTMLParser):
    """What a page makes a browser load, and the texts of its scripts."""

    def __init__(self, page: str) -> None:
        """Read the page."""
        super().__init__()
        self.addresses: list[str] = []
        self.scripts: list[str] = []
        self._inside = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note what the element loads."""
        self._inside = tag
        self.scripts += [""] * (tag == "script")
        self.addresses += [value or "" for name, value in attrs if name in {"src", "href", "srcset", "data", "action"}]

    def handle_endtag(self, tag: str) -> None:
        """Note that it has ended."""
        self._inside = "" if tag == self._inside else self._inside

    def handle_data(self, data: str) -> None:
        """Keep a script's text."""
        if self._inside == "script":
            self.scripts[-1] += data


def test_the_page_loads_nothing_from_elsewhere(shop: Shop) -> None:
    """Neither script nor style sheet nor icon: Swagger UI stands in the page, and asks for the API's document only."""
    page = shop.send("GET", "/docs", by=None)
    loads = Loads(page.body)

    assert loads.addresses == ["data:,"]
    assert not re.search(r"@import|url\((?!\s*[\"']?data:)", page.body.partition("<style>")[2].partition("</style>")[0])
    library, start = loads.scripts
    assert len(library) > 1_000_000
    assert re.search(r"url: '([^']+)'", start)[1] == "/openapi.json"  # type: ignore[index]
    assert "validatorUrl: null" in start, "its badge would ask a server of others"


def test_the_page_may_run_its_own_scripts_only(shop: Shop) -> None:
    """By their hashes; everything that is not named is forbidden."""
    page = shop.send("GET", "/docs", by=None)
    policy = dict(part.strip().split(" ", 1) for part in page.headers["content-security-policy"].split(";"))
    hashes = [b64encode(sha256(script.encode()).digest()).decode() for script in Loads(page.body).scripts]

    assert policy["script-src"].split() == [f"'sha256-{value}'" for value in hashes]
    assert policy["default-src"] == "'none'"
    assert policy["connect-src"] == "'self'"
    assert policy["img-src"] == "data:"


@pytest.mark.parametrize(
    ("stage", "address"),
    [("/prod", "/prod/openapi.json"), ("/a'b</script>", "/a%27b%3C/script%3E/openapi.json"), ("", "/openapi.json")],
)
def test_the_page_finds_its_document_behind_a_stage(stage: str, address: str) -> None:
    """Whatever the stage's path is made of, it stays an address."""
    route = documentation_route(path="/docs", openapi_url="/openapi.json", title="Orders")

    async def page() -> str:
        transport = ASGITransport(Starlette(routes=[route]), root_path=stage)
        async with AsyncClient(transport=transport, base_url="http://api.example.com") as client:
            return (await client.get(f"{stage}/docs")).text

    assert Loads(asyncio.run(page())).scripts[1].partition("url: '")[2].partition("',")[0] == address


def test_health_tells_release_and_stage(shop: Shop) -> None:
    """To everybody."""
    assert shop.send("GET", "/health", by=None).json == {"status": "ok", "version": "1.2.3", "stage": "test"}
