"""Stand-ins for the clock, the ids, the bus and the dead letters."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import count

from patterns_shared.adapters.sqs_batch import Message
from patterns_shared.domain.errors import TemporarilyUnavailable
from patterns_shared.domain.events import Event
from patterns_shared.ports import PublishFailure

__all__ = ["FrozenClock", "RecordingDeadLetters", "RecordingPublisher", "SequentialOrderIds"]


class FrozenClock:
    """A clock that moves only when told."""

    def __init__(self, now: datetime = datetime(2026, 1, 5, 9, 30, tzinfo=UTC)) -> None:
        """Stop at this time."""
        self.now = now

    def __call__(self) -> datetime:
        """Return the time at which the clock stands."""
        return self.now

    def advance(self, by: timedelta) -> None:
        """Let this much time pass."""
        self.now += by


class SequentialOrderIds:
    """Order ids that look like UUIDv7, sort by their instant, then by their order, and are the same in every run."""

    def __init__(self) -> None:
        """Start with number one."""
        self._numbers = count(1)

    def __call__(self, at: datetime) -> str:
        """Return the next id of this instant; at ``FrozenClock``'s start its time is ``019b8d00-0000``."""
        milliseconds = 0x019B8D000000 + (at - FrozenClock().now) // timedelta(milliseconds=1)
        return f"{milliseconds >> 16:08x}-{milliseconds & 0xFFFF:04x}-7000-8000-{next(self._numbers):012x}"


class RecordingPublisher:
    """A bus that keeps what it takes in ``events``.

    ``refuse`` maps the ids of events that it does not take to the reason; set ``unavailable`` to fail whole calls.
    """

    def __init__(self) -> None:
        """Start with nothing published."""
        self.events: list[Event] = []
        self.refuse: dict[str, str] = {}
        self.unavailable = False

    def publish(self, events: Sequence[Event]) -> Sequence[PublishFailure]:
        """Take the events in order; after one that is refused, the rest is returned unsent, as on the real bus."""
        if self.unavailable:
            raise TemporarilyUnavailable("event bus")
        failures: list[PublishFailure] = []
        for event in events:
            if event.id in self.refuse:
                failures.append(PublishFailure(event.id, self.refuse[event.id]))
            elif failures:
                failures.append(PublishFailure(event.id, "not sent: an earlier event failed"))
            else:
                self.events.append(event)
        return failures


class RecordingDeadLetters:
    """Keeps dead letters in ``kept``, as pairs of body and reason; set ``unavailable`` to take none."""

    def __init__(self) -> None:
        """Start with none."""
        self.kept: list[tuple[str, str]] = []
        self.unavailable = False

    def keep(self, message: Message, reason: str) -> None:
        """Keep the message."""
        if self.unavailable:
            raise TemporarilyUnavailable("dead-letter queue")
        self.kept.append((message.body, reason))
