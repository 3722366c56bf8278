"""Publishes the outcomes of orders on the event bus, for the service that owns their status."""

from collections.abc import Sequence
from enum import StrEnum

from patterns_shared.domain.errors import InvalidEvent, PermanentFailure, TemporarilyUnavailable
from patterns_shared.domain.events import Event, EventType
from patterns_shared.ports import EventPublisher, PublishFailure

__all__ = ["Forwarded", "forward"]

_OUTCOMES = frozenset({EventType.ORDER_FULFILLED, EventType.ORDER_REJECTED})


class Forwarded(StrEnum):
    """What forwarding did. A duplicate goes out again with the same id: those who listen know it by that."""

    FORWARDED = "forwarded"


def forward(events: Sequence[Event], publisher: EventPublisher) -> dict[str, Forwarded | Exception]:
    """Put the events on the bus as they are, ids included, and return how it went, by event id."""
    results: dict[str, Forwarded | Exception] = {}
    outcomes: list[Event] = []
    for event in events:
        if event.type in _OUTCOMES:
            outcomes.append(event)
            results[event.id] = Forwarded.FORWARDED
        else:
            results[event.id] = InvalidEvent("type", f"{event.type} is no outcome")
    for failure in _publish(outcomes, publisher):
        results[failure.event_id] = (
            TemporarilyUnavailable(f"event bus ({failure.reason})")
            if failure.retryable
            else PermanentFailure(f"the event bus refuses it: {failure.reason}")
        )
    return results


def _publish(events: Sequence[Event], publisher: EventPublisher) -> Sequence[PublishFailure]:
    """Publish the events; of a call that failed as a whole some may have arrived, and all of them go out again."""
    if not events:
        return ()
    try:
        return publisher.publish(events)
    except TemporarilyUnavailable as error:
        return [PublishFailure(event.id, str(error)) for event in events]
