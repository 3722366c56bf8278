"""An order has one time: its id, its ``placed_at`` and its place in the list agree."""

import random
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from itertools import count
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from patterns_shared.adapters.clock import utc_now
from patterns_shared.adapters.order_ids import new_order_id
from patterns_shared.domain.orders import RequestedLine
from patterns_shared.ports import Clock
from patterns_shared.testing import FakeOrders
from patterns_web_api.application.callers import Caller
from patterns_web_api.application.cursors import Cursors
from patterns_web_api.application.orders import Orders

CALLER = Caller("customer-1", "ada@example.com")
LINES = [RequestedLine("TEA-ASSAM-100", 1)]
START = datetime(2026, 1, 5, 9, 30, tzinfo=UTC)


def shop(now: Clock) -> Orders:
    """Return the use cases with this clock and real ids."""
    return Orders(FakeOrders(), new_order_id=new_order_id, now=now, cursors=Cursors(lambda: b"key"))


def place(orders: Orders) -> None:
    """Place an order."""
    orders.place(CALLER, LINES, idempotency_key=None, traceparent="")


def placed_times(orders: Orders) -> list[datetime]:
    """Return the times of all orders as the list shows them, page by page."""
    found: list[datetime] = []
    cursor = None
    while True:
        page = orders.list_own(CALLER, status=None, limit=7, cursor=cursor)
        found += [order.placed_at for order in page.orders]
        if page.next_cursor is None:
            return found
        cursor = page.next_cursor


def test_the_clock_is_read_once_for_an_order() -> None:
    """A clock that moves on with each reading: the id has the time that placed_at has."""
    ticks = (START + n * timedelta(seconds=1) for n in count())
    orders = shop(lambda: next(ticks))

    place(orders)

    (order,) = orders.list_own(CALLER, status=None, limit=1, cursor=None).orders
    assert order.placed_at == START
    assert UUID(order.order_id).int >> 80 == int(order.placed_at.timestamp() * 1000)


@given(offsets=st.lists(st.integers(min_value=0, max_value=3_000), min_size=1, max_size=40))
def test_a_list_is_newest_first_whenever_its_orders_arrive(offsets: list[int]) -> None:
    """Orders of the same millisecond, of the same microsecond, and of environments whose clocks differ."""
    instants = iter([START + timedelta(microseconds=offset) for offset in offsets])
    orders = shop(lambda: next(instants))

    for _ in offsets:
        place(orders)

    assert placed_times(orders) == sorted((START + timedelta(microseconds=o) for o in offsets), reverse=True)


def test_sixty_orders_by_four_clients_at_once_are_listed_newest_first() -> None:
    """Also when a client is held up between reading the clock and making the id."""
    chance = random.Random(7)

    def interrupted() -> datetime:
        now = utc_now()
        time.sleep(chance.uniform(0, 0.003))
        return now

    orders = shop(interrupted)

    with ThreadPoolExecutor(4) as clients:
        list(clients.map(lambda _: place(orders), range(60)))

    times = placed_times(orders)
    assert len(times) == 60
    assert times == sorted(times, reverse=True)
