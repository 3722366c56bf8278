"""What the worker answers to an event: the outcome of an order, or its cancellation, handed on."""

from datetime import datetime

from patterns_shared.domain.errors import InvalidEvent
from patterns_shared.domain.events import (
    SCHEMA_VERSION,
    Event,
    EventType,
    OrderData,
    OrderRejectedData,
    change_event_id,
    order_data,
    outcome_event_id,
)
from patterns_shared.domain.fulfilment import decide
from patterns_shared.domain.orders import Order
from patterns_shared.observability.tracing import TraceContext

__all__ = ["answer_to", "outcome_of_order"]


def answer_to(event: Event, now: datetime) -> Event:
    """Return the event that the topic is told.

    The same event always gets an answer with the same id and the same decision, so that whoever listens knows a
    repetition by its id. A cancellation is handed on as it is: partner, ledger and notify take it as compensation,
    whether they heard of a fulfilment before or hear of it later.

    Raises:
        InvalidEvent: there is nothing to decide about this type of event.
    """
    if event.type is EventType.ORDER_CANCELLED:
        return event
    if event.type is not EventType.ORDER_PLACED:
        raise InvalidEvent("type", f"{event.type} leaves nothing to decide")
    return _outcome(
        event.data,
        decided_event_id=event.id,
        order_id=event.order_id,
        order_version=event.order_version,
        traceparent=event.traceparent,
        now=now,
    )


def outcome_of_order(order: Order, *, traceparent: str | None, now: datetime) -> Event:
    """Return the same outcome as for the order's OrderPlaced, without that event: the relay's ids are deterministic."""
    return _outcome(
        order_data(order),
        decided_event_id=change_event_id(order.order_id, order.order_version),
        order_id=order.order_id,
        order_version=order.order_version,
        traceparent=traceparent,
        now=now,
    )


def _outcome(
    data: OrderData,
    *,
    decided_event_id: str,
    order_id: str,
    order_version: int,
    traceparent: str | None,
    now: datetime,
) -> Event:
    decision = decide(quantities=(line.quantity for line in data.lines), total=data.total)
    return Event(
        id=outcome_event_id(decided_event_id),
        type=EventType.ORDER_FULFILLED if decision.fulfilled else EventType.ORDER_REJECTED,
        schema_version=SCHEMA_VERSION,
        occurred_at=now,
        order_id=order_id,
        order_version=order_version,
        data=data if decision.fulfilled else OrderRejectedData.of(data, reason=decision.reason),
        traceparent=TraceContext.from_traceparent(traceparent).child().traceparent,
    )
