"""Orders, claims and events with everything filled in; a test names only what it is about."""

from datetime import UTC, datetime, timedelta
from typing import Any

from patterns_shared.domain.events import (
    SCHEMA_VERSION,
    Event,
    EventType,
    OrderRejectedData,
    change_event_id,
    order_data,
)
from patterns_shared.domain.orders import Order, OrderLine, OrderStatus
from patterns_shared.ports import IdempotencyClaim

__all__ = ["TRACEPARENT", "make_claim", "make_event", "make_order"]

TRACEPARENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
"""A valid trace context, for tests that are not about tracing."""

_STATUS_AFTER = {
    EventType.ORDER_PLACED: OrderStatus.PLACED,
    EventType.ORDER_CANCELLED: OrderStatus.CANCELLED,
    EventType.ORDER_FULFILLED: OrderStatus.FULFILLED,
    EventType.ORDER_REJECTED: OrderStatus.REJECTED,
}


def make_order(**overrides: Any) -> Order:  # noqa: ANN401 - the fields of Order, which says what each may be
    """Return an order of two lines, just placed, with these fields instead of its own."""
    fields: dict[str, Any] = {
        "order_id": "019b8d00-0000-7000-8000-00000000beef",
        "customer_id": "customer-1",
        "contact_email": "ada@example.com",
        "lines": (OrderLine("TEA-ASSAM-100", 2, 690), OrderLine("POT-GLASS-1L", 1, 3490)),
        "currency": "EUR",
        "status": OrderStatus.PLACED,
        "placed_at": datetime(2026, 1, 5, 9, 30, tzinfo=UTC),
        "order_version": 1,
    }
    return Order(**{**fields, **overrides})


def make_claim(**overrides: Any) -> IdempotencyClaim:  # noqa: ANN401 - the fields of IdempotencyClaim
    """Return a claim that outlives the order of ``make_order`` by a day, with these fields instead of its own."""
    fields: dict[str, Any] = {
        "key": "key-1",
        "fingerprint": "body-1",
        "expires_at": datetime(2026, 1, 5, 9, 30, tzinfo=UTC) + timedelta(hours=24),
    }
    return IdempotencyClaim(**{**fields, **overrides})


def make_event(type_: EventType = EventType.ORDER_PLACED, order: Order | None = None, **overrides: Any) -> Event:  # noqa: ANN401 - the fields of Event
    """Return the event of this type about the order (a made one by default), with these fields instead of its own."""
    if order is None:
        order = make_order()
        order = order if type_ is EventType.ORDER_PLACED else order.move(_STATUS_AFTER[type_])
    data = order_data(order)
    if type_ is EventType.ORDER_REJECTED:
        data = OrderRejectedData.of(data, reason="2001 pieces are over the limit of 2000")
    fields: dict[str, Any] = {
        "id": change_event_id(order.order_id, order.order_version),
        "type": type_,
        "schema_version": SCHEMA_VERSION,
        "occurred_at": order.placed_at,
        "order_id": order.order_id,
        "order_version": order.order_version,
        "data": data,
        "traceparent": TRACEPARENT,
    }
    return Event(**{**fields, **overrides})
