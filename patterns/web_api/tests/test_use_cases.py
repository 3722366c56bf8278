"""The use cases without HTTP: what reaches the store, and what comes back."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from patterns_shared.domain.errors import OrderNotFound, VersionConflict
from patterns_shared.domain.moves import VersionCondition
from patterns_shared.domain.orders import Order, OrderStatus, RequestedLine
from patterns_shared.ports import IdempotencyClaim, OrderPage, OrdersRepository, Placement, UnreadableOrder
from patterns_shared.testing import FakeOrders, make_order
from patterns_shared.testing.made import TRACEPARENT
from patterns_web_api.application.callers import Caller
from patterns_web_api.application.cursors import Cursors
from patterns_web_api.application.orders import IDEMPOTENCY_PERIOD, OrderList, Orders, fingerprint

NOW = datetime(2026, 1, 5, 9, 30, tzinfo=UTC)
ADA = Caller("customer-1", "ada@example.com")
LINES = [RequestedLine("TEA-ASSAM-100", 1), RequestedLine("POT-GLASS-1L", 2)]
ORDER_ID = "019b8d00-0000-7000-8000-00000000beef"


class Recording(FakeOrders):
    """Orders that keep the claims that come with them, and list what a test says."""

    def __init__(self, *orders: Order, page: OrderPage | None = None) -> None:
        """Start with these orders."""
        super().__init__(*orders)
        self.claims: list[IdempotencyClaim | None] = []
        self.asked: list[dict[str, Any]] = []
        self._page = page

    def add(self, order: Order, *, claim: IdempotencyClaim | None, traceparent: str) -> Placement:
        """Note the claim."""
        self.claims.append(claim)
        return super().add(order, claim=claim, traceparent=traceparent)

    def list_for_customer(
        self, customer_id: str, *, status: OrderStatus | None, limit: int, after: str | None
    ) -> OrderPage:
        """Note what is asked for."""
        self.asked.append({"customer_id": customer_id, "status": status, "limit": limit, "after": after})
        return self._page or super().list_for_customer(customer_id, status=status, limit=limit, after=after)


def use_cases(repository: OrdersRepository) -> Orders:
    """Return the use cases over a store, at one time and with one id."""
    cursors = Cursors(lambda: b"key")
    ids = {NOW: ORDER_ID}
    return Orders(repository, new_order_id=lambda at: ids[at], now=lambda: NOW, cursors=cursors)


@pytest.mark.parametrize("key", [None, "key-1"])
def test_a_placed_order_has_its_callers_data_its_claim_and_its_trace(key: str | None) -> None:
    """The claim holds for a day from the order's own time."""
    store = Recording()
    placement = use_cases(store).place(ADA, LINES, idempotency_key=key, traceparent=TRACEPARENT)
    order = placement.order
    assert (order.order_id, order.customer_id, order.contact_email) == (ORDER_ID, "customer-1", "ada@example.com")
    assert (order.placed_at, placement.replayed) == (NOW, False)
    assert store.claims == [key and IdempotencyClaim(key, fingerprint(LINES), NOW + IDEMPOTENCY_PERIOD)]
    assert store.traceparents == {ORDER_ID: TRACEPARENT}
    assert timedelta(days=1) == IDEMPOTENCY_PERIOD


def test_a_cancellation_has_its_trace() -> None:
    """Its event leaves by the table's stream, with it."""
    store = Recording(make_order())
    transition = use_cases(store).cancel(ADA, ORDER_ID, condition=None, traceparent=TRACEPARENT)
    assert transition.order.status is OrderStatus.CANCELLED
    assert store.traceparents == {ORDER_ID: TRACEPARENT}


def test_a_cancellation_is_for_the_version_that_its_caller_names() -> None:
    """The store decides it, in the same write."""
    store = Recording(make_order())
    other, present = (VersionCondition(frozenset({version})) for version in (7, 1))
    with pytest.raises(VersionConflict):
        use_cases(store).cancel(ADA, ORDER_ID, condition=other, traceparent=TRACEPARENT)
    transition = use_cases(store).cancel(ADA, ORDER_ID, condition=present, traceparent=TRACEPARENT)
    assert (transition.order.order_version, transition.repeated) == (2, False)


@pytest.mark.parametrize("order_id", ["x", "", ORDER_ID.upper(), f"{ORDER_ID}\n"])
def test_what_is_no_order_id_is_not_found_without_asking(order_id: str) -> None:
    """It could be no key; the error names it all the same."""
    store = Recording(make_order())
    for call in (
        lambda: use_cases(store).get(ADA, order_id),
        lambda: use_cases(store).cancel(ADA, order_id, condition=None, traceparent=TRACEPARENT),
    ):
        with pytest.raises(OrderNotFound) as missing:
            call()
        assert missing.value.order_id == order_id
    assert store.requests == 0


def test_another_customers_order_is_not_found_but_by_an_operator() -> None:
    """The error names the order, and nothing of it."""
    store = FakeOrders(make_order(customer_id="customer-2"))
    with pytest.raises(OrderNotFound) as missing:
        use_cases(store).get(ADA, ORDER_ID)
    assert missing.value.order_id == ORDER_ID
    assert use_cases(store).get(Caller("operator-1", "o@example.com", is_operator=True), ORDER_ID).order_id == ORDER_ID


@pytest.mark.parametrize("next_after", [None, ORDER_ID])
@pytest.mark.parametrize("status", [None, OrderStatus.PLACED])
def test_a_page_has_its_orders_its_cursor_and_what_cannot_be_read(
    status: OrderStatus | None, next_after: str | None
) -> None:
    """The cursor leads to the next page, for the same customer and filter."""
    unreadable = (UnreadableOrder("order-9", "why"),)
    store = Recording(page=OrderPage((make_order(),), next_after, unreadable))
    orders = use_cases(store)
    page = orders.list_own(ADA, status=status, limit=7, cursor=None)
    assert page == OrderList((make_order(),), page.next_cursor, unreadable)
    assert (page.next_cursor is None) is (next_after is None)
    if page.next_cursor:
        orders.list_own(ADA, status=status, limit=7, cursor=page.next_cursor)
    asked = {"customer_id": "customer-1", "status": status, "limit": 7}
    assert store.asked == [{**asked, "after": after} for after in (None, next_after)[: len(store.asked)]]


def test_a_fingerprint_is_what_it_was_in_every_release() -> None:
    """Claims are stored for a day: with another digest a retry across a deployment would be a mismatch."""
    assert fingerprint(LINES) == "555057f19f25ea71e473bdc271326adc9e184ea0739fe638a1be69f5a8ad1761"
    assert fingerprint(LINES[::-1]) != fingerprint(LINES)
