"""A way to the API server that misbehaves on demand: plain HTTP in, the real server behind it, watches included."""

import asyncio
import base64
import contextlib
import json
import ssl
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

import aiohttp
import yaml
from aiohttp import web
from tests.kube_cluster import KubeCluster

__all__ = ["Asked", "Fault", "FaultyApiServer", "Refusal", "pass_on"]

_KEPT = {"authorization", "content-type", "accept", "user-agent"}


@dataclass(frozen=True, slots=True)
class Asked:
    """What a client asks for: ``verb`` is HTTP's, but a watch is ``WATCH``; ``path`` has no query."""

    verb: str
    path: str

    @property
    def writes(self) -> bool:
        """Whether something would change by it."""
        return self.verb in {"PATCH", "POST", "PUT", "DELETE"}


@dataclass(frozen=True, slots=True)
class Refusal:
    """An answer that the real server is not asked for; as an event of a watch when it is ``in_stream``."""

    status: int
    reason: str
    headers: Mapping[str, str] = field(default_factory=dict)
    in_stream: bool = False

    @property
    def body(self) -> dict[str, object]:
        """The document."""
        told = {"kind": "Status", "apiVersion": "v1", "status": "Failure", "message": f"made up: {self.reason}"}
        return told | {"code": self.status, "reason": self.reason}


Fault = Callable[[Asked], Refusal | None]
"""What a client gets instead; None is what the real server says."""


def pass_on(_asked: Asked) -> Refusal | None:
    """Misbehave in no way."""
    return None


class FaultyApiServer:
    """Passes requests on, and first asks ``fault`` what to do with each.

    Attributes:
        fault: how it behaves now; may be changed at any time.
        asked: everything that was asked for, in order of arrival.
        refused: how many of these it refused.
    """

    def __init__(self, cluster: KubeCluster) -> None:
        """Stand in front of this cluster's API server."""
        config = yaml.safe_load(cluster.folder.kubeconfig.read_text())["clusters"][0]["cluster"]
        self._upstream = config["server"]
        self._tls = _trusting(config["certificate-authority-data"])
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._watches: set[asyncio.Event] = set()
        self.fault: Fault = pass_on
        self.asked: list[Asked] = []
        self.refused = 0
        self.url = ""

    def expire_watches(self) -> int:
        """Tell every watch that it is too old, as the server does after a compaction, and return how many."""
        return asyncio.run_coroutine_threadsafe(self._end_watches(), self._loop).result(10)

    def cut(self) -> None:
        """Cut every connection and refuse new ones, as a server does whose machine is gone."""
        asyncio.run_coroutine_threadsafe(self._cut(), self._loop).result(10)

    def __enter__(self) -> Self:
        """Begin to serve."""
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._start(), self._loop).result(10)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Cut every connection and stop."""
        asyncio.run_coroutine_threadsafe(self._stop(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _start(self) -> None:
        connector = aiohttp.TCPConnector(ssl=self._tls, limit=0)
        self._client = aiohttp.ClientSession(connector=connector, timeout=aiohttp.ClientTimeout(total=None))
        application = web.Application(client_max_size=16 * 2**20)
        application.router.add_route("*", "/{path:.*}", self._answer)
        self._runner = web.AppRunner(application, access_log=None, shutdown_timeout=0, handler_cancellation=True)
        await self._runner.setup()
        self._site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await self._site.start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"

    async def _cut(self) -> None:
        await self._site.stop()
        assert self._runner.server is not None
        for connection in self._runner.server.connections:
            if connection.transport is not None:
                connection.transport.abort()

    async def _stop(self) -> None:
        await self._client.close()
        await self._runner.cleanup()

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        verb = "WATCH" if request.query.get("watch") in {"true", "1"} else request.method
        asked = Asked(verb, request.path)
        self.asked.append(asked)
        refusal = self.fault(asked)
        if refusal is not None:
            self.refused += 1
            if not refusal.in_stream:
                return web.json_response(refusal.body, status=refusal.status, headers=dict(refusal.headers))
        headers = {name: value for name, value in request.headers.items() if name.lower() in _KEPT}
        try:
            async with self._client.request(
                request.method, self._upstream + request.path_qs, headers=headers, data=await request.read() or None
            ) as real:
                return await self._hand_on(request, real, refusal, watching=verb == "WATCH")
        except aiohttp.ClientError:
            if request.transport is not None:
                request.transport.abort()
            return web.Response(status=502)

    async def _hand_on(
        self, request: web.Request, real: aiohttp.ClientResponse, refusal: Refusal | None, *, watching: bool
    ) -> web.StreamResponse:
        answer = web.StreamResponse(status=real.status, headers={"Content-Type": real.content_type})
        await answer.prepare(request)
        if not watching:
            await answer.write(await real.read())
        elif refusal is not None:
            await _tell(answer, refusal)
        else:
            await self._hand_on_events(real, answer)
        await answer.write_eof()
        return answer

    async def _hand_on_events(self, real: aiohttp.ClientResponse, answer: web.StreamResponse) -> None:
        expired = asyncio.Event()
        self._watches.add(expired)
        first = {asyncio.create_task(_copy(real, answer)), asyncio.create_task(expired.wait())}
        try:
            await asyncio.wait(first, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._watches.discard(expired)
            for each in first:
                each.cancel()
        if expired.is_set():
            await _tell(answer, Refusal(410, "Expired"))

    async def _end_watches(self) -> int:
        watches = list(self._watches)
        for each in watches:
            each.set()
        return len(watches)


async def _copy(real: aiohttp.ClientResponse, answer: web.StreamResponse) -> None:
    """Copy whole lines, so that what is said after them can be read; the real server may break off."""
    with contextlib.suppress(aiohttp.ClientError):
        async for line in real.content:
            await answer.write(line)


async def _tell(answer: web.StreamResponse, refusal: Refusal) -> None:
    await answer.write(json.dumps({"type": "ERROR", "object": refusal.body}).encode() + b"\n")


def _trusting(authority: str) -> ssl.SSLContext:
    return ssl.create_default_context(cadata=base64.b64decode(authority).decode())
