"""The chart's other files that are made: default values with their meaning, their schema, and the definitions."""

import inspect
import json
import textwrap
from collections.abc import Iterator, Mapping
from typing import Any

import yaml
from pydantic import BaseModel

from patterns_k8s.chart.templates import MANIFESTS, base
from patterns_k8s.chart.values import Values

__all__ = ["dashboards", "default_values", "definitions", "schema_text", "values_text"]

_HEADER = "# Made by `python -m patterns_k8s.chart` from values.py and manifests/base; a test fails when they differ.\n"


def default_values() -> dict[str, Any]:
    """Return the defaults; what a pod is given is the base's."""
    spec = base("Deployment")["spec"]
    pod = spec["template"]["spec"]
    values = Values(
        strategy=spec["strategy"],
        resources=pod["containers"][0]["resources"],
        priority_class_name=pod.get("priorityClassName", ""),
    )
    return values.model_dump(by_alias=True, exclude={"global_"})


def values_text() -> str:
    """Return ``values.yaml``: every value with what it means above it."""
    return _HEADER + "\n".join(_lines(Values, default_values(), indent=0)) + "\n"


def schema_text() -> str:
    """Return ``values.schema.json``."""
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", **Values.model_json_schema(by_alias=True)}
    return json.dumps(_cleaned(schema), indent=2) + "\n"


def definitions() -> dict[str, str]:
    """Return the definitions by the names of their files: what must be there before anything of their kinds."""
    names = ("crd.yaml", "kopf-peerings.crd.yaml")
    return {name: (MANIFESTS / name).read_text(encoding="utf-8") for name in names}


def dashboards() -> dict[str, str]:
    """Return the dashboards by the names of their files: Helm takes them as they are, with Grafana's own braces."""
    return {"order-processors.json": (MANIFESTS / "components/monitoring/dashboard.json").read_text(encoding="utf-8")}


def _lines(model: type[BaseModel], values: Mapping[str, Any], *, indent: int) -> Iterator[str]:
    space = " " * indent
    for name, info in model.model_fields.items():
        key = info.alias or name
        if key not in values:
            continue
        for line in textwrap.wrap(" ".join((info.description or "").split()), 116 - indent):
            yield f"{space}# {line}"
        inner, value = info.annotation, values[key]
        if inspect.isclass(inner) and issubclass(inner, BaseModel):
            yield f"{space}{key}:"
            yield from _lines(inner, value, indent=indent + 2)
        else:
            text = yaml.safe_dump({key: value}, sort_keys=False, width=1000).rstrip()
            yield textwrap.indent(text, space)


def _cleaned(schema: Any) -> Any:  # noqa: ANN401 - JSON
    """Return the schema without titles, which only repeat names, and with texts of one line."""
    match schema:
        case dict():
            return {key: _cleaned(value) for key, value in schema.items() if not _is_title(key, value)}
        case list():
            return [_cleaned(each) for each in schema]
        case str():
            return " ".join(schema.split())
    return schema


def _is_title(key: str, value: object) -> bool:
    return key == "title" and isinstance(value, str)
