"""Events made from an order's item: the relay, a backfill and a person with the table in hand make the same ones."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given

from patterns_shared.adapters.dynamodb_orders import DynamoDBOrders
from patterns_shared.adapters.event_messages import event_to_body
from patterns_shared.adapters.order_ids import new_order_id
from patterns_shared.adapters.order_item_events import cancelled_event, placed_event
from patterns_shared.adapters.order_items import Item, order_key, order_to_item
from patterns_shared.domain.errors import MalformedOrder
from patterns_shared.domain.events import EventType, change_event_id
from patterns_shared.domain.orders import ERASED_CONTACT, Order, OrderStatus
from patterns_shared.testing import make_order
from patterns_shared.testing.made import TRACEPARENT
from patterns_shared.testing.strategies import orders, texts

MOVED_AT = datetime(2026, 1, 5, 10, 0, 0, 123456, tzinfo=UTC)
CANCEL_TRACE = TRACEPARENT.replace("4bf9", "aaaa")


@given(order=orders(), traceparent=texts())
def test_the_same_item_gives_the_same_event_byte_for_byte(order: Order, traceparent: str) -> None:
    """Also with a trace context that cannot be read, or with none: no part of an event is a matter of chance."""
    item = order_to_item(replace(order, status=OrderStatus.PLACED), traceparent=traceparent)
    untraced = {name: value for name, value in item.items() if name != "traceparent"}
    for each in (item, untraced):
        assert event_to_body(placed_event(each)) == event_to_body(placed_event(dict(each)))
        cancelled = {**each, "status": {"S": "CANCELLED"}, "moved_at": {"S": MOVED_AT.isoformat()}}
        assert event_to_body(cancelled_event(cancelled)) == event_to_body(cancelled_event(dict(cancelled)))


@pytest.mark.parametrize("traceparent", [TRACEPARENT, "unreadable"])
def test_a_moved_orders_item_still_gives_its_order_placed(
    table: Any,  # noqa: ANN401 - a client of moto
    traceparent: str,
) -> None:
    """Byte for byte the event of the item as it was inserted, so that a lost event can be written again."""
    repository = DynamoDBOrders(table, "orders", now=lambda: MOVED_AT)
    order = make_order(order_id=new_order_id(MOVED_AT))
    repository.add(order, claim=None, traceparent=traceparent)

    def read() -> Item:
        return dict(table.get_item(TableName="orders", Key=order_key(order.order_id))["Item"])

    inserted = placed_event(read())
    repository.move(order.order_id, OrderStatus.CANCELLED, customer_id=order.customer_id, traceparent=CANCEL_TRACE)
    assert event_to_body(placed_event(read())) == event_to_body(inserted)
    cancelled = cancelled_event(read())
    assert (cancelled.type, cancelled.id) == (EventType.ORDER_CANCELLED, change_event_id(order.order_id, 2))
    assert (cancelled.occurred_at, cancelled.traceparent) == (MOVED_AT, CANCEL_TRACE)


def test_a_cancellation_has_the_time_that_the_move_kept() -> None:
    """The store's own time serves items from before moves kept theirs; with neither there is no event."""
    item = order_to_item(make_order().move(OrderStatus.CANCELLED), traceparent=TRACEPARENT)
    stored_at = MOVED_AT + timedelta(seconds=3)
    assert cancelled_event(item, written_at=stored_at).occurred_at == stored_at
    kept = {**item, "moved_at": {"S": MOVED_AT.isoformat()}}
    assert cancelled_event(kept, written_at=stored_at).occurred_at == MOVED_AT
    with pytest.raises(MalformedOrder, match="moved_at"):
        cancelled_event(item)
    with pytest.raises(MalformedOrder, match="moved_at is not a time"):
        cancelled_event({**item, "moved_at": {"S": "yesterday"}}, written_at=stored_at)


def test_an_order_that_was_never_placed_has_no_order_placed() -> None:
    """Its first version has another status: another program wrote it."""
    item = order_to_item(make_order(status=OrderStatus.FULFILLED), traceparent=TRACEPARENT)
    with pytest.raises(MalformedOrder, match="order_version"):
        placed_event(item)


def test_an_order_whose_address_was_erased_gives_no_event() -> None:
    """It would differ from the original event with the same id, and have no recipient."""
    cancelled = replace(make_order().move(OrderStatus.CANCELLED), contact_email=ERASED_CONTACT)
    item = order_to_item(cancelled, traceparent=TRACEPARENT)
    for make in (placed_event, lambda item: cancelled_event(item, written_at=MOVED_AT)):
        with pytest.raises(MalformedOrder, match="erased"):
            make(item)
