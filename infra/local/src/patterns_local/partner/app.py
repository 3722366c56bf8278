"""The partner's HTTP interface."""

from http import HTTPStatus

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.requests import ClientDisconnect

from patterns_local.partner.hanging_up import hang_up
from patterns_local.partner.partner import Partner
from patterns_local.partner.problem import problem
from patterns_local.partner.steering import steering_of
from patterns_local.reach import first_mistake

__all__ = ["create_app"]

_MOST_BYTES = 1024 * 1024


def create_app(partner: Partner) -> FastAPI:
    """Return the application round a partner."""
    app = FastAPI(title="The partner", docs_url=None, redoc_url=None)
    app.add_exception_handler(RequestValidationError, _name_the_field)
    app.include_router(steering_of(partner))

    @app.post("/events")
    async def events(request: Request) -> Response:
        """Take a signed event."""
        with partner.seen.request():
            try:
                body = await _body(request)
            except ClientDisconnect:
                return Response()
            if len(body) > _MOST_BYTES:
                return problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"the body has more than {_MOST_BYTES} bytes")
            answer = await partner.take(request.headers, body)
        return answer or await hang_up(request)

    return app


async def _body(request: Request) -> bytes:
    """Return the body, or as much of it as shows that it is too large."""
    read = bytearray()
    async for piece in request.stream():
        read += piece
        if len(read) > _MOST_BYTES:
            break
    return bytes(read)


async def _name_the_field(_: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - it is registered for nothing else
    return problem(HTTPStatus.UNPROCESSABLE_ENTITY, first_mistake(error.errors(), within=1))
