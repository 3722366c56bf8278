"""The OpenAPI document: FastAPI's list of routes, completed with every parameter, answer, header and problem.

The routes read their parameters and write their answers themselves (``parameters`` says why), so what FastAPI would
derive is said here; the generated requests of the fuzz tests hold the routes to it.
"""

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic.json_schema import models_json_schema

from patterns_web_api.http import documents, problems
from patterns_web_api.http.bodies import PlaceOrderBody
from patterns_web_api.http.openapi_parts import REF, JsonObject, answer, header, problem_answers, query_parameters, ref
from patterns_web_api.http.parameters import IDEMPOTENCY_KEY
from patterns_web_api.http.preconditions import ENTITY_TAGS

__all__ = ["openapi_document"]

DESCRIPTION = """Place orders and follow them.

Prices are in minor units. Errors are problem documents (RFC 9457) whose `type` is stable. Every answer of the
application has a `traceparent` header: its second part names the trace in which the shop's logs have the request. An
answer without it comes from the gateway or its firewall, which refuse a request before the application sees it.

`HEAD` is wherever `GET` is. Other methods are a 405 whose `Allow` names those that the path has."""
_TAGS = [
    {"name": "products", "description": "The catalogue."},
    {"name": "orders", "description": "Your own orders."},
    {"name": "service", "description": "The service itself."},
]
_CONTACT = {"name": "Issues of the project", "url": "https://patterns.example.com/problems"}

_BODY_EXAMPLE = {"lines": [{"sku": "TEA-ASSAM-100", "quantity": 2}, {"sku": "POT-GLASS-1L", "quantity": 1}]}
_ETAG = {"ETag": {"description": "The version that is shown.", "required": True, "schema": {"type": "string"}}}
_LOCATION = {"Location": {"required": True, "schema": {"type": "string", "format": "uri-reference"}}}
_ORDER_ID = {
    "name": "order_id",
    "in": "path",
    "required": True,
    "schema": {"type": "string", "format": "uuid"},
    "example": documents.ORDER_ID,
}
_IF_MATCH = header(
    "If-Match",
    "Do it only if the representation has one of these entity tags, or whichever it has for `*`.",
    pattern=f"^({ENTITY_TAGS.pattern})$",
    example='"1"',
)
_IF_NONE_MATCH = header("If-None-Match", "The `ETag` of what you have, or several: what is still so is not sent again.")
_CONDITIONS = [_IF_MATCH, _IF_NONE_MATCH]
_REFUSED_CONDITIONS = (problems.MALFORMED_HEADER, problems.VERSION_CONFLICT)
_SIGNED_IN = (problems.NOT_SIGNED_IN, problems.UNAVAILABLE)
_ID_TOKEN = {
    "type": "http",
    "scheme": "bearer",
    "bearerFormat": "JWT",
    "description": "An ID token of the user pool, which lives for an hour.",
}


def openapi_document(app: FastAPI) -> JsonObject:
    """Return the whole document."""
    document = get_openapi(
        title=app.title,
        version=app.version,
        description=DESCRIPTION,
        routes=app.routes,
        openapi_version="3.1.0",
        tags=_TAGS,
        contact=_CONTACT,
    )
    _, schemas = models_json_schema(
        [(PlaceOrderBody, "validation"), *((model, "serialization") for model in documents.ANSWERS)], ref_template=REF
    )
    document["components"] = {"schemas": schemas["$defs"], "securitySchemes": {"idToken": _ID_TOKEN}}
    operations = _operations()
    for path in document["paths"].values():
        for operation in path.values():
            operation.update(operations[operation["operationId"]])
    return document


def _operations() -> dict[str, JsonObject]:
    """Return what FastAPI cannot see, by operation id."""
    return {
        "listProducts": {
            "parameters": [_IF_NONE_MATCH],
            "responses": {
                "200": answer("The catalogue.", documents.ProductListDocument, _ETAG),
                "304": answer("You have it already.", None, _ETAG),
                **problem_answers(),
            },
        },
        "getHealth": {"responses": {"200": answer("It answers.", documents.HealthDocument), **problem_answers()}},
        "placeOrder": _for_signed_in(
            header(
                "Idempotency-Key",
                "Names this request for 24 hours: sent again with the same body, it gives the same order.",
                pattern=f"^{IDEMPOTENCY_KEY.pattern}$",
                example="9f1c2b7e-basket-17",
            ),
            body={
                "required": True,
                "content": {"application/json": {"schema": ref(PlaceOrderBody), "example": _BODY_EXAMPLE}},
            },
            answers={
                "200": answer(
                    "The order that the same key placed before.", documents.OrderDocument, {**_ETAG, **_LOCATION}
                ),
                "201": answer("The new order.", documents.OrderDocument, {**_ETAG, **_LOCATION}),
                **problem_answers(
                    problems.MALFORMED_BODY,
                    problems.INVALID_BODY,
                    problems.AMBIGUOUS,
                    problems.UNSUPPORTED_MEDIA_TYPE,
                    problems.INVALID_REQUEST,
                    problems.KEY_REUSED,
                    *_SIGNED_IN,
                ),
            },
        ),
        "listOrders": _for_signed_in(
            *query_parameters(),
            answers={
                "200": answer("A page of your orders.", documents.OrderListDocument),
                **problem_answers(problems.INVALID_CURSOR, problems.AMBIGUOUS, problems.INVALID_REQUEST, *_SIGNED_IN),
            },
        ),
        "getOrder": _for_signed_in(
            _ORDER_ID,
            *_CONDITIONS,
            answers={
                "200": answer("The order.", documents.OrderDocument, _ETAG),
                "304": answer("You have it already.", None, _ETAG),
                **problem_answers(problems.ORDER_NOT_FOUND, *_REFUSED_CONDITIONS, *_SIGNED_IN),
            },
        ),
        "cancelOrder": _for_signed_in(
            _ORDER_ID,
            _IF_MATCH,
            header(
                "If-None-Match",
                "Do nothing if the representation has one of these entity tags.",
                pattern=f"^({ENTITY_TAGS.pattern})$",
                example='"2"',
            ),
            answers={
                "200": answer("The order, cancelled by this request or by one before.", documents.OrderDocument, _ETAG),
                **problem_answers(
                    problems.ORDER_NOT_FOUND,
                    problems.ORDER_CLOSED,
                    *_REFUSED_CONDITIONS,
                    *_SIGNED_IN,
                ),
            },
        ),
    }


def _for_signed_in(*parameters: JsonObject, answers: JsonObject, body: JsonObject | None = None) -> JsonObject:
    operation = {"security": [{"idToken": []}], "parameters": list(parameters), "responses": answers}
    return operation if body is None else {**operation, "requestBody": body}
