"""The worker's use case: decide what came, publish the answers, and say of each event how it went."""

from collections.abc import Sequence
from enum import StrEnum

from patterns_k8s.worker.decisions import answer_to
from patterns_shared.domain.errors import InvalidEvent, PermanentFailure, TemporarilyUnavailable
from patterns_shared.domain.events import Event, EventType
from patterns_shared.ports import EventPublisher

__all__ = ["Fulfilled", "Fulfilment"]


class Fulfilled(StrEnum):
    """What was done with an event. A repetition is done again: its answer is the same event, known by its id."""

    FULFILLED = "fulfilled"
    REJECTED = "rejected"
    FORWARDED = "forwarded"


_DONE = {
    EventType.ORDER_FULFILLED: Fulfilled.FULFILLED,
    EventType.ORDER_REJECTED: Fulfilled.REJECTED,
    EventType.ORDER_CANCELLED: Fulfilled.FORWARDED,
}


class Fulfilment:
    """Decides events and publishes the answers."""

    def __init__(self, publisher: EventPublisher) -> None:
        """Take the port."""
        self._publisher = publisher

    def __call__(self, events: Sequence[Event]) -> dict[str, str | Exception]:
        """Return how it went, by event id; an event counts as done only once the topic has its answer."""
        results: dict[str, str | Exception] = {}
        answers: dict[str, Event] = {}
        for event in events:
            try:
                answer = answer_to(event)
            except InvalidEvent as error:
                results[event.id] = error
            else:
                answers[event.id] = answer
                results[event.id] = _DONE[answer.type]
        refused = {failure.event_id: failure for failure in self._publisher.publish(list(answers.values()))}
        for event_id, answer in answers.items():
            if failure := refused.get(answer.id):
                results[event_id] = (
                    TemporarilyUnavailable(f"topic ({failure.reason})")
                    if failure.retryable
                    else PermanentFailure(f"the topic refuses it: {failure.reason}")
                )
        return results
