"""A small HTTP server in front of an AWS service of the platform that counts its requests and can misbehave."""

import http.client
import json
import threading
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self
from urllib.parse import parse_qs, urlsplit

__all__ = [
    "Answer",
    "Fault",
    "FaultyService",
    "HeldAt",
    "Request",
    "answer_error",
    "close",
    "hang",
    "lose_answer",
    "pass_on",
]

_HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "content-length", "date", "server"}


@dataclass(frozen=True, slots=True)
class Answer:
    """What the service says; ``None`` in its place closes the connection without a word."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Request:
    """What a client asks the service for.

    Attributes:
        operation: such as ``PutItem``.
        body: the JSON document as it was sent.
        forward: asks the real service.
    """

    operation: str
    body: bytes
    forward: Callable[[], Answer]


Fault = Callable[[Request], Answer | None]
"""What the client gets."""


def pass_on(request: Request) -> Answer | None:
    """Misbehave in no way."""
    return request.forward()


def close(_request: Request) -> Answer | None:
    """Break the connection before the service saw the request."""
    return None


def lose_answer(request: Request) -> Answer | None:
    """Let the service do its work, then break the connection."""
    request.forward()
    return None


def answer_error(status: int, code: str, **details: object) -> Fault:
    """Return a fault that answers an AWS JSON error without asking the service."""
    body = json.dumps({"__type": f"com.amazonaws#{code}", "message": code, **details}).encode()
    return lambda _request: Answer(status, body, {"Content-Type": "application/x-amz-json-1.0"})


def hang(released: threading.Event) -> Fault:
    """Return a fault that says nothing until the event is set."""

    def silent(_request: Request) -> Answer | None:
        released.wait(60)
        return None

    return silent


class HeldAt:
    """Lets requests through until one of a kind, does that one or not, and then says nothing any more."""

    def __init__(self, operation: str, *, number: int = 1, done: bool) -> None:
        """Hold the ``number``-th request of an operation, after it was ``done`` or before."""
        self.reached = threading.Event()
        self._operation, self._left, self._done = operation, number, done

    def __call__(self, request: Request) -> Answer | None:
        """Answer one request."""
        if request.operation != self._operation:
            return request.forward()
        self._left -= 1
        if self._left:
            return request.forward()
        if self._done:
            request.forward()
        self.reached.set()
        threading.Event().wait(60)
        return None


class FaultyService(AbstractContextManager["FaultyService"]):
    """Passes requests on to the platform, and first asks ``fault`` what to do with each.

    Attributes:
        fault: how it behaves now; may be changed at any time.
        operations: operations asked for, in order of arrival, every attempt of a retrying client counted.
    """

    def __init__(self, endpoint_url: str) -> None:
        """Stand in front of the platform at this address."""
        self._upstream = urlsplit(endpoint_url)
        self._server = _Server(self)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self.fault: Fault = pass_on
        self.operations: list[str] = []

    @property
    def url(self) -> str:
        """Address for ``AWS_ENDPOINT_URL_<SERVICE>``."""
        return f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        """Begin to serve."""
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Stop, and refuse connections from now on."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def answer(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Answer | None:
        """Return what one request gets."""
        operation = headers.get("X-Amz-Target", "").rpartition(".")[2] or _action(body)
        self.operations.append(operation)
        return self.fault(Request(operation, body, lambda: self._forward(method, path, headers, body)))

    def _forward(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Answer:
        connection = http.client.HTTPConnection(str(self._upstream.hostname), self._upstream.port, timeout=30)
        try:
            # The Host header stays the client's own: its signature covers it.
            connection.request(method, path, body, dict(headers))
            response = connection.getresponse()
            kept = {name: value for name, value in response.getheaders() if name.lower() not in _HOP_BY_HOP}
            return Answer(response.status, response.read(), kept)
        finally:
            connection.close()


def _action(body: bytes) -> str:
    """Return the operation of a service that is asked by a form, as SNS is."""
    return parse_qs(body.decode(errors="replace")).get("Action", [""])[0]


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 64

    def __init__(self, service: FaultyService) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.service = service


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        answer = self.server.service.answer(self.command, self.path, dict(self.headers.items()), body)
        if answer is None:
            self.close_connection = True
            return
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        self.wfile.write(answer.body)

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 - the base class's name
        """Keep quiet."""
