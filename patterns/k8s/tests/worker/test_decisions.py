from dataclasses import replace

import pytest
from hypothesis import given

from patterns_k8s.worker.decisions import answer_to
from patterns_shared.adapters.event_messages import event_to_body
from patterns_shared.adapters.order_item_events import placed_event
from patterns_shared.adapters.order_items import order_to_item
from patterns_shared.domain.errors import InvalidEvent
from patterns_shared.domain.event_codec import decode_event, encode_event
from patterns_shared.domain.events import Event, EventType, OrderRejectedData, outcome_event_id
from patterns_shared.domain.orders import Order, OrderLine, OrderStatus
from patterns_shared.testing import make_event, make_order
from patterns_shared.testing.order_events import events_to_decide, outcome_of
from patterns_shared.testing.strategies import events, orders, texts


def test_an_order_within_the_limits_is_fulfilled() -> None:
    """With the order as it was, at the time of what was decided."""
    placed = make_event()
    answer = answer_to(placed)
    assert answer.type is EventType.ORDER_FULFILLED
    assert (answer.data, answer.order_id, answer.order_version) == (placed.data, placed.order_id, 1)
    assert answer.occurred_at == placed.occurred_at


def test_an_order_over_a_limit_is_rejected_with_the_reason() -> None:
    """As the domain's rules say."""
    lines = tuple(OrderLine(f"sku-{n}", 999, 1) for n in range(3))
    answer = answer_to(make_event(order=make_order(lines=lines)))
    assert answer.type is EventType.ORDER_REJECTED
    assert isinstance(answer.data, OrderRejectedData)
    assert answer.data.reason == "2997 pieces are over the limit of 2000"


@given(event=events())
def test_the_same_event_gets_the_same_answer_byte_for_byte(event: Event) -> None:
    """Whatever the event, its trace context included: a second delivery of it must not look like another event."""
    if event.type in {EventType.ORDER_FULFILLED, EventType.ORDER_REJECTED}:
        return
    again = decode_event(encode_event(event))
    assert event_to_body(answer_to(event)) == event_to_body(answer_to(again))


def test_answers_to_different_events_have_different_ids() -> None:
    """An answer's id follows from the id of what it answers."""
    first, second = answer_to(make_event()), answer_to(make_event(id="another"))
    assert first.id == outcome_event_id(make_event().id)
    assert first.id != second.id
    assert first.traceparent != second.traceparent


def test_a_cancellation_is_handed_on_as_it_is() -> None:
    """Id and all: there is nothing to decide."""
    cancellation = make_event(EventType.ORDER_CANCELLED)
    assert answer_to(cancellation) is cancellation


@pytest.mark.parametrize("event_type", [EventType.ORDER_FULFILLED, EventType.ORDER_REJECTED])
def test_an_outcome_is_nothing_to_decide(event_type: EventType) -> None:
    """A rule that sends outcomes here would make a circle."""
    with pytest.raises(InvalidEvent, match="nothing to decide"):
        answer_to(make_event(event_type))


def test_the_answer_is_in_the_orders_trace() -> None:
    """As a piece of work of its own."""
    placed = make_event()
    answer = answer_to(placed)
    assert answer.traceparent[:36] == placed.traceparent[:36]
    assert answer.traceparent != placed.traceparent


@given(order=orders(), traceparent=texts())
def test_a_backfill_publishes_the_workers_answer_byte_for_byte(order: Order, traceparent: str) -> None:
    """Whatever the order and its trace: the event of the item is the relayed one, so the answer is the worker's."""
    item = order_to_item(replace(order, status=OrderStatus.PLACED), traceparent=traceparent)
    relayed = decode_event(encode_event(placed_event(item)))
    assert event_to_body(answer_to(relayed)) == event_to_body(answer_to(placed_event(item)))


@given(event=events())
def test_any_event_is_answered_or_refused(event: Event) -> None:
    """Nothing else can happen to what could be read."""
    try:
        answer = answer_to(event)
    except InvalidEvent:
        assert event.type in {EventType.ORDER_FULFILLED, EventType.ORDER_REJECTED}
    else:
        assert answer.order_id == event.order_id


def test_made_up_outcomes_are_those_of_the_worker() -> None:
    """The demo's and the tests' events meet the worker's about the same orders: other bytes would be a conflict."""
    placed = [event for event in events_to_decide(seed=5, orders=60) if event.type is EventType.ORDER_PLACED]

    assert [event_to_body(outcome_of(event)) for event in placed] == [event_to_body(answer_to(x)) for x in placed]
    assert {outcome_of(event).type for event in placed} == {EventType.ORDER_FULFILLED, EventType.ORDER_REJECTED}
