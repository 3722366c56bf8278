"""Request schemas for the gateway, from the models of the request bodies: ``python -m patterns_web_api.schemas``.

API Gateway knows JSON Schema draft 04 and no references. It is told the structure only (which fields there are, of
which type): a client that sends a wrong value deserves an answer that names the field, and that is the function's.
"""

import argparse
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from patterns_web_api.http.bodies import PlaceOrderBody

__all__ = ["SCHEMAS", "gateway_schema", "main"]

SCHEMAS: Mapping[str, type[BaseModel]] = {"place_order": PlaceOrderBody}
"""Models by the name of their file."""

DIRECTORY = Path(__file__).parents[2] / "schemas"

_DRAFT_04 = "http://json-schema.org/draft-04/schema#"


def gateway_schema(model: type[BaseModel]) -> dict[str, Any]:
    """Return the structure of the model's JSON in draft 04, without references."""
    schema = model.model_json_schema()
    return {"$schema": _DRAFT_04, "title": schema["title"], **_structure(schema, schema.get("$defs", {}))}


def main(arguments: list[str] | None = None) -> int:
    """Write the files, or with ``--check`` tell which of them differ; return the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m patterns_web_api.schemas", description="Write the gateway's schemas."
    )
    parser.add_argument("--check", action="store_true", help="write nothing, fail when a file is not up to date")
    parser.add_argument("--directory", type=Path, default=DIRECTORY, help="where the files are")
    chosen = parser.parse_args(arguments)
    stale = []
    for name, model in SCHEMAS.items():
        path: Path = chosen.directory / f"{name}.json"
        text = json.dumps(gateway_schema(model), indent=2) + "\n"
        if chosen.check:
            stale += [path] if not path.exists() or path.read_text() != text else []
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
    for path in stale:
        print(f"{path} is not up to date: run python -m patterns_web_api.schemas", file=sys.stderr)  # noqa: T201
    return 1 if stale else 0


def _structure(schema: Mapping[str, Any], definitions: Mapping[str, Any]) -> dict[str, Any]:
    if "$ref" in schema:
        return _structure(definitions[schema["$ref"].rpartition("/")[2]], definitions)
    structure: dict[str, Any] = {"type": schema["type"]}
    if schema["type"] == "integer":
        # 2.0 is an integer to JSON Schema today. To draft 04 it is not, but it is a multiple of one.
        structure = {"type": "number", "multipleOf": 1}
    if "properties" in schema:
        structure["properties"] = {name: _structure(part, definitions) for name, part in schema["properties"].items()}
        # Draft 04 allows no empty list here.
        structure.update({"required": schema["required"]} if schema.get("required") else {})
        structure["additionalProperties"] = schema.get("additionalProperties", True)
    if "items" in schema:
        structure["items"] = _structure(schema["items"], definitions)
    return structure


if __name__ == "__main__":
    sys.exit(main())
