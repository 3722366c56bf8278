"""Events of many orders, as the other patterns receive them: outcomes, cancellations, and both for one order.

Baskets and fates follow from the seed; ids, times and traces are new each time, so that a second run on the same
platform is no duplicate of the first.
"""

import secrets
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from random import Random

from patterns_shared.adapters.order_ids import new_order_id
from patterns_shared.domain.events import (
    SCHEMA_VERSION,
    Event,
    EventType,
    OrderRejectedData,
    change_event_id,
    order_data,
    outcome_event_id,
)
from patterns_shared.domain.fulfilment import decide
from patterns_shared.domain.orders import Order, place_order
from patterns_shared.observability.tracing import TraceContext
from patterns_shared.testing.orders_generator import OrderGenerator

__all__ = ["events_of_orders", "events_to_decide", "outcome_of"]

_CANCELLED = 0.1
"""Share of orders that their customers cancel in time."""
_RACED = 0.05
"""Share of orders whose cancellation and fulfilment cross, half of them in the wrong order."""
_CUSTOMERS = 50


def events_of_orders(*, seed: int, orders: int) -> list[Event]:
    """Return the outcomes of this many orders, in the order of their arrival."""
    chance = Random(seed)
    return [event for order in _orders(seed, orders) for event in _fate(order, chance)]


def events_to_decide(*, seed: int, orders: int) -> list[Event]:
    """Return what happened to this many orders before a worker decided them: placed, and some of them cancelled."""
    chance = Random(seed)
    events = []
    for order in _orders(seed, orders):
        traceparent = _new_traceparent()
        events.append(_placed(order, traceparent))
        if chance.random() < _CANCELLED:
            events.append(_cancelled(order, traceparent))
    return events


def _orders(seed: int, orders: int) -> Iterator[Order]:
    for number, basket in enumerate(islice(OrderGenerator(seed), orders)):
        placed_at = datetime.now(UTC)
        yield place_order(
            order_id=new_order_id(placed_at),
            customer_id=f"customer-{number % _CUSTOMERS}",
            contact_email=f"customer-{number % _CUSTOMERS}@example.com",
            requested=basket,
            placed_at=placed_at,
        )


def _new_traceparent() -> str:
    return f"00-{secrets.token_hex(16)}-{secrets.token_hex(8)}-01"


def _fate(order: Order, chance: Random) -> Iterator[Event]:
    fate = chance.random()
    traceparent = _new_traceparent()
    if fate < _CANCELLED:
        yield _cancelled(order, traceparent)
    elif fate < _CANCELLED + _RACED / 2:
        yield from (_cancelled(order, traceparent), _outcome(order, traceparent))
    elif fate < _CANCELLED + _RACED:
        yield from (_outcome(order, traceparent), _cancelled(order, traceparent))
    else:
        yield _outcome(order, traceparent)


def _placed(order: Order, traceparent: str) -> Event:
    return Event(
        id=change_event_id(order.order_id, 1),
        type=EventType.ORDER_PLACED,
        schema_version=SCHEMA_VERSION,
        occurred_at=order.placed_at,
        order_id=order.order_id,
        order_version=1,
        data=order_data(order),
        traceparent=traceparent,
    )


def outcome_of(placed: Event) -> Event:
    """Return the outcome of this OrderPlaced, byte for byte as the workers make it: both may meet in one shop."""
    decision = decide(quantities=[line.quantity for line in placed.data.lines], total=placed.data.total)
    outcome_id = outcome_event_id(placed.id)
    trace = TraceContext.from_event(placed.traceparent, event_id=placed.traceparent)
    return Event(
        id=outcome_id,
        type=EventType.ORDER_FULFILLED if decision.fulfilled else EventType.ORDER_REJECTED,
        schema_version=SCHEMA_VERSION,
        occurred_at=placed.occurred_at,
        order_id=placed.order_id,
        order_version=placed.order_version,
        data=placed.data if decision.fulfilled else OrderRejectedData.of(placed.data, reason=decision.reason),
        traceparent=trace.child_for(outcome_id).traceparent,
    )


def _outcome(order: Order, traceparent: str) -> Event:
    return outcome_of(_placed(order, traceparent))


def _cancelled(order: Order, traceparent: str) -> Event:
    return Event(
        id=change_event_id(order.order_id, 2),
        type=EventType.ORDER_CANCELLED,
        schema_version=SCHEMA_VERSION,
        occurred_at=order.placed_at + timedelta(seconds=2),
        order_id=order.order_id,
        order_version=2,
        data=order_data(order),
        traceparent=traceparent,
    )
