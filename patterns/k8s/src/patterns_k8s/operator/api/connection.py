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

from patterns_k8s.operator.api.answers import Answer, Conflict, Unavailable, read_answer
from patterns_k8s.operator.desired.processor import CHILDREN, MANAGER, Manifest

__all__ = ["REQUESTS", "Connection"]

_JSON = "application/json"
REQUESTS = 32
"""Looks that ask at once; more wait for their turn. There are connections for a watch of each kind of children, too."""

_ATTEMPTS = 4
_LONGEST_WAIT = 10.0
_LONGEST_REQUEST = 30.0
_TIMEOUT = aiohttp.ClientTimeout(total=_LONGEST_REQUEST, sock_connect=5)


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
        self._session: _Session | None = None
        self._given_up: set[asyncio.Task[None]] = set()

    async def close(self) -> None:
        """Close the connections."""
        session, self._session = self._session, None
        if session is not None:
            await session.requests.close()
        for closing in self._given_up:
            closing.cancel()
        await asyncio.gather(*self._given_up, return_exceptions=True)

    async def ask(
        self,
        verb: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        *,
        kind: str = _JSON,
        again: bool = True,
    ) -> Manifest:
        """Make a request, again for what passes, and return the answer.

        ``again`` is whether a conflict is something that passes: not when the request says which object it is about.

        Raises:
            ClusterError: of the class that says what to make of it.
        """
        tried, renewed = 0, False
        while True:
            session = self._open()
            answer = await session.answer(verb, path, body, {"Content-Type": kind, "Accept": _JSON})
            self._note(verb, answer.status)
            if answer.fine:
                return answer.body
            if answer.status == HTTPStatus.UNAUTHORIZED and not renewed and self._renew(session):
                renewed = True
                continue
            tried += 1
            failure = answer.failure(_what(verb, path))
            settled = isinstance(failure, Conflict) and not again
            if tried == _ATTEMPTS or settled or not isinstance(failure, Unavailable):
                raise failure
            pause = random.uniform(0.5, 1) * self._first_wait * 2**tried
            await asyncio.sleep(min(max(pause, answer.retry_after), _LONGEST_WAIT))

    async def lines(self, path: str, *, seconds: float) -> AsyncGenerator[bytes, None]:
        """Yield the lines of an answer that goes on until the server ends it, for ``seconds`` at most.

        Raises:
            ClusterError: there is no such answer, or it broke off.
        """
        what = _what("GET", path)
        timeout = aiohttp.ClientTimeout(total=seconds, connect=_LONGEST_REQUEST, sock_connect=5)
        session = self._open()
        try:
            async with session.requests.get(session.url(path), headers={"Accept": _JSON}, timeout=timeout) as response:
                self._note("GET", response.status)
                if response.status == HTTPStatus.UNAUTHORIZED:
                    self._renew(session)  # for whoever watches next
                if response.status >= HTTPStatus.BAD_REQUEST:
                    raise (await read_answer(response)).failure(what)
                rest = b""
                async for some in response.content.iter_any():
                    *whole, rest = (rest + some).split(b"\n")
                    for line in whole:
                        yield line
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise Unavailable(what, _why(error)) from error

    def _open(self) -> "_Session":
        if self._session is None:
            self._session = _Session.with_credentials(self._connect())
        return self._session

    def _renew(self, used: "_Session") -> bool:
        """Return whether there are other credentials than those that were used; they are used from now on.

        A token ran out, or was exchanged. Others may still wait for an answer with the ones before; were those closed
        at once, aiohttp would cancel their tasks, and not just fail their requests.
        """
        if used is not self._session:
            return True
        info = self._connect()
        if info == used.info:
            return False
        self._session = _Session.with_credentials(info)
        closing = asyncio.create_task(used.close(after=2 * _LONGEST_REQUEST))
        self._given_up.add(closing)
        closing.add_done_callback(self._given_up.discard)
        return True


@dataclass(frozen=True, slots=True, eq=False)
class _Session:
    """Where requests go, as whom, and by what."""

    info: ConnectionInfo
    requests: aiohttp.ClientSession

    @classmethod
    def with_credentials(cls, info: ConnectionInfo) -> "_Session":
        tls = info.as_ssl_context() if info.server.startswith("https") else True
        session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=REQUESTS + len(CHILDREN), ssl=tls),
            headers=info.as_http_headers() | {"User-Agent": MANAGER},
            timeout=_TIMEOUT,
        )
        return cls(info, session)

    def url(self, path: str) -> str:
        return self.info.server.rstrip("/") + path

    async def answer(self, verb: str, path: str, body: Mapping[str, Any] | None, headers: Mapping[str, str]) -> Answer:
        """Ask once."""
        try:
            async with self.requests.request(verb, self.url(path), json=body, headers=headers) as response:
                return await read_answer(response)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            return Answer(0, {"message": _why(error)})

    async def close(self, *, after: float) -> None:
        """Close it after so many seconds, or when this is cancelled."""
        try:
            await asyncio.sleep(after)
        finally:
            await self.requests.close()


def _why(error: Exception) -> str:
    return str(error) or type(error).__name__


def _what(verb: str, path: str) -> str:
    return f"{verb} {path.partition('?')[0]}"
