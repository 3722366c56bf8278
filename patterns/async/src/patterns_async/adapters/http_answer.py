"""Reading one HTTP/1.1 answer by a deadline.

Only a final status (200 and above) is an answer; interim ones (1xx) are skipped. A final status line that was read
counts, also when what follows breaks off: https://www.rfc-editor.org/rfc/rfc9112#section-8.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import h11

from patterns_async.adapters.timed_socket import ExchangeFailed, TimedSocket, reason_of

__all__ = ["AnswerReader", "HttpAnswer"]

_STATUS_LINE = re.compile(rb"HTTP/1\.[01] ([2-9][0-9]{2})(?: [^\r\n]*)?\r?\n")

_MOST_ERROR = 200
"""Characters of an error of h11, which may quote what came."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpAnswer:
    """What came back.

    Attributes:
        status: the final status, from 200.
        headers: by names in lower case; of one that comes twice, the first. Empty when they broke off.
        beginning: the body's first bytes, as many as were asked for and came.
        timed_out: the deadline passed before the answer's end.
        complete: it was read to its end, and nothing came after it.
    """

    status: int
    headers: Mapping[str, str]
    beginning: bytes = b""
    timed_out: bool = False
    complete: bool = False


class AnswerReader:
    """Reads the final answer to the request that was sent on a connection."""

    def __init__(self, connection: TimedSocket, protocol: h11.Connection, *, beginning: int, deadline: float) -> None:
        """Take how many bytes of the body are wanted, and until when, by ``time.monotonic``."""
        self._connection = connection
        self._protocol = protocol
        self._wanted = beginning
        self._deadline = deadline
        self._head = bytearray()
        self._response: h11.Response | None = None
        self._body = bytearray()
        self._ended = False

    def read(self) -> HttpAnswer:
        """Return the answer.

        Raises:
            ExchangeFailed: there is no final status line.
        """
        try:
            self._read_events()
        except TimeoutError:
            return self._as_far_as_it_came(ExchangeFailed("timeout", "no answer in time", timed_out=True))
        except OSError as error:
            return self._as_far_as_it_came(ExchangeFailed("closed", f"without an answer: {reason_of(error)}"))
        except h11.RemoteProtocolError as error:
            failed = ExchangeFailed("closed", "without an answer") if self._ended else _no_http(error)
            return self._as_far_as_it_came(failed)
        return self._answer(complete=self._protocol.their_state is h11.DONE and not self._protocol.trailing_data[0])

    def _read_events(self) -> None:
        """Read until the end, of the message or of the connection, or until as much of the body as is wanted."""
        while len(self._body) < self._wanted:
            event = self._protocol.next_event()
            if event is h11.NEED_DATA:
                self._receive()
            elif isinstance(event, h11.InformationalResponse):
                self._head[:] = self._protocol.trailing_data[0]
            elif isinstance(event, h11.Response):
                self._response = event
            elif isinstance(event, h11.Data):
                self._body += event.data
            else:
                return

    def _receive(self) -> None:
        received = self._connection.receive(deadline=self._deadline)
        self._ended = not received
        if self._response is None:
            self._head += received
        self._protocol.receive_data(received)

    def _as_far_as_it_came(self, failed: ExchangeFailed) -> HttpAnswer:
        if self._response is not None:
            return self._answer(timed_out=failed.timed_out)
        # h11 reads a head as a whole; its first line counts also where the rest did not come or cannot be read.
        line = _STATUS_LINE.match(self._head)
        if line is None:
            raise failed
        return HttpAnswer(status=int(line[1]), headers={}, timed_out=failed.timed_out)

    def _answer(self, *, timed_out: bool = False, complete: bool = False) -> HttpAnswer:
        assert self._response is not None  # noqa: S101 - events end in no other way
        return HttpAnswer(
            status=self._response.status_code,
            headers=_first_of_each(self._response.headers),
            beginning=bytes(self._body[: self._wanted]),
            timed_out=timed_out,
            complete=complete,
        )


def _no_http(error: h11.RemoteProtocolError) -> ExchangeFailed:
    return ExchangeFailed("protocol", f"the answer is no HTTP: {str(error)[:_MOST_ERROR]}")


def _first_of_each(headers: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    # h11 gives bytes; latin-1 reads any of them, and nothing but ASCII means anything here.
    return {name.decode("latin-1"): value.decode("latin-1") for name, value in reversed(tuple(headers))}
