"""What the partner saw: the proof, in tests and demonstrations, that nothing was lost and nothing done twice."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime

from patterns_local.partner.modes import PartnerMode

__all__ = ["Seen", "SeenEvent"]


@dataclass(slots=True)
class SeenEvent:
    """What is known of one event.

    Attributes:
        asked: requests with its id, served or not.
        done: how often the work was done; more than once would be the partner's fault.
        duplicates: requests that were answered as duplicates.
        key_ids: keys that signed its requests.
        type: of the event, once a request of it was read.
        first_at: when it was first asked, RFC 3339 in UTC.
        digest: of the body that the work was done for.
    """

    asked: int = 0
    done: int = 0
    duplicates: int = 0
    key_ids: tuple[str, ...] = ()
    type: str | None = None
    first_at: str = ""
    digest: bytes = b""

    def signed_by(self, key_id: str) -> None:
        """Remember the key."""
        if key_id not in self.key_ids:
            self.key_ids = (*self.key_ids, key_id)

    def shown(self) -> dict[str, object]:
        """Return it as JSON values."""
        values = asdict(self)
        del values["digest"]
        return values


class Seen:
    """Counts of requests, and what was seen of each event."""

    def __init__(self) -> None:
        """Know nothing."""
        self._in_flight = 0
        self.forget()

    def forget(self) -> None:
        """Forget everything, also which work was done; requests in flight stay in flight."""
        self.counts: Counter[str] = Counter()
        self.faults: Counter[PartnerMode] = Counter()
        self.events: dict[str, SeenEvent] = {}
        self._most_in_flight = self._in_flight

    @contextmanager
    def request(self) -> Iterator[None]:
        """Count a request, which is in flight inside."""
        self.counts["requests"] += 1
        self._in_flight += 1
        self._most_in_flight = max(self._most_in_flight, self._in_flight)
        try:
            yield
        finally:
            self._in_flight -= 1

    def asked(self, event_id: str) -> SeenEvent:
        """Count a request for an event, and return what is known of it."""
        event = self.events.get(event_id)
        if event is None:
            event = self.events[event_id] = SeenEvent(first_at=datetime.now(UTC).isoformat())
        event.asked += 1
        return event

    def shown(self, *, with_events: bool) -> dict[str, object]:
        """Return the counts as JSON values, with how often each event was asked and done if that is wanted."""
        names = ("requests", "accepted", "duplicates", "rejected_signatures", "refused_bodies", "without_keys")
        counts: dict[str, object] = {name: self.counts[name] for name in names}
        counts |= {
            "faults": {mode.value: self.faults[mode] for mode in PartnerMode if mode is not PartnerMode.UP},
            "in_flight": self._in_flight,
            "most_in_flight": self._most_in_flight,
            "events": len(self.events),
            "done": sum(event.done for event in self.events.values()),
        }
        if with_events:
            counts["ids"] = {key: {"asked": event.asked, "done": event.done} for key, event in self.events.items()}
        return counts
