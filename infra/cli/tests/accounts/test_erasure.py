"""Erasing a customer: what goes, what stays, and what happens when it is interrupted."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest

from patterns_cli.accounts.erasure import CustomerErasure, Erased
from patterns_shared.domain.errors import IllegalTransition, TemporarilyUnavailable
from patterns_shared.domain.orders import ERASED_CONTACT, Order, OrderStatus
from patterns_shared.testing import FakeOrders, FrozenClock, SequentialOrderIds, make_order
from patterns_shared.testing.made import TRACEPARENT

CUSTOMER = "customer-1"
CLOCK = FrozenClock()


@dataclass
class Accounts:
    """A user pool whose ID tokens live for an hour; it notes what was asked of it, in order, in ``asked``."""

    asked: list[str] = field(default_factory=list)

    def delete(self, customer_id: str) -> None:
        """Note it."""
        self.asked.append(f"delete {customer_id}")

    def tokens_end(self, now: datetime) -> datetime:
        """An hour later."""
        self.asked.append("tokens_end")
        return now + timedelta(hours=1)


def orders_of(customer_id: str, *statuses: OrderStatus) -> list[Order]:
    """Return an order in each status, the oldest first."""
    ids = SequentialOrderIds()
    return [
        make_order(
            order_id=ids(CLOCK()),
            customer_id=customer_id,
            status=status,
            order_version=1 if status is OrderStatus.PLACED else 2,
        )
        for status in statuses
    ]


def erasure_of(orders: FakeOrders, accounts: Accounts | None = None) -> CustomerErasure:
    """Return the use case."""
    return CustomerErasure(orders, accounts or Accounts(), now=CLOCK, new_traceparent=lambda: TRACEPARENT)


def test_every_address_goes_and_nothing_else() -> None:
    """Open orders are cancelled; the books of what was sold, to which customer id and when, stay as they were."""
    before = orders_of(CUSTOMER, *OrderStatus)
    orders, accounts = FakeOrders(*before), Accounts()

    done = erasure_of(orders, accounts).erase(CUSTOMER)

    assert done == Erased(orders=4, cancelled=1, erased=4, tokens_end=CLOCK() + timedelta(hours=1))
    assert accounts.asked == [f"delete {CUSTOMER}", "tokens_end"]
    for order in before:
        after = orders.get(order.order_id)
        expected = order.move(OrderStatus.CANCELLED) if order.status is OrderStatus.PLACED else order
        assert after.contact_email == ERASED_CONTACT
        assert (after.lines, after.placed_at, after.customer_id) == (order.lines, order.placed_at, order.customer_id)
        assert (after.status, after.order_version) == (expected.status, expected.order_version)


def test_other_customers_keep_theirs() -> None:
    """Also one whose id begins alike."""
    (other,) = orders_of(f"{CUSTOMER}0", OrderStatus.FULFILLED)
    orders = FakeOrders(other)

    assert erasure_of(orders).erase(CUSTOMER).orders == 0
    assert orders.get(other.order_id) == other


def test_erasing_again_changes_nothing() -> None:
    """No second cancellation, no write to an order whose address is gone."""
    orders = FakeOrders(*orders_of(CUSTOMER, *OrderStatus))
    erasure_of(orders).erase(CUSTOMER)
    requests = orders.requests

    done = erasure_of(orders).erase(CUSTOMER)

    assert (done.orders, done.cancelled, done.erased) == (4, 0, 0)
    assert orders.requests - requests == 1


def test_more_orders_than_a_page_are_all_erased() -> None:
    """Two full pages and a bit."""
    orders = FakeOrders(*orders_of(CUSTOMER, *[OrderStatus.FULFILLED] * 230))

    assert erasure_of(orders).erase(CUSTOMER).erased == 230
    page = orders.list_for_customer(CUSTOMER, status=None, limit=300, after=None)
    assert {order.contact_email for order in page.orders} == {ERASED_CONTACT}


def test_an_order_placed_with_a_token_that_is_still_good_is_erased_by_the_next_run() -> None:
    """A deleted account's ID tokens are good until they expire."""
    orders = FakeOrders()
    erasure_of(orders).erase(CUSTOMER)
    (late,) = orders_of(CUSTOMER, OrderStatus.PLACED)
    orders.add(late, claim=None, traceparent=TRACEPARENT)

    assert erasure_of(orders).erase(CUSTOMER).cancelled == 1
    assert orders.get(late.order_id).contact_email == ERASED_CONTACT


@pytest.mark.parametrize("until", range(1, 7))
def test_an_interrupted_erasure_is_finished_by_the_next_run(until: int) -> None:
    """At whichever request the store fails: what was done stays, and the rest follows."""
    orders = FailingOrders(*orders_of(CUSTOMER, *OrderStatus), fails_at=until)
    with pytest.raises(TemporarilyUnavailable):
        erasure_of(orders).erase(CUSTOMER)

    orders.fails_at = 0
    erasure_of(orders).erase(CUSTOMER)

    page = orders.list_for_customer(CUSTOMER, status=None, limit=9, after=None)
    assert {order.contact_email for order in page.orders} == {ERASED_CONTACT}
    assert max(order.order_version for order in page.orders) == 2


@pytest.mark.parametrize("meanwhile", [OrderStatus.FULFILLED, OrderStatus.REJECTED, OrderStatus.CANCELLED])
def test_an_order_that_is_decided_meanwhile_is_erased_as_it_is(meanwhile: OrderStatus) -> None:
    """The list says PLACED, the order no longer is: the decision stands."""
    (order,) = orders_of(CUSTOMER, OrderStatus.PLACED)
    orders = FakeOrders(order)

    def decide(_: int = 0) -> str:
        orders.move(order.order_id, meanwhile, customer_id=CUSTOMER, traceparent="outcome")
        return TRACEPARENT

    done = CustomerErasure(orders, Accounts(), now=CLOCK, new_traceparent=decide).erase(CUSTOMER)

    assert (done.cancelled, done.erased) == (0, 1)
    after = orders.get(order.order_id)
    assert (after.status, after.contact_email) == (meanwhile, ERASED_CONTACT)


def test_a_late_outcome_brings_no_address_back() -> None:
    """Its event still has the address, and the order takes its status from it only."""
    (order,) = orders_of(CUSTOMER, OrderStatus.PLACED)
    orders = FakeOrders(order)
    erasure_of(orders).erase(CUSTOMER)

    with pytest.raises(IllegalTransition):
        orders.move(order.order_id, OrderStatus.FULFILLED, customer_id=CUSTOMER, traceparent=TRACEPARENT)

    assert orders.get(order.order_id).contact_email == ERASED_CONTACT


def test_progress_is_reported() -> None:
    """A number for each order."""
    seen: list[int] = []
    orders = FakeOrders(*orders_of(CUSTOMER, *[OrderStatus.FULFILLED] * 3))
    advance: Callable[[int], None] = seen.append

    CustomerErasure(orders, Accounts(), now=CLOCK, new_traceparent=lambda: "", advance=advance).erase(CUSTOMER)

    assert seen == [1, 2, 3]
    assert CLOCK().tzinfo is UTC


class FailingOrders(FakeOrders):
    """Orders whose n-th request fails, ``fails_at`` of them counted from the start; 0 for none."""

    def __init__(self, *orders: Order, fails_at: int) -> None:
        """Start with these orders."""
        super().__init__(*orders)
        self.fails_at = fails_at

    def _request(self) -> None:
        super()._request()
        if self.requests == self.fails_at:
            raise TemporarilyUnavailable("orders table")
