from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given

from patterns_k8s.worker.decisions import answer_to, outcome_of_order
from patterns_shared.domain.errors import InvalidEvent
from patterns_shared.domain.events import Event, EventType, OrderRejectedData, outcome_event_id
from patterns_shared.domain.orders import Order, OrderLine, OrderStatus
from patterns_shared.testing import make_event, make_order
from patterns_shared.testing.strategies import events, orders

NOW = datetime(2026, 1, 5, 10, tzinfo=UTC)
LATER = datetime(2026, 1, 6, 10, tzinfo=UTC)


def test_an_order_within_the_limits_is_fulfilled() -> None:
    """With the order as it was, at the time of the decision."""
    placed = make_event()
    answer = answer_to(placed, NOW)
    assert answer.type is EventType.ORDER_FULFILLED
    assert (answer.data, answer.order_id, answer.order_version) == (placed.data, placed.order_id, 1)
    assert answer.occurred_at == NOW


def test_an_order_over_a_limit_is_rejected_with_the_reason() -> None:
    """As the domain's rules say."""
    lines = tuple(OrderLine(f"sku-{n}", 999, 1) for n in range(3))
    answer = answer_to(make_event(order=make_order(lines=lines)), NOW)
    assert answer.type is EventType.ORDER_REJECTED
    assert isinstance(answer.data, OrderRejectedData)
    assert answer.data.reason == "2997 pieces are over the limit of 2000"


def test_the_same_event_always_gets_the_same_id_and_decision() -> None:
    """So that a message that comes again is told of as what it is: a repetition."""
    first, second = answer_to(make_event(), NOW), answer_to(make_event(), LATER)
    assert first.id == second.id == outcome_event_id(make_event().id)
    assert (first.type, first.data) == (second.type, second.data)
    assert first.id != answer_to(make_event(id="another"), NOW).id


def test_a_cancellation_is_handed_on_as_it_is() -> None:
    """Id and all: there is nothing to decide."""
    cancellation = make_event(EventType.ORDER_CANCELLED)
    assert answer_to(cancellation, NOW) is cancellation


@pytest.mark.parametrize("event_type", [EventType.ORDER_FULFILLED, EventType.ORDER_REJECTED])
def test_an_outcome_is_nothing_to_decide(event_type: EventType) -> None:
    """A rule that sends outcomes here would make a circle."""
    with pytest.raises(InvalidEvent, match="nothing to decide"):
        answer_to(make_event(event_type), NOW)


def test_the_answer_is_in_the_orders_trace() -> None:
    """As a piece of work of its own."""
    placed = make_event()
    answer = answer_to(placed, NOW)
    assert answer.traceparent[:36] == placed.traceparent[:36]
    assert answer.traceparent != placed.traceparent


@given(order=orders())
def test_a_backfill_answers_as_the_event_would_have_been_answered(order: Order) -> None:
    """Whatever the order: same id, same decision, same order."""
    placed = replace(order, status=OrderStatus.PLACED)
    event = make_event(order=placed)
    by_event, by_order = answer_to(event, NOW), outcome_of_order(placed, traceparent=event.traceparent, now=NOW)
    assert replace(by_event, traceparent="") == replace(by_order, traceparent="")


@given(event=events())
def test_any_event_is_answered_or_refused(event: Event) -> None:
    """Nothing else can happen to what could be read."""
    try:
        answer = answer_to(event, NOW)
    except InvalidEvent:
        assert event.type in {EventType.ORDER_FULFILLED, EventType.ORDER_REJECTED}
    else:
        assert answer.order_id == event.order_id
