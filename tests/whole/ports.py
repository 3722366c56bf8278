"""The members' own fakes, with a fault between any two of their effects."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from enum import StrEnum

from tests.whole.faults import Crash, Fault, Faults
from tests.whole.queues import halves

from patterns_async.application.books import Booked, Entry
from patterns_async.application.circuit import Circuit
from patterns_async.application.delivery import Answer
from patterns_async.application.mail import Mail, mail_about
from patterns_async.application.operator_notices import Notice
from patterns_async.testing import (
    InMemoryCircuit,
    InMemoryClaims,
    InMemoryLedger,
    RecordingMailer,
    RecordingNotices,
    ScriptedPartner,
)
from patterns_shared.domain.errors import TemporarilyUnavailable
from patterns_shared.domain.events import Event

__all__ = [
    "ExactPartner",
    "FaultyCircuit",
    "FaultyClaims",
    "FaultyLedger",
    "FaultyMailer",
    "FaultyNotices",
    "PartnerMode",
    "about",
]


class PartnerMode(StrEnum):
    """How the partner answers."""

    UP = "up"
    REFUSES = "refuses"
    DRIPS = "drips"


class FaultyLedger(InMemoryLedger):
    """The ledger's table: of a request that is refused, the first half of the entries is kept."""

    def __init__(self, faults: Faults) -> None:
        """Start with empty books."""
        super().__init__()
        self._faults = faults

    def append(self, entries: Sequence[Entry]) -> Mapping[str, Booked | Exception]:
        """Keep the entries; the adapter answers for each of them, and raises nothing that passes."""
        fault = self._faults.next("ledger")
        kept, left = halves(entries, fault)
        results = dict(super().append(kept))
        if fault is Fault.CRASH_AFTER:
            raise Crash
        unheard = entries if fault is Fault.LOST else left
        return results | {entry.event_id: TemporarilyUnavailable("ledger table") for entry in unheard}


class FaultyCircuit(InMemoryCircuit):
    """The circuit's table."""

    def __init__(self, faults: Faults) -> None:
        """Start closed."""
        super().__init__()
        self._faults = faults

    def read(self) -> Circuit:
        """Return the circuit."""
        return self._faults.call("circuit", super().read, lambda: TemporarilyUnavailable("circuit table"))

    def replace(self, old: Circuit, new: Circuit) -> Circuit:
        """Keep the circuit."""
        replace = super().replace
        return self._faults.call("circuit", lambda: replace(old, new), lambda: TemporarilyUnavailable("circuit table"))


class FaultyClaims(InMemoryClaims):
    """The notifications table. ``again`` counts, by order and subject, the mails that may rightly go out once more."""

    def __init__(self, faults: Faults, again: "Counter[tuple[str, str]]") -> None:
        """Start with no claims, which hold for as long as the stack says."""
        super().__init__(lease=90.0)
        self._faults = faults
        self._again = again

    def claim(self, event: Event, *, cancels: bool, now: datetime) -> bool:
        """Claim a mail."""
        claim = super().claim
        return self._faults.call(
            "claims", lambda: claim(event, cancels=cancels, now=now), lambda: TemporarilyUnavailable("claims")
        )

    def mark_sent(self, event: Event, *, now: datetime) -> None:
        """Mark a mail as sent; one whose mark does not get here goes out again, once its claim has run out."""
        mark_sent, mail = super().mark_sent, (event.order_id, mail_about(event).subject)
        self._again[mail] += 1

        def mark() -> None:
            mark_sent(event, now=now)
            self._again[mail] -= 1

        self._faults.call("claims", mark, lambda: TemporarilyUnavailable("claims"))

    def release(self, event: Event) -> None:
        """End a claim."""
        release = super().release
        self._faults.call("claims", lambda: release(event), lambda: TemporarilyUnavailable("claims"))


class FaultyMailer(RecordingMailer):
    """The mail service."""

    def __init__(self, faults: Faults, again: "Counter[tuple[str, str]]") -> None:
        """Start with nothing sent."""
        super().__init__()
        self._faults = faults
        self._again = again

    def send(self, mail: Mail) -> None:
        """Send a mail; one whose answer is lost goes out again."""
        send, sent = super().send, len(self.mails)
        try:
            self._faults.call("mail", lambda: send(mail), lambda: TemporarilyUnavailable("mail"))
        except BaseException:
            self._again[about(mail)] += len(self.mails) - sent
            raise


class FaultyNotices(RecordingNotices):
    """The operators' topic."""

    def __init__(self, faults: Faults) -> None:
        """Start with nothing published."""
        super().__init__()
        self._faults = faults

    def publish(self, notice: Notice) -> None:
        """Publish a notice."""
        publish = super().publish
        self._faults.call("notices", lambda: publish(notice), lambda: TemporarilyUnavailable("operators' topic"))


class ExactPartner(ScriptedPartner):
    """A partner as the local platform's: does the work once for a key, and refuses the key with another body.

    ``done`` are the bodies by key; ``refused`` those that came under a key of another body. Set ``mode`` to let it
    answer 404 to everything, or do the work and end its answers too late.
    """

    def __init__(self, faults: Faults) -> None:
        """Start with nothing done."""
        super().__init__()
        self.done: dict[str, bytes] = {}
        self.refused: list[tuple[str, bytes]] = []
        self.mode = PartnerMode.UP
        self._faults = faults

    def post(self, body: bytes, *, idempotency_key: str, traceparent: str) -> Answer:
        """Answer a call; a fault is an answer without a status."""
        post = super().post

        def work() -> Answer:
            if self.mode is PartnerMode.REFUSES:
                return Answer(status=404, detail="no such page")
            answer = post(body, idempotency_key=idempotency_key, traceparent=traceparent)
            if self.mode is PartnerMode.DRIPS:
                answer = replace(answer, timed_out=True)
            if self.done.setdefault(idempotency_key, body) == body:
                return answer
            self.refused.append((idempotency_key, body))
            return Answer(status=422)

        try:
            return self._faults.call("partner", work, lambda: TimeoutError("the partner does not answer"))
        except TimeoutError as silence:
            return Answer(status=None, detail=f"timeout: {silence}", timed_out=True)

    def told(self) -> list[tuple[str, str]]:
        """Return the order's id and the type of each event that was done."""
        documents = [json.loads(body) for body in self.done.values()]
        return [(document["order_id"], document["type"]) for document in documents]


def about(mail: Mail) -> tuple[str, str]:
    """Return which order a mail is about, and its subject."""
    return mail.text.rpartition("Order: ")[2].partition(",")[0], mail.subject
