"""Closing a connection without an answer, which ASGI has no word for: the server's protocol lends its transport."""

import asyncio

from fastapi import Request, Response
from uvicorn.protocols.http.h11_impl import H11Protocol

__all__ = ["HangingUp", "hang_up"]

_STATE = "hang_up"


class HangingUp(H11Protocol):
    """uvicorn's protocol, whose requests can reset their connection."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Give the application the way to reset this connection."""
        super().connection_made(transport)
        self.app_state = {**self.app_state, _STATE: transport.abort}


async def hang_up(request: Request) -> Response:
    """Reset the request's connection; the answer that is returned goes nowhere."""
    getattr(request.state, _STATE)()
    while (await request.receive())["type"] != "http.disconnect":
        pass
    return Response()
