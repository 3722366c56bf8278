"""From a model's JSON Schema to a structural one, the only kind that a cluster takes.

https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#specifying-a-structural-schema
"""

from collections.abc import Mapping
from typing import Any

__all__ = ["NotStructural", "structural"]

_DROPPED = frozenset({"title", "$defs"})
_NULL = {"type": "null"}


class NotStructural(ValueError):
    """A model says something that no structural schema can say."""


def structural(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Return the schema with its definitions written where they are used.

    A part of which every field may be left out gets its fields' defaults as its own, so that it may be left out, too.

    Raises:
        NotStructural: for a union of types, and for a fixed list of types.
    """
    return _part(schema, schema.get("$defs", {}))


def _part(schema: Mapping[str, Any], definitions: Mapping[str, Any]) -> dict[str, Any]:
    schema = _resolved(schema, definitions)
    if "x-kubernetes-int-or-string" in schema:
        return {name: value for name, value in schema.items() if name not in _DROPPED}
    if unknown := {"oneOf", "anyOf", "allOf", "prefixItems"} & schema.keys():
        raise NotStructural(f"{schema.get('title', 'a field')} has {', '.join(sorted(unknown))}")
    return {name: _value(name, value, definitions) for name, value in schema.items() if name not in _DROPPED}


def _resolved(schema: Mapping[str, Any], definitions: Mapping[str, Any]) -> dict[str, Any]:
    """Return the schema itself: what a reference points to, or what may be null, with its sibling keys."""
    siblings = {name: value for name, value in schema.items() if name not in {"$ref", "anyOf"}}
    if "$ref" in schema:
        return _resolved(definitions[schema["$ref"].rpartition("/")[2]], definitions) | siblings
    choices = schema.get("anyOf", [])
    if _NULL in choices and len(choices) == 2:  # noqa: PLR2004 - it, or nothing
        (other,) = (choice for choice in choices if choice != _NULL)
        siblings = {name: value for name, value in siblings.items() if (name, value) != ("default", None)}
        return _resolved(other, definitions) | siblings | {"nullable": True}
    return dict(schema)


def _value(name: str, value: Any, definitions: Mapping[str, Any]) -> Any:  # noqa: ANN401 - JSON
    if name == "properties":
        parts = {field: _part(part, definitions) for field, part in value.items()}
        return {field: part | _default_of(part) for field, part in parts.items()}
    if name == "items" or (name == "additionalProperties" and isinstance(value, Mapping)):
        return _part(value, definitions)
    return value


def _default_of(part: Mapping[str, Any]) -> dict[str, Any]:
    """Return the default of a part that has none but whose every field may be left out: the fields' own.

    An empty one would do for the fields, which are filled in, but a part's rules are tried on its default as it is.
    """
    if part.get("type") != "object" or not part.get("properties") or "required" in part or "default" in part:
        return {}
    return {"default": {name: field["default"] for name, field in part["properties"].items() if "default" in field}}
