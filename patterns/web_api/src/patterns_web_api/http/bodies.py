"""Request bodies: what a client may send, and how it is read. Nothing is coerced, nothing unknown is let through."""

from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from starlette.requests import Request

from patterns_shared.domain.orders import MAX_LINES, MAX_QUANTITY, RequestedLine
from patterns_web_api.http.error_handlers import field_errors
from patterns_web_api.http.problems import (
    INVALID_REQUEST,
    MALFORMED_BODY,
    TOO_LARGE,
    UNSUPPORTED_MEDIA_TYPE,
    FieldError,
    Problem,
)
from patterns_web_api.http.unambiguous import refuse_repeated_names, single_header

__all__ = ["MAX_BODY_BYTES", "LineBody", "PlaceOrderBody", "place_order_body"]

MAX_BODY_BYTES = 64 * 1024
"""The largest valid order has about 4 KB."""


def _whole(value: object) -> object:
    """Return ``2.0`` as 2: JSON Schema calls it an integer, and some writers of JSON have no other numbers."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


class LineBody(BaseModel):
    """One line of a new order."""

    model_config = ConfigDict(extra="forbid", strict=True, title="Line")

    sku: Annotated[str, Field(pattern=r"^[A-Z0-9-]{1,40}$", description="A product's SKU, once in an order.")]
    quantity: Annotated[int, Field(ge=1, le=MAX_QUANTITY, description="Pieces."), BeforeValidator(_whole)]


class PlaceOrderBody(BaseModel):
    """A new order. Prices are the catalogue's."""

    model_config = ConfigDict(extra="forbid", strict=True, title="PlaceOrder")

    lines: Annotated[list[LineBody], Field(min_length=1, max_length=MAX_LINES)]

    def requested(self) -> list[RequestedLine]:
        """Return the lines in the domain's words."""
        return [RequestedLine(line.sku, line.quantity) for line in self.lines]


async def place_order_body(request: Request) -> PlaceOrderBody:
    """Read the body of ``POST /orders``.

    FastAPI would parse a declared body before it asks who is calling, coerce ``"2"`` and answer
    an encoding error without naming anything; as a dependency that comes after the caller's, this does not.

    Raises:
        Problem: 413, 415, 400 for what is no JSON or has a name twice, 422 naming each field for what is no order.
    """
    media_type = (single_header(request, "Content-Type") or "").partition(";")[0].strip().lower()
    if media_type != "application/json":
        detail = f"it is {media_type[:100]!r}" if media_type else "there is no Content-Type"
        raise Problem(UNSUPPORTED_MEDIA_TYPE, detail, headers={"Accept": "application/json"})
    body = await request.body()
    if len(body) > MAX_BODY_BYTES:
        raise Problem(TOO_LARGE, f"it has {len(body)} bytes, {MAX_BODY_BYTES} are allowed")
    try:
        order = PlaceOrderBody.model_validate_json(body)
    except ValidationError as error:
        errors = error.errors(include_url=False, include_context=False, include_input=False)
        if errors[0]["type"] == "json_invalid":
            raise Problem(MALFORMED_BODY, errors[0]["msg"], errors=[FieldError("body", errors[0]["msg"])]) from None
        refuse_repeated_names(body)
        raise Problem(INVALID_REQUEST, "the body is not an order", errors=field_errors(errors)) from None
    refuse_repeated_names(body)
    return order
