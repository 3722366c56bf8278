"""Concurrency on one order."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor

from patterns_shared.domain.moves import VersionCondition
from patterns_shared.domain.orders import OrderStatus
from patterns_shared.testing import FakeOrders, FrozenClock, SequentialOrderIds, make_order
from patterns_web_api.application.callers import Caller
from patterns_web_api.application.cursors import Cursors
from patterns_web_api.application.orders import Orders

ATTEMPTS = 20


def test_of_twenty_concurrent_cancels_exactly_one_moves_the_order() -> None:
    """The others get the order as it is then; the version goes up once."""
    order = make_order()
    repository = FakeOrders(order)
    orders = Orders(repository, new_order_id=SequentialOrderIds(), now=FrozenClock(), cursors=Cursors(lambda: b"key"))
    caller = Caller(order.customer_id, order.contact_email)

    def cancel(_: int) -> str:
        condition = VersionCondition(frozenset({1}))
        transition = orders.cancel(caller, order.order_id, condition=condition, traceparent="")
        assert (transition.order.status, transition.order.order_version) == (OrderStatus.CANCELLED, 2)
        return "repeated" if transition.repeated else "moved"

    with ThreadPoolExecutor(ATTEMPTS) as threads:
        results = Counter(threads.map(cancel, range(ATTEMPTS)))

    assert results == {"moved": 1, "repeated": ATTEMPTS - 1}
    assert repository.get(order.order_id).order_version == 2
