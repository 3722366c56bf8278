from collections.abc import Sequence

from patterns_k8s.worker.fulfilment import Fulfilled, Fulfilment
from patterns_shared.domain.errors import InvalidEvent, PermanentFailure, TemporarilyUnavailable
from patterns_shared.domain.events import Event, EventType, outcome_event_id
from patterns_shared.domain.orders import OrderLine
from patterns_shared.ports import PublishFailure
from patterns_shared.testing import RecordingPublisher, make_event, make_order

PLACED = make_event(id="placed")
TOO_MANY = make_event(id="too-many", order=make_order(lines=tuple(OrderLine(f"s{n}", 999, 1) for n in range(3))))
CANCELLED = make_event(EventType.ORDER_CANCELLED, id="cancelled")
OUTCOME = make_event(EventType.ORDER_FULFILLED, id="outcome")


def test_every_event_is_told_of_and_answered() -> None:
    """In one call of the topic, whatever the mixture."""
    bus = RecordingPublisher()
    results = Fulfilment(bus)([PLACED, TOO_MANY, CANCELLED, OUTCOME])
    assert isinstance(results.pop("outcome"), InvalidEvent)
    assert results == {
        "placed": Fulfilled.FULFILLED,
        "too-many": Fulfilled.REJECTED,
        "cancelled": Fulfilled.FORWARDED,
    }
    assert [event.id for event in bus.events] == [outcome_event_id("placed"), outcome_event_id("too-many"), "cancelled"]


def test_an_event_without_an_acknowledged_answer_is_not_done() -> None:
    """It comes again, or becomes a dead letter, as the topic's refusal says."""

    class Refusing(RecordingPublisher):
        def publish(self, events: Sequence[Event]) -> Sequence[PublishFailure]:
            failures = {
                outcome_event_id("placed"): PublishFailure(outcome_event_id("placed"), "Throttled"),
                "cancelled": PublishFailure("cancelled", "too large", retryable=False),
            }
            return [failures[event.id] for event in events if event.id in failures]

    results = Fulfilment(Refusing())([PLACED, CANCELLED, TOO_MANY])
    assert isinstance(results["placed"], TemporarilyUnavailable)
    assert isinstance(results["cancelled"], PermanentFailure)
    assert results["too-many"] is Fulfilled.REJECTED
