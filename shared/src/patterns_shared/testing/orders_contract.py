"""What every orders repository does, whatever it keeps its orders in.

Subclass :class:`OrdersContract` and give it a ``repository`` fixture. Each test works on customers of its own, so one
store may serve all of them, and other programs, too.
"""

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from threading import Barrier
from uuid import uuid4

import pytest

from patterns_shared.adapters.order_ids import new_order_id
from patterns_shared.domain.errors import (
    IdempotencyMismatch,
    OrderNotFound,
    TemporarilyUnavailable,
)
from patterns_shared.domain.orders import Order, OrderStatus
from patterns_shared.ports import OrderPage, OrdersRepository
from patterns_shared.testing.made import TRACEPARENT, make_claim, make_order
from patterns_shared.testing.moves_contract import MakeOrder, MovesContract

__all__ = ["ConcurrentOrdersContract", "OrdersContract"]

# ruff: noqa: S101 - a contract suite asserts, and its expected figures are clearest as figures

START = datetime(2026, 1, 5, 9, 30, tzinfo=UTC)


class OrdersContract(MovesContract):
    """The contract of ``OrdersRepository``, one call after another."""

    @pytest.fixture
    def make_new(self) -> MakeOrder:
        """Return a maker of orders of one customer whom no other test knows, each a microsecond after the last."""
        customer_id = f"customer-{uuid4()}"
        instants = (START + n * timedelta(microseconds=1) for n in count())

        def make() -> Order:
            placed_at = next(instants)
            return make_order(order_id=new_order_id(placed_at), customer_id=customer_id, placed_at=placed_at)

        return make

    def test_an_order_is_read_as_it_was_added(self, repository: OrdersRepository, make_new: MakeOrder) -> None:
        """Every field comes back, and the placement says that it is the first."""
        order = make_new()
        placement = repository.add(order, claim=None, traceparent=TRACEPARENT)
        assert (placement.order, placement.replayed) == (order, False)
        assert repository.get(order.order_id) == order

    def test_an_order_with_a_claim_is_read_as_it_was_added(
        self, repository: OrdersRepository, make_new: MakeOrder
    ) -> None:
        """A claim changes nothing of the order."""
        order = make_new()
        placement = repository.add(order, claim=make_claim(), traceparent=TRACEPARENT)
        assert (placement.order, placement.replayed) == (order, False)
        assert repository.get(order.order_id) == order

    def test_an_unknown_order_is_not_found(self, repository: OrdersRepository) -> None:
        """Reading and moving what is not there says so and makes nothing."""
        unknown = new_order_id(START)
        with pytest.raises(OrderNotFound):
            repository.get(unknown)
        with pytest.raises(OrderNotFound):
            repository.move(unknown, OrderStatus.CANCELLED, customer_id="anyone", traceparent=TRACEPARENT)
        with pytest.raises(OrderNotFound):
            repository.get(unknown)

    def test_the_same_claim_gives_the_order_of_then(self, repository: OrdersRepository, make_new: MakeOrder) -> None:
        """The second order is not kept, and the first comes back as it was placed, though it has moved since."""
        first, second = make_new(), make_new()
        repository.add(first, claim=make_claim(), traceparent=TRACEPARENT)
        repository.move(first.order_id, OrderStatus.CANCELLED, customer_id=first.customer_id, traceparent=TRACEPARENT)
        placement = repository.add(second, claim=make_claim(), traceparent=TRACEPARENT)
        assert (placement.order, placement.replayed) == (first, True)
        with pytest.raises(OrderNotFound):
            repository.get(second.order_id)

    def test_the_same_key_with_another_body_is_refused(self, repository: OrdersRepository, make_new: MakeOrder) -> None:
        """Nothing of the second order is kept, and the claim still stands for the first."""
        first, second = make_new(), make_new()
        repository.add(first, claim=make_claim(), traceparent=TRACEPARENT)
        with pytest.raises(IdempotencyMismatch):
            repository.add(second, claim=make_claim(fingerprint="body-2"), traceparent=TRACEPARENT)
        with pytest.raises(OrderNotFound):
            repository.get(second.order_id)
        assert repository.add(second, claim=make_claim(), traceparent=TRACEPARENT).order == first

    def test_a_key_belongs_to_its_customer(self, repository: OrdersRepository, make_new: MakeOrder) -> None:
        """Another customer's order under the same key is another order."""
        first = make_new()
        other = replace(make_new(), customer_id=f"customer-{uuid4()}")
        repository.add(first, claim=make_claim(), traceparent=TRACEPARENT)
        assert not repository.add(other, claim=make_claim(fingerprint="body-2"), traceparent=TRACEPARENT).replayed
        assert repository.get(other.order_id) == other

    def test_keys_are_told_apart_whatever_their_text(self, repository: OrdersRepository, make_new: MakeOrder) -> None:
        """Long keys, and keys that look like parts of a table's key, are keys like any other."""
        for key in ("k", "k#", "K", "#", "é", "x" * 255, "x" * 254):
            order = make_new()
            assert not repository.add(order, claim=make_claim(key=key), traceparent=TRACEPARENT).replayed

    def test_an_expired_claim_counts_as_never_seen(self, repository: OrdersRepository, make_new: MakeOrder) -> None:
        """The store need not have removed it: an order placed after the claim's end is a new one."""
        first = make_new()
        claim = make_claim(expires_at=first.placed_at + timedelta(hours=1))
        repository.add(first, claim=claim, traceparent=TRACEPARENT)
        within = replace(make_new(), placed_at=claim.expires_at)
        assert repository.add(within, claim=claim, traceparent=TRACEPARENT).replayed
        later = replace(make_new(), placed_at=claim.expires_at + timedelta(seconds=1))
        renewed = replace(claim, fingerprint="body-2", expires_at=later.placed_at + timedelta(hours=1))
        assert repository.add(later, claim=renewed, traceparent=TRACEPARENT).order == later
        again = replace(make_new(), placed_at=later.placed_at)
        assert repository.add(again, claim=renewed, traceparent=TRACEPARENT).order == later

    def test_a_list_is_newest_first_and_pages_through_everything_once(
        self, repository: OrdersRepository, make_new: MakeOrder
    ) -> None:
        """Pages are full, in order, without a repetition, and the last one ends the list."""
        orders = [make_new() for _ in range(5)]
        for order in orders:
            repository.add(order, claim=None, traceparent=TRACEPARENT)
        pages: list[OrderPage] = []
        while not pages or pages[-1].next_after is not None:
            after = pages[-1].next_after if pages else None
            pages.append(repository.list_for_customer(orders[0].customer_id, status=None, limit=2, after=after))
        assert [len(page.orders) for page in pages] == [2, 2, 1]
        assert [order for page in pages for order in page.orders] == orders[::-1]

    def test_a_last_page_that_is_full_says_that_it_is_the_last(
        self, repository: OrdersRepository, make_new: MakeOrder
    ) -> None:
        """No client has to request an empty page."""
        orders = [make_new(), make_new()]
        for order in orders:
            repository.add(order, claim=None, traceparent=TRACEPARENT)
        page = repository.list_for_customer(orders[0].customer_id, status=None, limit=2, after=None)
        assert page == OrderPage(tuple(orders[::-1]), None)

    def test_a_page_may_start_after_an_order_that_is_not_in_the_list(
        self, repository: OrdersRepository, make_new: MakeOrder
    ) -> None:
        """An order that changed its status since the page before does not break the next page."""
        orders = [make_new() for _ in range(3)]
        for order in orders:
            repository.add(order, claim=None, traceparent=TRACEPARENT)
        customer_id = orders[0].customer_id
        page = repository.list_for_customer(customer_id, status=OrderStatus.PLACED, limit=2, after=None)
        assert page.next_after == orders[1].order_id
        repository.move(orders[1].order_id, OrderStatus.CANCELLED, customer_id=customer_id, traceparent=TRACEPARENT)
        rest = repository.list_for_customer(customer_id, status=OrderStatus.PLACED, limit=2, after=page.next_after)
        assert rest == OrderPage((orders[0],), None)

    def test_a_list_has_one_customers_orders_only(self, repository: OrdersRepository, make_new: MakeOrder) -> None:
        """Another customer's orders are never in it, nor is one with a name that starts the same."""
        mine = make_new()
        repository.add(mine, claim=make_claim(), traceparent=TRACEPARENT)
        for other in (f"{mine.customer_id}#PLACED", f"{mine.customer_id}x", mine.customer_id[:-1]):
            order = replace(make_new(), customer_id=other)
            repository.add(order, claim=None, traceparent=TRACEPARENT)
        assert repository.list_for_customer(mine.customer_id, status=None, limit=100, after=None).orders == (mine,)
        no_orders = repository.list_for_customer(f"customer-{uuid4()}", status=None, limit=100, after=None)
        assert no_orders == OrderPage((), None)

    def test_a_list_by_status_follows_the_moves(self, repository: OrdersRepository, make_new: MakeOrder) -> None:
        """An order is in the list of its present status, in no other, and pages of one status are full."""
        orders = [make_new() for _ in range(6)]
        customer_id = orders[0].customer_id
        for order in orders:
            repository.add(order, claim=None, traceparent=TRACEPARENT)
        moved = [
            repository.move(order.order_id, target, customer_id=customer_id, traceparent=TRACEPARENT).order
            for order, target in zip(
                orders, (OrderStatus.CANCELLED, OrderStatus.FULFILLED, OrderStatus.REJECTED), strict=False
            )
        ]
        for order in moved:
            found = repository.list_for_customer(customer_id, status=order.status, limit=10, after=None)
            assert found == OrderPage((order,), None)
        placed = repository.list_for_customer(customer_id, status=OrderStatus.PLACED, limit=2, after=None)
        assert placed == OrderPage((orders[5], orders[4]), orders[4].order_id)


class ConcurrentOrdersContract(OrdersContract):
    """The contract, and what it promises to callers at the same time; for stores that are safe for threads."""

    def test_of_twenty_moves_at_once_exactly_one_wins(self, repository: OrdersRepository, make_new: MakeOrder) -> None:
        """The others are repetitions of it, and the order's version grew by one."""
        order = make_new()
        repository.add(order, claim=None, traceparent=TRACEPARENT)
        start = Barrier(20)

        def cancel(_: int) -> bool:
            start.wait(10)
            transition = repository.move(
                order.order_id, OrderStatus.CANCELLED, customer_id=order.customer_id, traceparent=TRACEPARENT
            )
            return not transition.repeated

        with ThreadPoolExecutor(20) as callers:
            won = list(callers.map(cancel, range(20)))
        assert won.count(True) == 1
        assert repository.get(order.order_id) == order.move(OrderStatus.CANCELLED)

    def test_of_ten_adds_with_one_claim_exactly_one_is_kept(
        self, repository: OrdersRepository, make_new: MakeOrder
    ) -> None:
        """All callers get the same order."""
        orders = [make_new() for _ in range(10)]
        start = Barrier(10)

        def add(order: Order) -> tuple[Order, bool]:
            start.wait(10)
            while True:
                # A store may tell callers that met in one transaction to come again; that is no second order.
                with suppress(TemporarilyUnavailable):
                    placement = repository.add(order, claim=make_claim(), traceparent=TRACEPARENT)
                    return placement.order, placement.replayed

        with ThreadPoolExecutor(10) as callers:
            answers = list(callers.map(add, orders))
        assert len({order.order_id for order, _ in answers}) == 1
        assert [replayed for _, replayed in answers].count(False) == 1
        kept = repository.list_for_customer(orders[0].customer_id, status=None, limit=20, after=None)
        assert kept.orders == (answers[0][0],)
