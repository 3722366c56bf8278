"""Publishing that does not give up while giving up would only cost messages their receives.

While the topic is missing, forbidden or down, no message can be finished, whichever is received. So the worker keeps
the messages that it has, hidden, and asks for no others: they wait in the queue with their receives uncounted, and
none of them becomes a dead letter because of an outage that no message caused.
"""

import random
from collections.abc import Callable, Sequence
from typing import Protocol

from botocore.exceptions import ClientError

from patterns_shared.adapters.client_errors import error_code
from patterns_shared.domain.errors import TemporarilyUnavailable
from patterns_shared.domain.events import Event
from patterns_shared.ports import EventPublisher, PublishFailure

__all__ = ["PatientPublisher", "Stop"]

_LONGEST_PAUSE = 15.0
_ABOUT_THE_TOPIC = frozenset(
    {
        "AccessDenied",
        "AccessDeniedException",
        "AuthorizationError",
        "AuthorizationErrorException",
        "ExpiredToken",
        "ExpiredTokenException",
        "InvalidClientTokenId",
        "KMSAccessDeniedException",
        "KMSDisabledException",
        "KMSInvalidStateException",
        "KMSNotFoundException",
        "NotFound",
        "NotFoundException",
        "UnrecognizedClientException",
    }
)
"""Refusals that say nothing about the events: https://docs.aws.amazon.com/sns/latest/api/API_PublishBatch.html"""


class Stop(Protocol):
    """A sign that the worker is to end; `threading.Event` is one."""

    def is_set(self) -> bool:
        """Whether it is given."""
        ...

    def wait(self, timeout: float) -> bool:
        """Wait for it for so many seconds, and return whether it is given."""
        ...


class PatientPublisher:
    """Publishes until the topic has acknowledged every event that it ever takes, or until the worker is to end."""

    def __init__(
        self,
        publisher: EventPublisher,
        *,
        stop: Stop,
        waiting: Callable[[str], None],
        flowing: Callable[[], None],
        jitter: Callable[[float, float], float] = random.uniform,
    ) -> None:
        """``waiting`` is told why, before each pause; ``flowing`` that everything went through."""
        self._publisher = publisher
        self._stop = stop
        self._waiting = waiting
        self._flowing = flowing
        self._jitter = jitter

    def publish(self, events: Sequence[Event]) -> Sequence[PublishFailure]:
        """Publish the events; what is returned the topic will never take, or the worker was stopped before it did."""
        refused: list[PublishFailure] = []
        remaining = list(events)
        pause = 0.5
        while remaining:
            failures = {failure.event_id: failure for failure in self._attempt(remaining)}
            refused += [failure for failure in failures.values() if not failure.retryable]
            passing = [failure for failure in failures.values() if failure.retryable]
            remaining = [event for event in remaining if event.id in failures and failures[event.id].retryable]
            if not remaining:
                break
            self._waiting(passing[0].reason)
            if self._stop.wait(self._jitter(pause / 2, pause)):
                return [*refused, *passing]
            pause = min(_LONGEST_PAUSE, pause * 2)
        self._flowing()
        return refused

    def _attempt(self, events: Sequence[Event]) -> Sequence[PublishFailure]:
        try:
            return self._publisher.publish(events)
        except TemporarilyUnavailable as error:
            return [PublishFailure(event.id, str(error)) for event in events]
        except ClientError as error:
            reason = f"the topic refuses: {error_code(error)}"
            if error_code(error) in _ABOUT_THE_TOPIC:
                return [PublishFailure(event.id, reason) for event in events]
            if len(events) == 1:
                return [PublishFailure(events[0].id, reason, retryable=False)]
            # One of them is at fault, and the others must not suffer for it.
            return [failure for event in events for failure in self._attempt([event])]
