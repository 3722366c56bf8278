"""Hypothesis strategies of the domain; they need the extra ``testing``."""

from datetime import UTC, datetime
from typing import Any

from hypothesis import strategies as st

from patterns_shared.domain.events import Contact, Event, EventType, OrderData, OrderRejectedData
from patterns_shared.domain.orders import MAX_LINES, MAX_QUANTITY, Order, OrderLine, OrderStatus

__all__ = ["events", "json_values", "order_lines", "orders", "texts"]

json_values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
"""Any value that JSON can have."""

_addresses = st.text("abcdefxyz.+-_0189", min_size=1, max_size=20).map(lambda name: f"{name}@example.com")
_texts = st.text(min_size=1, max_size=20)
_times = st.datetimes(min_value=datetime(1970, 1, 1), max_value=datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - the zone is the next argument


def texts() -> st.SearchStrategy[str]:
    """Return texts that an event or an item may have where no form is asked for; half of them are trace contexts."""
    hexes = st.integers(1, 2**63).map
    contexts = st.tuples(hexes("{:032x}".format), hexes("{:016x}".format)).map(lambda ids: f"00-{ids[0]}-{ids[1]}-01")
    return _texts | contexts


def order_lines() -> st.SearchStrategy[tuple[OrderLine, ...]]:
    """Return lines as a kept order may have them, by whatever rules it was placed."""
    quantities = st.integers(1, MAX_QUANTITY) | st.integers(1, 100 * MAX_QUANTITY)
    line = st.builds(OrderLine, _texts, quantities, st.integers(0, 1_000_000))
    return st.lists(line, min_size=1, max_size=min(MAX_LINES, 5)).map(tuple)


def orders() -> st.SearchStrategy[Order]:
    """Return any orders that the domain allows."""
    return st.builds(
        Order,
        order_id=st.uuids().map(str),
        customer_id=_texts,
        contact_email=_addresses,
        lines=order_lines(),
        currency=st.sampled_from(["EUR", "USD", "JPY"]),
        status=st.sampled_from(OrderStatus),
        placed_at=_times,
        order_version=st.integers(1, 1_000),
    )


@st.composite
def events(draw: st.DrawFn) -> Event:
    """Return any events of the shop."""
    event_type = draw(st.sampled_from(EventType))
    lines = draw(order_lines())
    data = OrderData(
        customer_id=draw(_texts),
        contact=Contact(draw(_addresses)),
        lines=lines,
        currency=draw(st.sampled_from(["EUR", "USD", "JPY"])),
        total=sum(line.amount for line in lines),
        placed_at=draw(_times),
    )
    if event_type is EventType.ORDER_REJECTED:
        data = OrderRejectedData.of(data, reason=draw(_texts))
    return Event(
        id=draw(_texts),
        type=event_type,
        schema_version=1,
        occurred_at=draw(_times),
        order_id=draw(_texts),
        order_version=draw(st.integers(1, 1_000)),
        data=data,
        traceparent=draw(texts()),
    )
