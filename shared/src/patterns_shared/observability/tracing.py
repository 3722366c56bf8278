"""W3C trace context: one ``trace_id`` follows an order through all four patterns.

Every event and every order carries it as a ``traceparent``. https://www.w3.org/TR/trace-context/
"""

import re
import secrets
from dataclasses import dataclass
from hashlib import sha256

__all__ = ["TraceContext"]

_TRACEPARENT = re.compile(r"([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?", re.ASCII)
_SAMPLED = 1


@dataclass(frozen=True, slots=True)
class TraceContext:
    """Where in which trace the current work is. Both ids are lower-case hex, of 16 and 8 bytes."""

    trace_id: str
    span_id: str
    sampled: bool = True

    @classmethod
    def new(cls) -> "TraceContext":
        """Start a trace; the ids come from the operating system, so that restored snapshots do not share them."""
        return cls(_random_hex(16), _random_hex(8))

    @classmethod
    def from_traceparent(cls, header: str | None) -> "TraceContext":
        """Go on with the trace of this header; a header that is missing or invalid starts a new trace.

        A version newer than 00 is read as far as version 00 goes, as the standard asks.
        """
        return cls._read(header) or cls.new()

    @classmethod
    def from_event(cls, header: str | None, *, event_id: str) -> "TraceContext":
        """Go on with the trace of an event's header, the same context at every attempt.

        A header that is missing or invalid gives a trace that follows from the event's id: a random one would make
        another event of the same change, and consumers take one id with two contents for a conflict.
        """
        return cls._read(header) or cls(_hex_of(f"trace/{event_id}", 16), _hex_of(f"span/{event_id}", 8))

    @classmethod
    def _read(cls, header: str | None) -> "TraceContext | None":
        found = _TRACEPARENT.fullmatch(header.strip()) if header else None
        if found is None:
            return None
        version, trace_id, span_id, flags, rest = found.groups()
        if version == "ff" or (version == "00" and rest) or not int(trace_id, 16) or not int(span_id, 16):
            return None
        return cls(trace_id, span_id, sampled=bool(int(flags, 16) & _SAMPLED))

    def child(self) -> "TraceContext":
        """Return the next piece of work in the same trace."""
        return TraceContext(self.trace_id, _random_hex(8), self.sampled)

    def child_for(self, event_id: str) -> "TraceContext":
        """Return the piece of work in the same trace that makes this event: the same one at every attempt."""
        return TraceContext(self.trace_id, _hex_of(f"{self.trace_id}/{self.span_id}/{event_id}", 8), self.sampled)

    @property
    def traceparent(self) -> str:
        """The header that hands this context on."""
        return f"00-{self.trace_id}-{self.span_id}-{_SAMPLED if self.sampled else 0:02x}"


def _hex_of(text: str, size: int) -> str:
    """Return bytes that follow from the text as hex, never all zero."""
    return f"{int.from_bytes(sha256(text.encode('utf-8', 'surrogatepass')).digest()[:size]) or 1:0{2 * size}x}"


def _random_hex(size: int) -> str:
    """Return random bytes as hex, never all zero: the standard calls that invalid."""
    while not int(text := secrets.token_hex(size), 16):
        pass
    return text
