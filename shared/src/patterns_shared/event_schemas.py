"""JSON Schemas of the events, made from the dataclasses: ``python -m patterns_shared.event_schemas [--check]``.

A schema accepts what :func:`~patterns_shared.domain.event_codec.decode_event` accepts, but for what no schema can say:
that a day is in the calendar, and that the total is the sum of the lines.
"""

import argparse
import inspect
import json
import sys
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, get_args, get_origin, get_type_hints

from patterns_shared.domain.event_codec import MAX_INTEGER, UTC_TIME
from patterns_shared.domain.events import SCHEMA_VERSION, Event, EventType, OrderData, OrderRejectedData

__all__ = ["event_schema", "main"]

DIRECTORY = Path(__file__).parents[3] / "docs" / "events"

_LEAST = {"schema_version": 1, "order_version": 1, "quantity": 1, "unit_price": 0, "total": 0}
_DATA = {EventType.ORDER_REJECTED: OrderRejectedData}


def event_schema(event_type: EventType) -> dict[str, Any]:
    """Return the schema (JSON Schema 2020-12) of this type of event."""
    schema = _object(Event)
    schema["properties"] |= {
        "type": {"const": event_type.value},
        "schema_version": {"type": "integer", "minimum": 1, "maximum": SCHEMA_VERSION},
        "data": _object(_DATA.get(event_type, OrderData)),
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"https://patterns.example.com/events/{event_type.value}.json",
        "title": event_type.value,
        **schema,
    }


def main(arguments: list[str] | None = None) -> int:
    """Write the schemas, or with ``--check`` say which of the written ones are not what the code says."""
    parser = argparse.ArgumentParser(prog="python -m patterns_shared.event_schemas", description=main.__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; fail when a file would change")
    parser.add_argument("--directory", type=Path, default=DIRECTORY, help="where the schemas are (%(default)s)")
    options = parser.parse_args(arguments)
    directory: Path = options.directory
    wanted = {f"{event_type.value}.json": _text(event_schema(event_type)) for event_type in EventType}
    found = {path.name: path.read_text(encoding="utf-8") for path in directory.glob("*.json")}
    changed = sorted(name for name in wanted.keys() | found.keys() if wanted.get(name) != found.get(name))
    if options.check:
        for name in changed:
            sys.stderr.write(f"{directory / name} is not what the code says\n")
        return 1 if changed else 0
    directory.mkdir(parents=True, exist_ok=True)
    for name, text in wanted.items():
        (directory / name).write_text(text, encoding="utf-8")
    return 0


def _text(schema: Mapping[str, Any]) -> str:
    return json.dumps(schema, indent=2) + "\n"


def _object(kind: type) -> dict[str, Any]:
    hints = get_type_hints(kind)
    names = [field.name for field in fields(kind)]
    return {
        "description": " ".join((inspect.getdoc(kind) or "").replace("``", "").split()),
        "type": "object",
        "properties": {name: _value(name, hints[name]) for name in names},
        "required": names,
    }


def _value(name: str, kind: Any) -> dict[str, Any]:  # noqa: ANN401 - an annotation may be any object
    if kind is str or kind is EventType:
        return {"type": "string", "minLength": 1}
    if kind is int:
        return {"type": "integer", "minimum": _LEAST[name], "maximum": MAX_INTEGER}
    if kind is datetime:
        return {"type": "string", "format": "date-time", "pattern": UTC_TIME}
    if get_origin(kind) is tuple:
        return {"type": "array", "minItems": 1, "items": _value(name, get_args(kind)[0])}
    if is_dataclass(kind) and isinstance(kind, type):
        return _object(kind)
    raise TypeError(f"no schema for {name}: {kind}")


if __name__ == "__main__":
    sys.exit(main())
