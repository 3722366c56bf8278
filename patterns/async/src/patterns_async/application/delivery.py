"""Telling the partner of an event: a bounded number of tries, none of them while the circuit is open."""

import json
import math
import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from patterns_async.application.breaker import Breaker
from patterns_shared.domain.errors import PermanentFailure, TemporarilyUnavailable
from patterns_shared.domain.event_codec import encode_event
from patterns_shared.domain.events import Event

__all__ = ["Answer", "Delivered", "Delivery", "Partner", "Remaining", "RetryPolicy", "document_for_partner"]

Remaining = Callable[[], float]
"""Seconds that are left for the whole batch."""

_ASKS_TO_WAIT = frozenset({408, 429})
"""The statuses below 500 that say "later" and not "never"."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a try brought.

    Attributes:
        status: the HTTP status; None when there was no answer in time.
        retry_after: seconds that the partner asks to wait, 0 when it does not say.
        detail: the beginning of what the partner says, or what went wrong on the way.
    """

    status: int | None
    retry_after: float = 0.0
    detail: str = ""


class Delivered(StrEnum):
    """What delivering did. The partner itself knows a duplicate, by the key that comes with it."""

    DELIVERED = "delivered"


class Partner(Protocol):
    """The partner's endpoint."""

    longest: float
    """Seconds that one try takes at most."""

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
    """

    attempts: int = 3
    first_pause: float = 0.2
    longest_pause: float = 2.0


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

        Raises:
            PermanentFailure: the partner will never take it.
            CircuitOpen: the partner is left alone for now.
            TemporarilyUnavailable: the partner cannot take it now, or there is no time left to ask.
        """
        body = document_for_partner(event)
        answer = Answer(status=None)
        for attempt in range(1, self._policy.attempts + 1):
            if remaining() < self._partner.longest:
                raise TemporarilyUnavailable("time for this batch")
            permit = self._breaker.permit()
            answer = self._partner.post(body, idempotency_key=event.id, traceparent=event.traceparent)
            if not _is_temporary(answer.status):
                self._breaker.succeeded(permit)
                if answer.status is not None and answer.status < 300:  # noqa: PLR2004 - HTTP's numbers
                    return Delivered.DELIVERED
                raise PermanentFailure(f"the partner answered {answer.status}", detail=answer.detail)
            pause = max(self._jitter(self._policy.first_pause * 2 ** (attempt - 1)), answer.retry_after)
            held = pause <= self._policy.longest_pause
            self._breaker.failed(permit, retry_after=0.0 if held else answer.retry_after)
            if not held or permit.probe_of is not None or attempt == self._policy.attempts:
                break
            self._sleep(pause)
        # While the circuit is open, it says when to come back: a message's receives are mostly waits for it, and a
        # pause that doubles with them would outlast the outage by minutes.
        raise self._breaker.waiting() or TemporarilyUnavailable(
            "partner", retry_after=max(1, math.ceil(answer.retry_after))
        )


def document_for_partner(event: Event) -> bytes:
    """Return what the partner is told: the event without the customer's contact, which is none of its business.

    The same event gives the same bytes, so that a partner may compare the bodies that come with one key.
    """
    document = encode_event(event)
    del document["data"]["contact"]
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()


def _is_temporary(status: int | None) -> bool:
    return status is None or status >= 500 or status in _ASKS_TO_WAIT  # noqa: PLR2004 - HTTP's numbers
