"""The reference, made from the code: the web API's operations, the events' fields, ``patterns_shared``."""

import json
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from patterns_shared.observability.logger import make_logger
from patterns_shared.observability.metrics import make_metrics
from patterns_web_api.testing import make_shop

__all__ = ["events_page", "openapi_page", "python_pages"]

JsonObject = dict[str, Any]

_LAYERS = ("domain", "adapters", "observability", "testing")
_SHOWN = {
    "format": "{}",
    "minimum": "at least {}",
    "maximum": "at most {}",
    "minLength": "{} or more characters",
    "maxLength": "{} characters or fewer",
    "minItems": "{} or more",
    "maxItems": "{} or fewer",
}


def events_page(schemas: Path) -> str:
    """Return a page with the fields of each event, from the schemas in this folder."""
    parts = ["# The events' fields", "Made from the schemas; [what they are for](../docs/events/README.md)."]
    for path in sorted(schemas.glob("*.json")):
        schema = json.loads(path.read_text())
        parts += [f"## {schema['title']}", f"{schema['description']} [JSON Schema](../docs/events/{path.name})."]
        parts.append(_table(("field", "type", "about"), _fields(schema)))
    return "\n\n".join(parts) + "\n"


def openapi_page() -> str:
    """Return a page with the operations of the web API, from its OpenAPI document."""
    logger = make_logger("web_api", "docs")
    document = make_shop(logger=logger, metrics=make_metrics("web_api", "docs")).app.openapi()
    parts = ["# The web API", document["info"]["description"], "See also [the pattern](../docs/web_api.md)."]
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            parts += [f"## {method.upper()} {path}", *_operation(operation)]
    parts.append("## Schemas")
    for name, schema in document["components"]["schemas"].items():
        parts += [f"### {name}", schema.get("description", ""), _table(("field", "type", "about"), _fields(schema))]
    return "\n\n".join(part for part in parts if part) + "\n"


def python_pages(package: Path) -> dict[str, str]:
    """Return a page for each layer of the package ``patterns_shared`` in this folder, by its name."""
    pages = {"ports": ["patterns_shared.ports"]} | {
        layer: [f"patterns_shared.{layer}.{path.stem}" for path in sorted((package / layer).glob("[a-z]*.py"))]
        for layer in _LAYERS
    }
    return {
        f"reference/python/{layer}.md": "\n\n".join(
            [f"# patterns_shared.{layer}", *(f"::: {module}" for module in modules)]
        )
        for layer, modules in pages.items()
    }


def _operation(operation: JsonObject) -> Iterator[str]:
    yield operation["description"]
    yield "Signed in, with an ID token." if operation.get("security") else "Without a token."
    if operation.get("parameters"):
        given = [(f"`{x['name']}`", x["in"], _type(x["schema"]), _about(x)) for x in operation["parameters"]]
        yield _table(("parameter", "in", "type", "about"), given)
    for content in operation.get("requestBody", {}).get("content", {}).values():
        yield f"Body: {_type(content['schema'])}"
    answers = [
        (status, ", ".join(_type(content["schema"]) for content in answer.get("content", {}).values()), _about(answer))
        for status, answer in operation["responses"].items()
    ]
    yield _table(("status", "body", "about"), answers)


def _fields(schema: JsonObject, path: str = "") -> Iterator[tuple[str, str, str]]:
    """Yield a row for each field, those of objects in it with their path."""
    for name, given in schema.get("properties", {}).items():
        optional = "" if name in schema.get("required", ()) else "optional. "
        yield f"`{path}{name}`", _type(given), optional + _about(given)
        yield from _fields(given, f"{path}{name}.")
        yield from _fields(given.get("items", {}), f"{path}{name}[].")


def _type(schema: JsonObject) -> str:
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return f"[{name}](#{name.lower()})"
    if "const" in schema:
        return f"`{json.dumps(schema['const'])}`"
    if "enum" in schema:
        return " or ".join(f"`{json.dumps(value)}`" for value in schema["enum"])
    if "anyOf" in schema:
        return " or ".join(_type(one) for one in schema["anyOf"])
    kind = schema.get("type", "anything")
    if "items" in schema:
        kind += f" of {_type(schema['items'])}"
    limits = [text.format(schema[name]) for name, text in _SHOWN.items() if name in schema]
    return ", ".join([kind, *limits])


def _about(given: JsonObject) -> str:
    return " ".join(str(given.get("description", "")).split())


def _table(names: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [names, ["---"] * len(names), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)
