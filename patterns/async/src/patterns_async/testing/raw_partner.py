"""A partner of raw bytes: a real socket that answers as no HTTP server would."""

import re
import socket
import ssl
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from types import TracebackType
from typing import Self, TypeAlias

__all__ = ["CLOSE", "RawPartner", "Step", "answer_of", "drip"]

Step: TypeAlias = "bytes | float | Callable[[bytes], Sequence[Step]]"
"""Bytes to send, seconds to wait, or what makes more steps of the request."""
CLOSE = float("inf")
"""The step that closes the connection."""

_POLL_SECONDS = 0.2
_LENGTH = re.compile(rb"content-length: *([0-9]+)", re.IGNORECASE)


def answer_of(status: int, body: bytes = b"", **headers: str) -> bytes:
    """Return an answer as a server sends it (``_`` in a header's name stands for ``-``)."""
    lines = [f"HTTP/1.1 {status} Said", f"Content-Length: {len(body)}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode() + body


def drip(data: bytes, *, seconds: float) -> list[Step]:
    """Return the steps that send these bytes one at a time, with so many seconds between them."""
    return [step for byte in data for step in (bytes([byte]), seconds)]


class RawPartner:
    """Answers each request by the next of ``exchanges``, over and over by the last one.

    Attributes:
        requests: what was asked, whole, in the order of arrival.
        connections: how many were opened.
    """

    def __init__(self, *exchanges: Sequence[Step], tls: ssl.SSLContext | None = None) -> None:
        """Listen on a free port of this machine."""
        self.requests: list[bytes] = []
        self.connections = 0
        self._exchanges = exchanges
        self._tls = tls
        self._ended = threading.Event()
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._listening.settimeout(_POLL_SECONDS)
        self._accepted: list[socket.socket] = []
        self._threads: list[threading.Thread] = []

    @property
    def port(self) -> int:
        """Where it listens."""
        port: int = self._listening.getsockname()[1]
        return port

    @property
    def url(self) -> str:
        """The address of its events."""
        return f"{'https' if self._tls else 'http'}://127.0.0.1:{self.port}/events"

    def __enter__(self) -> Self:
        """Serve."""
        self._start(self._accept)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """End every pause and every connection."""
        self._ended.set()
        for each in (self._listening, *self._accepted):
            # Wakes the thread that waits for it; where that is not so, the socket's timeout does.
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join()
        self._listening.close()

    def _start(self, target: object, *arguments: object) -> None:
        assert callable(target)  # noqa: S101 - for the type checker
        thread = threading.Thread(target=target, args=arguments, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while not self._ended.is_set():
            with suppress(OSError):
                accepted, _ = self._listening.accept()
                self.connections += 1
                self._accepted.append(accepted)
                self._start(self._serve, accepted)

    def _serve(self, accepted: socket.socket) -> None:
        with accepted, suppress(OSError):
            accepted.settimeout(_POLL_SECONDS)
            connection = self._encrypted(accepted)
            with connection:
                while request := self._request(connection):
                    self.requests.append(request)
                    exchange = self._exchanges[min(len(self.requests), len(self._exchanges)) - 1]
                    if not self._answer(connection, request, exchange):
                        return

    def _encrypted(self, accepted: socket.socket) -> socket.socket:
        if self._tls is None:
            return accepted
        accepted.settimeout(5)
        wrapped = self._tls.wrap_socket(accepted, server_side=True)
        wrapped.settimeout(_POLL_SECONDS)
        return wrapped

    def _request(self, connection: socket.socket) -> bytes:
        """Return a whole request, nothing when the connection or the test ends first."""
        request = b""
        for piece in self._pieces(connection):
            request += piece
            head, found, body = request.partition(b"\r\n\r\n")
            length = _LENGTH.search(head)
            if found and len(body) >= int(length[1] if length else 0):
                return request
        return b""

    def _pieces(self, connection: socket.socket) -> Iterator[bytes]:
        while not self._ended.is_set():
            with suppress(TimeoutError):
                piece = connection.recv(65_536)
                if not piece:
                    return
                yield piece

    def _answer(self, connection: socket.socket, request: bytes, exchange: Sequence[Step]) -> bool:
        """Do the steps; return whether the connection stays open."""
        for step in exchange:
            if isinstance(step, bytes):
                connection.sendall(step)
            elif callable(step):
                if not self._answer(connection, request, step(request)):
                    return False
            elif step == CLOSE or self._ended.wait(step):
                return False
        return True
