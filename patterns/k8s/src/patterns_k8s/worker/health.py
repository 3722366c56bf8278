"""Whether the worker lives and whether it can work, told by its lanes and asked by the kubelet; its metrics, too."""

import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socket import AF_INET, AF_INET6

__all__ = ["Health", "Pulse", "serve_health"]


class Health:
    """Alive while every lane has moved within ``limit`` seconds; ready while nothing that it needs is out of reach."""

    def __init__(self, *, limit: float, clock: Callable[[], float] = time.monotonic) -> None:
        """Start with no lanes, and well."""
        self._limit = limit
        self._clock = clock
        self._beats: dict[str, float] = {}
        self._troubles: dict[tuple[str, str], str] = {}

    def pulse(self, lane: str) -> "Pulse":
        """Return what this lane tells its health by."""
        pulse = Pulse(self, lane)
        pulse.beat()
        return pulse

    def alive(self) -> dict[str, str]:
        """Return what is wrong, by lane; empty when all is well."""
        now = self._clock()
        stuck = {lane: now - beat for lane, beat in list(self._beats.items()) if now - beat > self._limit}
        return {lane: f"has not moved for {seconds:.0f} seconds" for lane, seconds in stuck.items()}

    def ready(self) -> dict[str, str]:
        """Return what is out of reach, and why; empty when all is well."""
        return self.alive() | {what: why for (_, what), why in list(self._troubles.items())}

    def unreachable(self) -> Mapping[str, int]:
        """Return how many lanes cannot reach what they need, by what that is."""
        return Counter(what for _, what in list(self._troubles))

    def note_beat(self, lane: str) -> None:
        """Note that the lane moves."""
        self._beats[lane] = self._clock()

    def note_trouble(self, lane: str, what: str, why: str | None) -> None:
        """Note that something is out of the lane's reach, or, without a reason, that it no longer is."""
        if why is None:
            self._troubles.pop((lane, what), None)
        else:
            self._troubles[lane, what] = why


class Pulse:
    """One lane's sign of life."""

    def __init__(self, health: Health, lane: str) -> None:
        """Take the lane's name."""
        self._health = health
        self._lane = lane

    def beat(self) -> None:
        """Tell that the lane moves."""
        self._health.note_beat(self._lane)

    def trouble(self, what: str, why: str) -> None:
        """Tell that something cannot be reached; trying is moving, too."""
        self.beat()
        self._health.note_trouble(self._lane, what, why)

    def well(self, what: str) -> None:
        """Tell that it can."""
        self.beat()
        self._health.note_trouble(self._lane, what, None)


_ENDS_WITHIN = 0.05
"""Seconds that the end of the server, and with it the worker's, waits for it."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    health: Health
    metrics: Callable[[], tuple[bytes, str]]


class _Probe(BaseHTTPRequestHandler):
    server: _Server

    def do_GET(self) -> None:
        """Answer ``/healthz`` and ``/readyz``, 200 or 503 with what is wrong, and ``/metrics``."""
        if self.path == "/metrics":
            self._answer(200, *self.server.metrics())
            return
        asked = {"/healthz": self.server.health.alive, "/readyz": self.server.health.ready}.get(self.path)
        if asked is None:
            self.send_error(404)
            return
        wrong = asked()
        self._answer(503 if wrong else 200, json.dumps({"wrong": wrong}).encode(), "application/json")

    def _answer(self, status: int, body: bytes, content_type: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is http.server's
        """Say nothing: a probe every few seconds is no news."""


@contextmanager
def serve_health(health: Health, host: str, port: int, *, metrics: Callable[[], tuple[bytes, str]]) -> Iterator[int]:
    """Answer probes while the block lasts, and give it the port; port 0 takes a free one.

    ``metrics`` returns what ``/metrics`` answers, and its content type.

    Raises:
        OSError: the port is taken.
    """

    class Server(_Server):
        address_family = AF_INET6 if ":" in host else AF_INET

    server = Server((host, port), _Probe)
    server.health, server.metrics = health, metrics
    thread = threading.Thread(target=server.serve_forever, args=(_ENDS_WITHIN,), name="health", daemon=True)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
