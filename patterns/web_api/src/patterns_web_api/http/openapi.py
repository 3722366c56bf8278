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
from patterns_web_api.http.parameters import IDEMPOTENCY_KEY, VERSION_TAG

__all__ = ["openapi_document"]

DESCRIPTION = """Place orders and follow them.

Prices are in minor units. Errors are problem documents (RFC 9457) whose `type` is stable. Every answer has a
`traceparent` header: its second part names the trace in which the shop's logs tell of the request."""

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
_SIGNED_IN = (problems.NOT_SIGNED_IN, problems.UNAVAILABLE)
_ID_TOKEN = {
    "type": "apiKey",
    "in": "header",
    "name": "Authorization",
    "description": "An ID token of the user pool, as it is.",
}


def openapi_document(app: FastAPI) -> JsonObject:
    """Return the whole document."""
    document = get_openapi(
        title=app.title, version=app.version, description=DESCRIPTION, routes=app.routes, openapi_version="3.1.0"
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
            "parameters": [header("If-None-Match", "The `ETag` of the catalogue that you have.")],
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
                "200": answer("The order that the same key placed before.", documents.OrderDocument, _ETAG),
                "201": answer("The new order.", documents.OrderDocument, {**_ETAG, **_LOCATION}),
                **problem_answers(
                    problems.MALFORMED_BODY,
                    problems.TOO_LARGE,
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
                **problem_answers(problems.INVALID_CURSOR, problems.INVALID_REQUEST, *_SIGNED_IN),
            },
        ),
        "getOrder": _for_signed_in(
            _ORDER_ID,
            answers={
                "200": answer("The order.", documents.OrderDocument, _ETAG),
                **problem_answers(problems.ORDER_NOT_FOUND, *_SIGNED_IN),
            },
        ),
        "cancelOrder": _for_signed_in(
            _ORDER_ID,
            header(
                "If-Match",
                "Cancel the order only if this is still its `ETag`.",
                pattern=f"^({VERSION_TAG.pattern})$",
                example='"1"',
            ),
            answers={
                "200": answer("The order, cancelled.", documents.OrderDocument, _ETAG),
                **problem_answers(
                    problems.ORDER_NOT_FOUND,
                    problems.ORDER_CLOSED,
                    problems.VERSION_CONFLICT,
                    problems.INVALID_REQUEST,
                    *_SIGNED_IN,
                ),
            },
        ),
    }


def _for_signed_in(*parameters: JsonObject, answers: JsonObject, body: JsonObject | None = None) -> JsonObject:
    operation = {"security": [{"idToken": []}], "parameters": list(parameters), "responses": answers}
    return operation if body is None else {**operation, "requestBody": body}
