import sys
from collections.abc import Iterator
from datetime import UTC, timedelta

import pytest

from patterns_shared.domain.errors import TemporarilyUnavailable
from patterns_shared.domain.events import EventType
from patterns_shared.domain.orders import OrderStatus
from patterns_shared.testing import (
    FakeOrders,
    FrozenClock,
    RecordingPublisher,
    SequentialOrderIds,
    make_event,
    make_order,
)
from patterns_shared.testing.made import TRACEPARENT
from patterns_shared.testing.orders_contract import ConcurrentOrdersContract


class TestContract(ConcurrentOrdersContract):
    """The fake keeps the contract of the orders repository, also under concurrent calls."""

    @pytest.fixture
    def repository(self) -> Iterator[FakeOrders]:
        """The fake, under threads that take turns as often as they can."""
        before = sys.getswitchinterval()
        sys.setswitchinterval(1e-6)
        yield FakeOrders()
        sys.setswitchinterval(before)


def test_a_store_can_be_made_unavailable() -> None:
    """Every call fails then, is counted, and changes nothing."""
    order = make_order()
    orders = FakeOrders(order)
    orders.unavailable = True
    with pytest.raises(TemporarilyUnavailable):
        orders.add(make_order(order_id="x"), claim=None, traceparent=TRACEPARENT)
    with pytest.raises(TemporarilyUnavailable):
        orders.get(order.order_id)
    with pytest.raises(TemporarilyUnavailable):
        orders.list_for_customer(order.customer_id, status=None, limit=1, after=None)
    with pytest.raises(TemporarilyUnavailable):
        orders.move(order.order_id, OrderStatus.CANCELLED, customer_id=order.customer_id, traceparent=TRACEPARENT)
    assert orders.requests == 4
    orders.unavailable = False
    assert orders.list_for_customer(order.customer_id, status=None, limit=9, after=None).orders == (order,)


def test_the_trace_of_the_last_write_is_kept() -> None:
    """As the table keeps it for the relay."""
    order = make_order()
    orders = FakeOrders()
    orders.add(order, claim=None, traceparent="first")
    assert orders.traceparents == {order.order_id: "first"}
    orders.move(order.order_id, OrderStatus.CANCELLED, customer_id=order.customer_id, traceparent="second")
    assert orders.traceparents == {order.order_id: "second"}


def test_a_bus_that_refuses_an_event_returns_it_and_what_follows() -> None:
    """As the real one does, so that a relay's handling of it can be tested."""
    first, second, third = (make_event(order=make_order(order_version=version)) for version in (1, 2, 3))
    publisher = RecordingPublisher()
    publisher.refuse[second.id] = "InternalFailure"
    assert [failure.event_id for failure in publisher.publish([first, second, third])] == [second.id, third.id]
    assert publisher.events == [first]
    publisher.unavailable = True
    with pytest.raises(TemporarilyUnavailable):
        publisher.publish([first])


def test_the_clock_stands_until_it_is_told() -> None:
    """In UTC."""
    clock = FrozenClock()
    start = clock()
    assert clock() == start
    assert start.tzinfo is UTC
    clock.advance(timedelta(hours=1))
    assert clock() - start == timedelta(hours=1)


def test_ids_are_in_sequence() -> None:
    """The same in every run, and sorted by their instant, as real ones are."""
    ids, clock = SequentialOrderIds(), FrozenClock()
    made = [ids(clock()) for _ in range(300)]
    assert made == sorted(set(made))
    assert made[0] == SequentialOrderIds()(clock()) == "019b8d00-0000-7000-8000-000000000001"
    clock.advance(timedelta(milliseconds=-1))
    assert ids(clock()) < made[0]


@pytest.mark.parametrize("event_type", list(EventType))
def test_a_made_event_fits_its_order(event_type: EventType) -> None:
    """It tells of the version that the order has after the move."""
    event = make_event(event_type)
    assert event.order_version == (1 if event_type is EventType.ORDER_PLACED else 2)
    assert event.data.total == make_order().total
