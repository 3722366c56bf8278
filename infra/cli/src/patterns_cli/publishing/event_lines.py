"""Events as JSON Lines, checked against their contract one by one."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import IO

from patterns_cli.text_lines import BadLine, read_lines
from patterns_shared.adapters.event_messages import MAX_BODY_BYTES, event_from_body
from patterns_shared.domain.errors import InvalidEvent
from patterns_shared.domain.events import Event

__all__ = ["EventLine", "read_events"]


@dataclass(frozen=True, slots=True)
class EventLine:
    """One line's event."""

    number: int
    event: Event = field(repr=False)


def read_events(stream: IO[bytes]) -> Iterator[EventLine | BadLine]:
    """Yield each line's event, or why it is none; a line may be as long as a receiver reads a message's body."""
    for line in read_lines(stream, max_bytes=MAX_BODY_BYTES):
        if isinstance(line, BadLine):
            yield line
            continue
        try:
            yield EventLine(line.number, event_from_body(line.text))
        except InvalidEvent as error:
            yield BadLine(line.number, str(error))
