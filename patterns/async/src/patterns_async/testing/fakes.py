"""Stand-ins for the tables, the partner and the mail."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from patterns_async.application.books import Booked, Entry
from patterns_async.application.bounces import SuppressionReason
from patterns_async.application.circuit import Circuit
from patterns_async.application.delivery import Answer
from patterns_async.application.mail import Mail
from patterns_async.application.notifications import AlreadySent
from patterns_async.application.operator_notices import Notice
from patterns_shared.domain.errors import EventConflict, TemporarilyUnavailable
from patterns_shared.domain.events import Event

__all__ = [
    "InMemoryCircuit",
    "InMemoryClaims",
    "InMemoryLedger",
    "InMemorySuppressions",
    "RecordingMailer",
    "RecordingNotices",
    "ScriptedPartner",
]


class InMemoryLedger:
    """A ledger in a dictionary. Events named in ``failing`` get that error instead of an entry."""

    def __init__(self) -> None:
        """Start with empty books."""
        self.entries: dict[str, Entry] = {}
        self.failing: dict[str, Exception] = {}

    def append(self, entries: Sequence[Entry]) -> Mapping[str, Booked | Exception]:
        """Keep the entries whose event has none yet."""
        return {entry.event_id: self._append(entry) for entry in entries}

    def _append(self, entry: Entry) -> Booked | Exception:
        if entry.event_id in self.failing:
            return self.failing[entry.event_id]
        if entry.event_id in self.entries:
            return Booked.SEEN if self.entries[entry.event_id] == entry else EventConflict(entry.event_id)
        self.entries[entry.event_id] = entry
        return Booked.BOOKED


class InMemoryCircuit:
    """A circuit in a variable. Set ``unavailable`` to fail every call."""

    def __init__(self, circuit: Circuit | None = None) -> None:
        """Start closed, or as given."""
        self.circuit = circuit or Circuit()
        self.unavailable = False
        self.reads = 0
        self.writes = 0

    def read(self) -> Circuit:
        """Return the circuit."""
        self.reads += 1
        self._check()
        return self.circuit

    def replace(self, old: Circuit, new: Circuit) -> Circuit:
        """Keep ``new`` if the version has not changed."""
        self.writes += 1
        self._check()
        if self.circuit.version == old.version:
            self.circuit = new
        return self.circuit

    def _check(self) -> None:
        if self.unavailable:
            raise TemporarilyUnavailable("circuit table")


class InMemoryClaims:
    """Claims in dictionaries, by an event's order and its id."""

    def __init__(self, *, lease: float = 90.0) -> None:
        """Start with no claims; each holds for ``lease`` seconds."""
        self._lease = timedelta(seconds=lease)
        self.sent: dict[tuple[str, str], datetime] = {}
        self.claimed_until: dict[tuple[str, str], datetime] = {}
        self.cancelled: set[str] = set()
        self._events: dict[tuple[str, str], Event] = {}

    def claim(self, event: Event, *, cancels: bool, now: datetime) -> bool:
        """Claim the mail, unless it went out or another worker is about to send it."""
        key = (event.order_id, event.id)
        if self._events.setdefault(key, event) != event:
            raise EventConflict(event.id)
        if key in self.sent:
            raise AlreadySent(event.id)
        if event.order_id in self.cancelled and not cancels:
            return True
        if key in self.claimed_until and now <= self.claimed_until[key]:
            raise TemporarilyUnavailable("the claim of another worker")
        self.claimed_until[key] = now + self._lease
        if cancels:
            self.cancelled.add(event.order_id)
        return event.order_id in self.cancelled

    def mark_sent(self, event: Event, *, now: datetime) -> None:
        """Remember the mail."""
        self.sent[event.order_id, event.id] = now

    def release(self, event: Event) -> None:
        """Forget the claim, and keep what the event was."""
        self.claimed_until.pop((event.order_id, event.id), None)


class InMemorySuppressions:
    """Suppressed addresses in a dictionary. Set ``unavailable`` to fail every call."""

    def __init__(self) -> None:
        """Start with none."""
        self.reasons: dict[str, SuppressionReason] = {}
        self.unavailable = False

    def add(self, address: str, reason: SuppressionReason) -> None:
        """Keep the address with its first reason."""
        self._check()
        self.reasons.setdefault(address.casefold(), reason)

    def includes(self, address: str) -> bool:
        """Look the address up."""
        self._check()
        return address.casefold() in self.reasons

    def _check(self) -> None:
        if self.unavailable:
            raise TemporarilyUnavailable("suppressions table")


class RecordingMailer:
    """Keeps what it sends in ``mails``; ``fail_with`` fails the next mails, one error each, None for none."""

    def __init__(self) -> None:
        """Start with nothing sent."""
        self.mails: list[Mail] = []
        self.fail_with: list[Exception | None] = []

    def send(self, mail: Mail) -> None:
        """Send the mail, or fail."""
        error = self.fail_with.pop(0) if self.fail_with else None
        if error:
            raise error
        self.mails.append(mail)


class RecordingNotices:
    """Keeps what it publishes in ``notices``."""

    def __init__(self) -> None:
        """Start with nothing published."""
        self.notices: list[Notice] = []

    def publish(self, notice: Notice) -> None:
        """Publish the notice."""
        self.notices.append(notice)


class ScriptedPartner:
    """A partner that answers by ``answer(number)``, the number of the call from 1; keeps the keys that it was told."""

    longest = 1.0

    def __init__(self, answer: Callable[[int], Answer] | Iterable[int | None] = lambda _: Answer(status=200)) -> None:
        """Take what to answer: a function, or statuses, of which the last one stays."""
        if callable(answer):
            self._answer = answer
        else:
            statuses = list(answer)
            self._answer = lambda number: Answer(status=statuses[min(number, len(statuses)) - 1])
        self.keys: list[str] = []
        self.bodies: list[bytes] = []

    def post(self, body: bytes, *, idempotency_key: str, traceparent: str) -> Answer:  # noqa: ARG002 - the port's
        """Answer the next call."""
        self.keys.append(idempotency_key)
        self.bodies.append(body)
        return self._answer(len(self.keys))
