"""The events of an order's versions, made from its item: always the same event, in every process.

The relay makes them from the table's stream, a backfill from the table itself. Nothing in them comes from a clock or
from chance: id, time, trace and data follow from the item, since one id with two contents is a conflict to consumers.
"""

from datetime import UTC, datetime

from patterns_shared.adapters.order_items import Item, order_from_item, text_of
from patterns_shared.domain.errors import MalformedOrder
from patterns_shared.domain.events import SCHEMA_VERSION, Event, EventType, change_event_id, order_data
from patterns_shared.domain.orders import ERASED_CONTACT, Order, OrderStatus
from patterns_shared.observability.tracing import TraceContext

__all__ = ["cancelled_event", "placed_event"]


def placed_event(item: Item) -> Event:
    """Return the OrderPlaced of the item's order, whatever became of the order since.

    Raises:
        MalformedOrder: naming what cannot be read.
    """
    order = order_from_item(item)
    moved = order.status is not OrderStatus.PLACED
    # An order moves once; the move keeps the previous version's trace in addition to its own.
    version = order.order_version - moved
    if version < 1:
        raise MalformedOrder(f"order_version is 1, at which no order is {order.status}")
    traceparent = text_of(item, "placed_traceparent" if moved else "traceparent")
    return _event(EventType.ORDER_PLACED, order, version, traceparent, occurred_at=order.placed_at)


def cancelled_event(item: Item, *, written_at: datetime | None = None) -> Event:
    """Return the OrderCancelled of an item whose order was cancelled.

    ``written_at`` is when the store took the cancellation, for items from before moves kept their own time.

    Raises:
        MalformedOrder: naming what cannot be read.
    """
    order = order_from_item(item)
    occurred_at = _moved_at(item) or written_at
    if occurred_at is None:
        raise MalformedOrder("moved_at is missing, and nothing else says when the order was cancelled")
    traceparent = text_of(item, "traceparent")
    return _event(EventType.ORDER_CANCELLED, order, order.order_version, traceparent, occurred_at=occurred_at)


def _moved_at(item: Item) -> datetime | None:
    text = text_of(item, "moved_at")
    if text is None:
        return None
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except ValueError:
        raise MalformedOrder("moved_at is not a time") from None


def _event(
    event_type: EventType, order: Order, version: int, traceparent: str | None, *, occurred_at: datetime
) -> Event:
    if order.contact_email == ERASED_CONTACT:
        # It would have the id of the event of then, and another content.
        raise MalformedOrder("the customer's address was erased, so that no event of the order can be made again")
    event_id = change_event_id(order.order_id, version)
    return Event(
        id=event_id,
        type=event_type,
        schema_version=SCHEMA_VERSION,
        occurred_at=occurred_at,
        order_id=order.order_id,
        order_version=version,
        data=order_data(order),
        traceparent=TraceContext.from_event(traceparent, event_id=event_id).traceparent,
    )
