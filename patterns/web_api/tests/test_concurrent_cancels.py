"""Concurrency on one order."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor

from patterns_shared.domain.errors import IllegalTransition
from patterns_shared.testing import FakeOrders, FrozenClock, SequentialOrderIds, make_order
from patterns_web_api.application.callers import Caller
from patterns_web_api.application.cursors import Cursors
from patterns_web_api.application.orders import Orders

ATTEMPTS = 20


def test_of_twenty_concurrent_cancels_exactly_one_wins() -> None:
    """The others learn that the order is closed; the version goes up once."""
    order = make_order()
    repository = FakeOrders(order)
    orders = Orders(repository, new_order_id=SequentialOrderIds(), now=FrozenClock(), cursors=Cursors(lambda: b"key"))
    caller = Caller(order.customer_id, order.contact_email)

    def cancel(_: int) -> str:
        try:
            orders.cancel(caller, order.order_id, expected_version=1, traceparent="")
        except IllegalTransition:
            return "closed"
        return "cancelled"

    with ThreadPoolExecutor(ATTEMPTS) as threads:
        results = Counter(threads.map(cancel, range(ATTEMPTS)))

    assert results == {"cancelled": 1, "closed": ATTEMPTS - 1}
    assert repository.get(order.order_id).order_version == 2
