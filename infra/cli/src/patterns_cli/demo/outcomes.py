"""Deciding orders in the place of the worker: events as it would publish them, for orders that were placed."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from patterns_cli.demo.plan import PlannedOrder
from patterns_cli.demo.shoppers import Shopper
from patterns_shared.domain.catalogue import CURRENCY
from patterns_shared.domain.events import (
    SCHEMA_VERSION,
    Contact,
    Event,
    EventType,
    OrderData,
    OrderRejectedData,
    change_event_id,
    outcome_event_id,
)
from patterns_shared.ports import EventPublisher

__all__ = ["Unpublished", "outcome_event", "publish_all"]


class Unpublished(Exception):
    """The bus did not take an event."""


def outcome_event(order: PlannedOrder, *, order_id: str, customer: Shopper, placed_at: datetime) -> Event:
    """Return the event that tells what the shop's rules say of the order."""
    data = OrderData(
        customer_id=customer.sub,
        contact=Contact(customer.email),
        lines=order.lines,
        currency=CURRENCY,
        total=order.total,
        placed_at=placed_at,
    )
    decision = order.decision
    if not decision.fulfilled:
        data = OrderRejectedData(
            customer_id=data.customer_id,
            contact=data.contact,
            lines=data.lines,
            currency=data.currency,
            total=data.total,
            placed_at=data.placed_at,
            reason=decision.reason,
        )
    return Event(
        id=outcome_event_id(change_event_id(order_id, 1)),
        type=EventType.ORDER_FULFILLED if decision.fulfilled else EventType.ORDER_REJECTED,
        schema_version=SCHEMA_VERSION,
        occurred_at=placed_at + timedelta(seconds=1),
        order_id=order_id,
        order_version=1,
        data=data,
        traceparent=order.traceparent,
    )


def publish_all(publisher: EventPublisher, events: Sequence[Event]) -> None:
    """Publish the events.

    Raises:
        Unpublished: naming the first that the bus did not take.
    """
    failures = publisher.publish(events)
    if failures:
        raise Unpublished(f"{len(failures)} events, such as {failures[0].event_id}: {failures[0].reason}")
