"""Erases a customer: deletes the account and the address in every order, and keeps the ledger.

Each step is safe to repeat, so an erasure that was interrupted is run again from the start.
"""

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from patterns_shared.domain.errors import IllegalTransition, MalformedOrder, MovedUnreadable, OrderNotFound
from patterns_shared.domain.orders import ERASED_CONTACT, Order, OrderStatus
from patterns_shared.ports import Clock, OrderPage, OrdersRepository, UnreadableOrder

__all__ = ["Accounts", "CustomerErasure", "Erased"]

PAGE = 100
"""Orders that one request lists."""


class Accounts(Protocol):
    """Where customers sign in."""

    def delete(self, customer_id: str) -> None:
        """Delete the account, so that it gets no more tokens; no account is a success."""
        ...

    def tokens_end(self, now: datetime) -> datetime:
        """Return when the last ID token that was given out before ``now`` has expired."""
        ...


@dataclass(frozen=True, slots=True)
class Erased:
    """What an erasure did.

    Attributes:
        orders: how many orders the customer has.
        cancelled: how many of them were open, and were cancelled.
        erased: how many of them had the address, or cannot be read and have none now.
        tokens_end: from when on no ID token of the account is good any more.
        remaining: those that cannot be read and could not be erased, and why.
    """

    orders: int
    cancelled: int
    erased: int
    tokens_end: datetime
    remaining: tuple[UnreadableOrder, ...] = ()


class CustomerErasure:
    """Erases customers, one at a time."""

    def __init__(
        self,
        orders: OrdersRepository,
        accounts: Accounts,
        *,
        now: Clock,
        new_traceparent: Callable[[], str],
        advance: Callable[[int], None] = lambda _: None,
    ) -> None:
        """Take the ports; ``advance`` is called with the number of orders so far."""
        self._orders = orders
        self._accounts = accounts
        self._now = now
        self._new_traceparent = new_traceparent
        self._advance = advance

    def erase(self, customer_id: str) -> Erased:
        """Delete the account, cancel what is open, and erase the address from every order.

        The account is deleted first, so that there is no sign-in while the orders are processed. A cancellation goes
        through the table's stream as a customer's own does, with the address: consumers compensate, and the customer
        gets a mail. The address is erased after it. Erasing makes no event.

        Raises:
            TemporarilyUnavailable: the store; run it again.
        """
        self._accounts.delete(customer_id)
        # Read after the deletion: until then there could be another token.
        tokens_end = self._accounts.tokens_end(self._now())
        seen = cancelled = erased = 0
        remaining: list[UnreadableOrder] = []
        for page in self._pages(customer_id):
            for order in page.orders:
                seen += 1
                if order.contact_email != ERASED_CONTACT:
                    cancelled += self._close(order)
                    self._orders.erase_contact(order.order_id, customer_id=customer_id)
                    erased += 1
                self._advance(seen)
            for unreadable in page.unreadable:
                seen += 1
                try:
                    cancelled += self._erase_unreadable(unreadable.order_id, customer_id)
                    erased += 1
                except (IllegalTransition, MalformedOrder, OrderNotFound) as error:
                    remaining.append(UnreadableOrder(unreadable.order_id, str(error)))
                self._advance(seen)
        return Erased(seen, cancelled, erased, tokens_end, tuple(remaining))

    def _pages(self, customer_id: str) -> Iterator[OrderPage]:
        after = None
        while True:
            page = self._orders.list_for_customer(customer_id, status=None, limit=PAGE, after=after)
            yield page
            if page.next_after is None:
                return
            after = page.next_after

    def _erase_unreadable(self, order_id: str, customer_id: str) -> bool:
        """Erase an order of which only the store knows the status; return whether it was open, and is cancelled."""
        try:
            self._orders.erase_contact(order_id, customer_id=customer_id)
        except IllegalTransition:
            pass  # it is open
        else:
            return False
        with suppress(MovedUnreadable):  # it stands
            self._orders.move(
                order_id, OrderStatus.CANCELLED, customer_id=customer_id, traceparent=self._new_traceparent()
            )
        self._orders.erase_contact(order_id, customer_id=customer_id)
        return True

    def _close(self, order: Order) -> bool:
        """Cancel an order that is open; return whether this did it. The list may lag: the order itself decides."""
        if order.status is not OrderStatus.PLACED:
            return False
        try:
            transition = self._orders.move(
                order.order_id,
                OrderStatus.CANCELLED,
                customer_id=order.customer_id,
                traceparent=self._new_traceparent(),
            )
        except IllegalTransition:
            return False  # decided since it was listed
        return not transition.repeated
