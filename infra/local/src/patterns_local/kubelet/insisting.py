"""Requests about a pod that are made again while the API server is away, or has just begun."""

import asyncio
from collections.abc import Awaitable, Callable
from http import HTTPStatus

import httpx2
from lightkube import ApiError

__all__ = ["insist"]

_RETRY_SECONDS = 1.0
_GONE = {HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT}
_PASSING = {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.TOO_MANY_REQUESTS}


async def insist(ask: Callable[[], Awaitable[object]], *, is_there: Callable[[], bool]) -> None:
    """Make a request until it is answered, or the pod that it is about is gone.

    403 says nothing by itself: a node is refused what is not bound to it, and a pod that is gone is not; but an API
    server that has just begun answers so of every pod. What a watch tells is the difference.

    Args:
        ask: makes the request once.
        is_there: whether the API server has the pod, as far as a watch has told.

    Raises:
        ApiError: it will refuse the same again.
    """
    while True:
        try:
            await ask()
        except ApiError as refused:
            code = refused.status.code or 0
            if code in _GONE or not is_there():
                return
            if code not in _PASSING and code < HTTPStatus.INTERNAL_SERVER_ERROR:
                raise
        except httpx2.HTTPError:
            pass
        else:
            return
        await asyncio.sleep(_RETRY_SECONDS)
