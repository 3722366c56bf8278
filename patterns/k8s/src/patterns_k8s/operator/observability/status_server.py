"""Whether the operator is ready, and its metrics, for whoever asks over HTTP."""

from http import HTTPStatus

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from patterns_k8s.operator.observability.metrics import Metrics

__all__ = ["StatusServer"]


class StatusServer:
    """Answers ``/readyz`` and ``/metrics`` once it is started: kopf starts it when the operator may work.

    It is ready when admission reviews are answered, if it has to answer any: before, the API server would let nobody
    declare anything. An operator that waits for a peer is ready, too: it answers reviews and is there then.
    """

    def __init__(self, metrics: Metrics, *, admission: bool = False) -> None:
        """Take the metrics; nothing listens yet. ``admission`` is whether reviews must be answered."""
        self._metrics = metrics
        self._ready = not admission
        self._runner: web.AppRunner | None = None
        self.port = 0

    async def start(self, host: str, port: int) -> None:
        """Listen; port 0 takes a free one, which ``port`` then tells. Raises OSError when the port is taken."""
        application = web.Application()
        application.add_routes([web.get("/readyz", self._readiness), web.get("/metrics", self._figures)])
        self._runner = web.AppRunner(application, access_log=None, handle_signals=False, shutdown_timeout=1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, host or None, port)
        await site.start()
        self.port = self._runner.addresses[0][1]

    async def stop(self) -> None:
        """Stop listening."""
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    def admits(self) -> None:
        """Take note that admission reviews are answered."""
        self._ready = True

    async def _readiness(self, _: web.Request) -> web.Response:
        if self._ready:
            return web.json_response({"ready": True})
        reason = "admission reviews are not answered yet"
        return web.json_response({"ready": False, "reason": reason}, status=HTTPStatus.SERVICE_UNAVAILABLE)

    async def _figures(self, _: web.Request) -> web.Response:
        return web.Response(body=generate_latest(self._metrics.registry), headers={"Content-Type": CONTENT_TYPE_LATEST})
