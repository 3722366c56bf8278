"""What a request validator looks at, and what it objects to: ``$context.error.validationErrorString``.

AWS validates a body whose content type has a model (or under ``$default``) and lets others pass; the emulator holds
every body to the model of application/json.

AWS renders the variable in gateway responses, in the words of its JSON Schema library and with its quotes escaped,
for example ``[object has missing required properties (["lines"])]``. The emulator validates alike, but leaves the
variable's name in the answer.

Corrected for structure: types, required and unknown properties, which is what the project's schemas leave to the
gateway; a body refused for anything else is "not valid". As AWS's library does, the parts of an object or array are
looked at only when the object or array itself is right.
"""

import json
from collections.abc import Iterator
from typing import Any

from ministack.services import apigateway_v1 as gateway

__all__ = ["correct"]

_VARIABLE = "context.error.validationErrorString"
_check = gateway._check_request_validation
_respond = gateway._gateway_error_response


def correct() -> None:
    """Remember a refused body's faults, and render them."""
    gateway._check_request_validation = _check_and_remember
    gateway._gateway_error_response = _respond_with_messages


def _check_and_remember(method: Any, api_id: str, request: Any, headers: Any, body: bytes, query: Any) -> Any:  # noqa: PLR0917
    content_type = (gateway._header_ci(headers, "content-type") or "application/json").split(";", 1)[0].strip()
    models = method.get("requestModels") or {}
    model = models.get(content_type) or models.get("$default")
    applied = {**method, "requestModels": {content_type: model} if model else {}}
    error = _check(applied, api_id, request, headers, body, query)
    if getattr(error, "response_type", "") == "BAD_REQUEST_BODY":
        error.validation = _describe(gateway._model_schema(api_id, model), body)
    elif error is not None:
        error.validation = f"[{error.message}]"
    return error


def _respond_with_messages(error: Any, request: Any) -> Any:
    status, headers, body = _respond(error, request)
    message = json.dumps(getattr(error, "validation", ""))[1:-1]
    text = body.decode()
    for variable in (f"${{{_VARIABLE}}}", f"${_VARIABLE}"):
        text = text.replace(variable, message)
    return status, headers, text.encode()


def _describe(schema: Any, body: bytes) -> str:
    try:
        document = json.loads(body)
    except (ValueError, TypeError, RecursionError):
        return "[Unable to parse the request body as JSON]"
    return f"[{', '.join(_faults(schema, document, schema)) or 'instance is not valid'}]"


def _faults(schema: Any, value: Any, root: Any) -> list[str]:
    while isinstance(schema, dict) and "$ref" in schema:
        schema, root = gateway._resolve_schema_ref(schema["$ref"], root)
    if not isinstance(schema, dict):
        return []
    found = [*_own_faults(schema, value)]
    if found:
        return found
    return [fault for part, item in _parts(schema, value) for fault in _faults(part, item, root)]


def _own_faults(schema: dict[str, Any], value: Any) -> Iterator[str]:
    allowed = schema.get("type")
    names = allowed if isinstance(allowed, list) else [allowed] if allowed else []
    if names and not any(gateway._JSON_TYPES[name](value) for name in names):
        yield f"instance type ({_type_of(value)}) does not match any allowed primitive type (allowed: {_listed(names)})"
    elif isinstance(value, dict):
        missing = sorted(name for name in schema.get("required", []) if name not in value)
        if missing:
            yield f"object has missing required properties ({_listed(missing)})"
        extra = sorted(set(value) - set(schema.get("properties", {})))
        if schema.get("additionalProperties") is False and extra:
            yield f"object instance has properties which are not allowed by the schema: {_listed(extra)}"


def _parts(schema: dict[str, Any], value: Any) -> Iterator[tuple[Any, Any]]:
    if isinstance(value, list):
        yield from ((schema.get("items"), item) for item in value)
    elif isinstance(value, dict):
        yield from ((part, value[name]) for name, part in schema.get("properties", {}).items() if name in value)


def _type_of(value: Any) -> str:
    """Return the narrowest type's name: an integer is a number, too."""
    return next(name for name in sorted(gateway._JSON_TYPES) if gateway._JSON_TYPES[name](value))


def _listed(values: list[Any]) -> str:
    return json.dumps(values, separators=(",", ":"))
