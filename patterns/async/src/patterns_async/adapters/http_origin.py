"""HTTP/1.1 requests to one URL, one at a time: h11 speaks the protocol, and one deadline bounds the whole exchange."""

import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from urllib.parse import urlsplit

import h11

from patterns_async.adapters.http_answer import AnswerReader, HttpAnswer
from patterns_async.adapters.timed_socket import TimedSocket

__all__ = ["HttpOrigin"]

_HEAD_BYTES = 64 * 1024
_IDLE_SECONDS = 4.0
"""How long an unused connection is kept: less than the five seconds after which common servers close one, since a
request that crosses the close gets no answer."""


@dataclass(slots=True)
class _Connection:
    """An open connection with its protocol's state; ``used_at`` is of ``time.monotonic``."""

    socket: TimedSocket
    protocol: h11.Connection
    used_at: float


class HttpOrigin:
    """Posts to one URL, over a connection that is kept as long as nothing on it is unread.

    Never retries, never follows a redirect, and knows no proxy.
    """

    def __init__(self, url: str, *, connect_timeout: float) -> None:
        """Keep the address, and the seconds of an exchange that connecting may take; nothing is called yet."""
        parts = urlsplit(url)
        self._encrypted = parts.scheme == "https"
        self._host = parts.hostname or ""
        self._port = parts.port or (443 if self._encrypted else 80)
        self._authority = parts.netloc
        self._target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        self._connect_timeout = connect_timeout
        self._kept: _Connection | None = None

    def post(self, body: bytes, headers: Mapping[str, str], *, beginning: int, deadline: float) -> HttpAnswer:
        """Post once, and return the answer with up to ``beginning`` bytes of its body.

        ``deadline`` is a moment of ``time.monotonic``; nothing goes on after it, whatever drips.

        Raises:
            ExchangeFailed: there is no final status.
        """
        connection = self._take_kept() or self._connect(deadline)
        protocol = connection.protocol
        request = h11.Request(
            method="POST",
            target=self._target,
            headers=[("Host", self._authority), *headers.items(), ("Content-Length", str(len(body)))],
        )
        events = (request, h11.Data(data=body), h11.EndOfMessage())
        kept = False
        try:
            sent = _send(connection.socket, b"".join(protocol.send(event) for event in events), deadline)
            answer = AnswerReader(connection.socket, protocol, beginning=beginning, deadline=deadline).read()
            kept = sent and answer.complete and protocol.our_state is h11.DONE
        finally:
            if not kept:
                connection.socket.close()
        if kept:
            protocol.start_next_cycle()
            connection.used_at = time.monotonic()
            self._kept = connection
        return answer

    def _take_kept(self) -> _Connection | None:
        kept, self._kept = self._kept, None
        if kept is None:
            return None
        # What came after an answer would be read as the answer to the next request.
        if time.monotonic() - kept.used_at < _IDLE_SECONDS and kept.socket.is_idle():
            return kept
        kept.socket.close()
        return None

    def _connect(self, deadline: float) -> _Connection:
        tls = self._tls if self._encrypted else None
        until = min(deadline, time.monotonic() + self._connect_timeout)
        opened = TimedSocket.open(self._host, self._port, tls, deadline=until)
        return _Connection(opened, h11.Connection(h11.CLIENT, max_incomplete_event_size=_HEAD_BYTES), time.monotonic())

    @cached_property
    def _tls(self) -> ssl.SSLContext:
        """The system's certificate authorities: read once, and only for an address that is encrypted."""
        return ssl.create_default_context()


def _send(connection: TimedSocket, data: bytes, deadline: float) -> bool:
    """Return whether all was sent: a peer may answer and close before it has read everything."""
    try:
        connection.send(data, deadline=deadline)
    except OSError:
        # Also after the deadline, of which reading the answer says the same.
        return False
    return True
