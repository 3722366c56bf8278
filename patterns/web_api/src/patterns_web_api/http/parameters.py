"""Parameters of requests: queries and headers, read as dependencies of the routes.

FastAPI would read declared parameters itself. It takes " 5", "5.0" and "1_0" for numbers, ignores a misspelt
filter, looks at them before it asks who is calling, and imports all of ``pydantic.v1`` to make one: a tenth of
a cold start.
"""

import re
from typing import Annotated

from fastapi import Depends
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic_core import PydanticCustomError
from starlette.requests import Request

from patterns_shared.domain.orders import OrderStatus
from patterns_web_api.http.error_handlers import field_errors
from patterns_web_api.http.problems import INVALID_REQUEST, FieldError, Problem
from patterns_web_api.http.unambiguous import refuse_repeated_parameters, single_header

__all__ = [
    "IDEMPOTENCY_KEY",
    "OrderIdInPath",
    "OrdersQuery",
    "idempotency_key",
    "orders_query",
]

IDEMPOTENCY_KEY = re.compile(r"[\x21-\x7e]{1,255}")
"""A header's visible characters."""


def _whole_number(text: str) -> int:
    if not re.fullmatch(r"[0-9]{1,9}", text):
        raise PydanticCustomError("whole_number", "Input should be a whole number")
    return int(text)


class OrdersQuery(BaseModel):
    """What part of the list is asked for."""

    model_config = ConfigDict(extra="forbid")

    status: Annotated[OrderStatus | None, Field(description="Only orders in this status.")] = None
    limit: Annotated[
        int, Field(ge=1, le=100, description="The most orders in one page."), BeforeValidator(_whole_number)
    ] = 20
    cursor: Annotated[str | None, Field(description="`next_cursor` of the page before, with the same filter.")] = None


async def order_id_in_path(request: Request) -> str:
    """Read the id in the path; any text, which the use case judges."""
    return str(request.path_params["order_id"])


OrderIdInPath = Annotated[str, Depends(order_id_in_path)]
"""A parameter of a route whose path has ``order_id``."""


async def orders_query(request: Request) -> OrdersQuery:
    """Read the query of ``GET /orders``.

    Raises:
        Problem: 400 naming a parameter that comes twice, 422 naming each that is unknown or wrong.
    """
    refuse_repeated_parameters(request)
    try:
        return OrdersQuery.model_validate(dict(request.query_params))
    except ValidationError as error:
        errors = field_errors(error.errors(include_url=False, include_context=False, include_input=False))
        raise Problem(INVALID_REQUEST, "a parameter is not valid", errors=errors) from None


async def idempotency_key(request: Request) -> str | None:
    """Read the header ``Idempotency-Key``.

    Raises:
        Problem: 400 when it comes twice, 422 when it is no key; both name it.
    """
    key = single_header(request, "Idempotency-Key")
    if key is not None and not IDEMPOTENCY_KEY.fullmatch(key):
        error = FieldError("Idempotency-Key", "must have 1 to 255 visible ASCII characters")
        raise Problem(INVALID_REQUEST, "a header is not valid", errors=[error])
    return key
