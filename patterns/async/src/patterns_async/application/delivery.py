"""Telling the partner of an event: a bounded number of tries, none of them while the circuit is open."""

import json
import math
import random
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from patterns_async.application.breaker import Breaker, Permit
from patterns_shared.domain.errors import InvalidEvent, PermanentFailure, TemporarilyUnavailable
from patterns_shared.domain.event_codec import encode_event
from patterns_shared.domain.events import Event, EventType

__all__ = [
    "Answer",
    "Delivered",
    "Delivery",
    "OutOfTime",
    "Partner",
    "Remaining",
    "RetryPolicy",
    "document_for_partner",
]

Remaining = Callable[[], float]
"""Seconds that are left for the whole batch."""

_HEADER_VALUE = re.compile(r"[!-~](?:[ -~]*[!-~])?")
"""An event's id that can be sent as a header: https://www.rfc-editor.org/rfc/rfc9110#section-5.5."""
_OURS = frozenset({EventType.ORDER_FULFILLED, EventType.ORDER_CANCELLED})
"""The events that the partner gets; whatever else is in the queue came by another way than the topic."""
_ASKS_TO_WAIT = frozenset({408, 429})
"""The statuses below 500 that say "later" and not "never"."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a try brought.

    Attributes:
        status: the final HTTP status; None when there was none.
        retry_after: seconds that the partner asks to wait, 0 when it does not say.
        detail: the beginning of what the partner says, or what went wrong on the way, which begins with the cause. Fit
            for a log: without what it may repeat of the request's secrets.
        timed_out: the try's deadline passed before the answer's end.
    """

    status: int | None
    retry_after: float = 0.0
    detail: str = ""
    timed_out: bool = False

    @property
    def why(self) -> str:
        """What went wrong, in one line: the status, or the cause when there is none, and the detail."""
        parts = [
            "" if self.status is None else f"the partner answered {self.status}",
            "timeout: its answer did not end in time" if self.timed_out and self.status is not None else "",
            self.detail,
        ]
        return ": ".join(filter(None, parts)) or "no answer"

    @property
    def is_temporary(self) -> bool:
        """Whether the event may be taken later."""
        return self.status is None or self.status >= 500 or self.status in _ASKS_TO_WAIT  # noqa: PLR2004 - HTTP's

    @property
    def is_delivered(self) -> bool:
        """Whether the partner has the event."""
        return self.status is not None and 200 <= self.status < 300  # noqa: PLR2004 - HTTP's numbers


class OutOfTime(TemporarilyUnavailable):
    """The batch's time was over before this event was tried: it has failed at nothing, and may come back at once."""

    backs_off = False


class Delivered(StrEnum):
    """What delivering did. The partner itself knows a duplicate, by the key that comes with it."""

    DELIVERED = "delivered"


class Partner(Protocol):
    """The partner's endpoint."""

    longest: float
    """Seconds that one try takes at most, whatever the partner is slow with."""

    def post(self, body: bytes, *, idempotency_key: str, traceparent: str) -> Answer:
        """Try once; the partner does the work at most once for a key, however often it is told."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryPolicy:
    """Tries while the message is held.

    Attributes:
        attempts: tries in all.
        first_pause: seconds of the longest first pause; each later one is twice as long.
        longest_pause: seconds that are waited in a call; a longer Retry-After opens the circuit, and messages wait
            in the queue, where waiting is free.
        reserve: seconds that no try may use of the batch's time. They are for what follows the last try, also when AWS
            is slow: telling the circuit, hiding messages, setting them aside.
    """

    attempts: int = 3
    first_pause: float = 0.2
    longest_pause: float = 2.0
    reserve: float = 15.0


class Delivery:
    """Delivers events, one at a time."""

    def __init__(
        self,
        partner: Partner,
        breaker: Breaker,
        policy: RetryPolicy,
        *,
        sleep: Callable[[float], None] = time.sleep,
        jitter: Callable[[float], float] = lambda most: random.uniform(0, most),
    ) -> None:
        """Take the ports; ``jitter`` picks a pause up to the longest one."""
        self._partner = partner
        self._breaker = breaker
        self._policy = policy
        self._sleep = sleep
        self._jitter = jitter

    def deliver(self, event: Event, remaining: Remaining) -> Delivered:
        """Tell the partner, who then has it.

        A try that used up its time is not repeated here: other events of the batch wait for theirs.

        Raises:
            InvalidEvent: the event is of a type that is not for the partner.
            PermanentFailure: the partner will never take it.
            CircuitOpen: the partner is left alone for now.
            OutOfTime: there is no time left in this batch to ask.
            TemporarilyUnavailable: the partner cannot take it now.
        """
        if event.type not in _OURS:
            raise InvalidEvent("type", f"the partner gets no {event.type}")
        if not _HEADER_VALUE.fullmatch(event.id):
            raise PermanentFailure("the event's id cannot be sent as an Idempotency-Key")
        body = document_for_partner(event)
        answer: Answer | None = None
        for attempt in range(1, self._policy.attempts + 1):
            if remaining() < self._partner.longest + self._policy.reserve:
                break
            permit = self._breaker.permit()
            answer = self._partner.post(body, idempotency_key=event.id, traceparent=event.traceparent)
            if not answer.is_temporary:
                return self._final(answer, permit, event)
            pause = max(self._jitter(self._policy.first_pause * 2 ** (attempt - 1)), answer.retry_after)
            held = pause <= self._policy.longest_pause
            self._breaker.failed(permit, retry_after=0.0 if held else answer.retry_after, reason=answer.why)
            if not held or answer.timed_out or permit.probe_of is not None or attempt == self._policy.attempts:
                break
            self._sleep(pause)
        if answer is None:
            raise self._breaker.waiting() or OutOfTime("time for this batch")
        # While the circuit is open, it says when to come back: a message's receives are mostly waits for it, and a
        # pause that doubles with them would outlast the outage by minutes.
        later = math.ceil(min(answer.retry_after, self._breaker.max_retry_after))
        raise self._breaker.waiting() or TemporarilyUnavailable("partner", retry_after=max(1, later), reason=answer.why)

    def _final(self, answer: Answer, permit: Permit, event: Event) -> Delivered:
        """Tell the circuit of a status that is final for the event, and return or raise what the event comes to."""
        # The status counts for the event; how long the answer took counts for the partner.
        if answer.is_delivered:
            if answer.timed_out:
                self._breaker.failed(permit, reason=answer.why)
            else:
                self._breaker.succeeded(permit)
            return Delivered.DELIVERED
        refuses_all = self._breaker.refused(permit, status=answer.status or 0, event_id=event.id, reason=answer.why)
        if answer.timed_out and not refuses_all and permit.probe_of is None:
            self._breaker.failed(permit, reason=answer.why)
        waiting = self._breaker.waiting() if refuses_all else None
        raise waiting or PermanentFailure(f"the partner answered {answer.status}", detail=answer.detail)


def document_for_partner(event: Event) -> bytes:
    """Return what the partner is told: the event without the customer's contact, which is none of its business.

    The same event gives the same bytes, so that a partner may compare the bodies that come with one key.
    """
    document = encode_event(event)
    del document["data"]["contact"]
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()
