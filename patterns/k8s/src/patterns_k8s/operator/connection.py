"""Requests to the API server: with credentials, over one pool of connections, again for what passes.

On aiohttp, which kopf brings, and with the credentials that kopf finds (docs/adr/0020).
"""

import asyncio
import random
from collections.abc import AsyncGenerator, Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import aiohttp
from kopf import ConnectionInfo

from patterns_k8s.operator.processor import CHILDREN, MANAGER, Manifest

__all__ = ["JSON", "REQUESTS", "ClusterError", "Connection", "Expired", "Gone", "Refused", "Unavailable"]

JSON = "application/json"
REQUESTS = 32
"""Requests at once; more wait. A watch of each kind of children has a connection beside them."""

_PASSING = frozenset({409, 429, 500, 502, 503, 504})
_ATTEMPTS = 4
_LONGEST_WAIT = 10.0
_TIMEOUT = aiohttp.ClientTimeout(total=30, sock_connect=5)


class ClusterError(Exception):
    """The cluster did not do what it was asked. Says what was asked and what it answered."""

    def __init__(self, what: str, why: str) -> None:
        """Keep both."""
        super().__init__(f"{what}: {why}")
        self.why = why


class Gone(ClusterError):
    """What was asked about is not there."""


class Expired(ClusterError):
    """The cluster no longer knows what happened since then; it must be asked what there is."""


class Refused(ClusterError):
    """The cluster will refuse the same again: a missing right, or an object that it does not take."""


class Unavailable(ClusterError):
    """The cluster is down, throttles, or was changed by somebody else at the same time; later may be better."""


class Connection:
    """One API server. Passing failures are tried again, four times in all, each time after a longer pause."""

    def __init__(
        self,
        connect: Callable[[], ConnectionInfo],
        *,
        note: Callable[[str, int], None] = lambda _verb, _status: None,
        first_wait: float = 0.2,
    ) -> None:
        """``connect`` returns fresh credentials; ``note`` is told of every answer, status 0 for none."""
        self._connect = connect
        self._note = note
        self._first_wait = first_wait
        self._session: aiohttp.ClientSession | None = None
        self._server = ""

    async def close(self) -> None:
        """Close the connections."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    async def ask(
        self,
        verb: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        *,
        kind: str = JSON,
        kept: tuple[int, ...] = (),
    ) -> Manifest:
        """Make a request, again for what passes, and return the answer; statuses in ``kept`` are no failure.

        Raises:
            ClusterError: of the class that says what to make of it.
        """
        tried, renewed = 0, False
        while True:
            answer = await self._once(verb, path, body, {"Content-Type": kind, "Accept": JSON})
            self._note(verb, answer.status)
            if answer.fine or answer.status in kept:
                return answer.body
            if answer.status == HTTPStatus.UNAUTHORIZED and not renewed:
                # A token ran out, or was exchanged.
                renewed = True
                await self.close()
                continue
            tried += 1
            failure = answer.failure(_what(verb, path))
            if tried == _ATTEMPTS or not isinstance(failure, Unavailable):
                raise failure
            pause = random.uniform(0.5, 1) * self._first_wait * 2**tried
            await asyncio.sleep(min(max(pause, answer.retry_after), _LONGEST_WAIT))

    async def lines(self, path: str, *, seconds: float) -> AsyncGenerator[bytes, None]:
        """Yield the lines of an answer that goes on until the server ends it, for ``seconds`` at most.

        Raises:
            ClusterError: there is no such answer, or it broke off.
        """
        what = _what("GET", path)
        timeout = aiohttp.ClientTimeout(total=seconds, sock_connect=5)
        try:
            async with self._open().get(self._server + path, headers={"Accept": JSON}, timeout=timeout) as response:
                self._note("GET", response.status)
                if response.status >= HTTPStatus.BAD_REQUEST:
                    failure = (await _read(response)).failure(what)
                    if response.status == HTTPStatus.UNAUTHORIZED:
                        await self.close()  # the next one comes with fresh credentials
                    raise failure
                rest = b""
                async for some in response.content.iter_any():
                    *whole, rest = (rest + some).split(b"\n")
                    for line in whole:
                        yield line
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise Unavailable(what, _why(error)) from error

    async def _once(
        self, verb: str, path: str, body: Mapping[str, Any] | None, headers: Mapping[str, str]
    ) -> "_Answer":
        session = self._open()
        try:
            async with session.request(verb, self._server + path, json=body, headers=headers) as response:
                return await _read(response)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            return _Answer(0, {"message": _why(error)})

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            info = self._connect()
            self._server = info.server.rstrip("/")
            tls = info.as_ssl_context() if self._server.startswith("https") else True
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=REQUESTS + len(CHILDREN), ssl=tls),
                headers=info.as_http_headers() | {"User-Agent": MANAGER},
                timeout=_TIMEOUT,
            )
        return self._session


@dataclass(frozen=True, slots=True)
class _Answer:
    """An answer; status 0 when there was none. ``retry_after`` is in seconds."""

    status: int
    body: Manifest
    retry_after: float = 0.0

    @property
    def fine(self) -> bool:
        return 0 < self.status < HTTPStatus.BAD_REQUEST

    def failure(self, what: str) -> ClusterError:
        """Return what to make of an answer that is not fine."""
        why = str(self.body.get("message") or f"status {self.status}")
        match self.status:
            case HTTPStatus.NOT_FOUND:
                return Gone(what, why)
            case HTTPStatus.GONE:
                return Expired(what, why)
            case status if status and status not in _PASSING:
                return Refused(what, why)
        return Unavailable(what, why)


def _why(error: Exception) -> str:
    return str(error) or type(error).__name__


def _what(verb: str, path: str) -> str:
    return f"{verb} {path.partition('?')[0]}"


async def _read(response: aiohttp.ClientResponse) -> _Answer:
    try:
        body = await response.json()
    except (aiohttp.ContentTypeError, ValueError):
        body = {}
    try:
        retry_after = float(response.headers.get("Retry-After", 0))
    except ValueError:
        retry_after = 0.0
    return _Answer(response.status, body if isinstance(body, dict) else {}, retry_after)
