"""Pieces of the OpenAPI document."""

from itertools import groupby
from typing import Any

from pydantic import BaseModel

from patterns_web_api.http.documents import ProblemDocument
from patterns_web_api.http.parameters import OrdersQuery
from patterns_web_api.http.problems import (
    GATEWAY_PROBLEMS,
    INTERNAL_ERROR,
    MEDIA_TYPE,
    NOT_SIGNED_IN,
    UNAVAILABLE,
    UNSUPPORTED_MEDIA_TYPE,
    ProblemType,
)

__all__ = ["REF", "JsonObject", "answer", "header", "problem_answers", "query_parameters", "ref"]

JsonObject = dict[str, Any]

REF = "#/components/schemas/{model}"

_TRACEPARENT = {
    "description": "W3C trace context.",
    "required": True,
    "schema": {"type": "string", "pattern": "^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$"},
}
_MAYBE_TRACEPARENT = {**_TRACEPARENT, "required": False, "description": "As above, when the application answers."}
_BY_GATEWAY = {
    NOT_SIGNED_IN.status,
    UNSUPPORTED_MEDIA_TYPE.status,
    INTERNAL_ERROR.status,
    *(kind.status for kind in GATEWAY_PROBLEMS),
}
"""Statuses that the gateway or its firewall may answer with, in place of the application."""
_SECONDS = {"description": "Seconds to wait.", "required": True, "schema": {"type": "integer", "minimum": 0}}
_CHALLENGE = {"required": True, "schema": {"type": "string"}}
_PROBLEM_HEADERS = {
    NOT_SIGNED_IN.status: {"WWW-Authenticate": _CHALLENGE},
    INTERNAL_ERROR.status: {"Retry-After": {**_SECONDS, "required": False}},
    **{status: {"Retry-After": _SECONDS} for status in (429, 502, UNAVAILABLE.status, 504)},
}


def ref(model: type[BaseModel]) -> JsonObject:
    """Return a reference to the model's schema."""
    return {"$ref": REF.format(model=model.__name__)}


def answer(description: str, model: type[BaseModel] | None, headers: JsonObject | None = None) -> JsonObject:
    """Return a response; every response has a trace context."""
    response = {"description": description, "headers": {**(headers or {}), "traceparent": _TRACEPARENT}}
    return response if model is None else {**response, "content": {"application/json": {"schema": ref(model)}}}


def problem_answers(*kinds: ProblemType) -> JsonObject:
    """Return the responses of these problems, and of those that every route can have, by status."""
    by_status = sorted([*kinds, INTERNAL_ERROR, *GATEWAY_PROBLEMS], key=lambda kind: kind.status)
    return {
        str(status): _problem_answer(status, list(same))
        for status, same in groupby(by_status, lambda kind: kind.status)
    }


def header(name: str, description: str, *, pattern: str | None = None, example: str | None = None) -> JsonObject:
    """Return an optional header of the request."""
    schema = {"type": "string"} if pattern is None else {"type": "string", "pattern": pattern}
    parameter = {"name": name, "in": "header", "description": description, "schema": schema}
    return parameter if example is None else {**parameter, "example": example}


def query_parameters() -> list[JsonObject]:
    """Return the parameters of the list of orders, from their model."""
    schema = OrdersQuery.model_json_schema(ref_template=REF)
    parameters = []
    for name, field in schema["properties"].items():
        # A parameter that is not given is absent, never null.
        given: JsonObject = next((choice for choice in field.pop("anyOf", ()) if choice.get("type") != "null"), {})
        shown = {
            key: value for key, value in field.items() if key not in {"title", "description"} and value is not None
        }
        parameters.append(
            {"name": name, "in": "query", "description": field["description"], "schema": {**given, **shown}}
        )
    return parameters


def _problem_answer(status: int, kinds: list[ProblemType]) -> JsonObject:
    about = {"status": status, "detail": "…", "instance": "/orders"}
    examples = {kind.slug: {"value": {"type": kind.uri, "title": kind.title, **about}} for kind in kinds}
    traceparent = _MAYBE_TRACEPARENT if status in _BY_GATEWAY else _TRACEPARENT
    return {
        "description": ", or ".join(dict.fromkeys(kind.title for kind in kinds)),
        "headers": {**_PROBLEM_HEADERS.get(status, {}), "traceparent": traceparent},
        "content": {MEDIA_TYPE: {"schema": ref(ProblemDocument), "examples": examples}},
    }
