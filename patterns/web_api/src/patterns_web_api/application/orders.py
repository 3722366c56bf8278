"""The use cases of the API: place, see, list and cancel orders. Each makes at most one request to the store."""

import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from patterns_shared.domain.errors import OrderNotFound
from patterns_shared.domain.moves import Transition, VersionCondition
from patterns_shared.domain.orders import Order, OrderStatus, RequestedLine, place_order
from patterns_shared.ports import Clock, IdempotencyClaim, OrderIds, OrdersRepository, Placement, UnreadableOrder
from patterns_web_api.application.callers import Caller
from patterns_web_api.application.cursors import Cursors

__all__ = ["IDEMPOTENCY_PERIOD", "OrderList", "Orders", "fingerprint", "is_order_id"]

IDEMPOTENCY_PERIOD = timedelta(hours=24)
"""How long an idempotency key is remembered."""

_ORDER_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@dataclass(frozen=True, slots=True)
class OrderList:
    """One page of a customer's orders, newest first; ``next_cursor`` is None on the last.

    ``unreadable`` are those of the page that cannot be shown.
    """

    orders: tuple[Order, ...]
    next_cursor: str | None
    unreadable: tuple[UnreadableOrder, ...] = ()


class Orders:
    """What a signed-in caller can do with orders."""

    def __init__(self, repository: OrdersRepository, *, new_order_id: OrderIds, now: Clock, cursors: Cursors) -> None:
        """Take the ports."""
        self._repository = repository
        self._new_order_id = new_order_id
        self._now = now
        self._cursors = cursors

    def place(
        self, caller: Caller, requested: Sequence[RequestedLine], *, idempotency_key: str | None, traceparent: str
    ) -> Placement:
        """Place an order, or return the one that the same key and lines placed before.

        Raises:
            InvalidOrder: naming the field.
            IdempotencyMismatch: the key came before with other lines.
            TemporarilyUnavailable: the store; the same request with the same key may be sent again.
        """
        placed_at = self._now()
        order = place_order(
            order_id=self._new_order_id(placed_at),
            customer_id=caller.customer_id,
            contact_email=caller.email,
            requested=requested,
            placed_at=placed_at,
        )
        claim = None
        if idempotency_key is not None:
            claim = IdempotencyClaim(idempotency_key, fingerprint(requested), placed_at + IDEMPOTENCY_PERIOD)
        return self._repository.add(order, claim=claim, traceparent=traceparent)

    def get(self, caller: Caller, order_id: str) -> Order:
        """Return one of the caller's orders; an operator sees everybody's.

        Raises:
            OrderNotFound: it does not exist, or belongs to another customer; the response does not say which.
            TemporarilyUnavailable: the store.
        """
        if not is_order_id(order_id):
            raise OrderNotFound(order_id)
        order = self._repository.get(order_id)
        if order.customer_id != caller.customer_id and not caller.is_operator:
            raise OrderNotFound(order_id)
        return order

    def list_own(self, caller: Caller, *, status: OrderStatus | None, limit: int, cursor: str | None) -> OrderList:
        """Return a page of the caller's own orders, newest first.

        Raises:
            InvalidCursor: the cursor is not from this caller's list with this filter.
            TemporarilyUnavailable: the store, or the cursors' key.
        """
        customer_id = caller.customer_id
        after = None if cursor is None else self._cursors.open(cursor, customer_id=customer_id, status=status)
        page = self._repository.list_for_customer(customer_id, status=status, limit=limit, after=after)
        if page.next_after is None:
            return OrderList(page.orders, None, page.unreadable)
        cursor = self._cursors.seal(page.next_after, customer_id=customer_id, status=status)
        return OrderList(page.orders, cursor, page.unreadable)

    def cancel(
        self, caller: Caller, order_id: str, *, condition: VersionCondition | None, traceparent: str
    ) -> Transition:
        """Cancel the caller's own order while it is PLACED; of concurrent attempts exactly one moves it.

        The caller who cancelled it already gets it again, ``repeated``: the first answer may have been lost.

        Raises: the first of these that holds.
            OrderNotFound: there is none, or it is not the caller's own (an operator's neither).
            VersionConflict: ``condition`` accepts neither its version nor, when cancelled, the one before.
            IllegalTransition: it was decided before.
            MovedUnreadable: it is cancelled, and cannot be shown.
            TemporarilyUnavailable: the store.
        """
        if not is_order_id(order_id):
            raise OrderNotFound(order_id)
        return self._repository.move(
            order_id,
            OrderStatus.CANCELLED,
            traceparent=traceparent,
            customer_id=caller.customer_id,
            condition=condition,
        )


def is_order_id(text: str) -> bool:
    """Whether this can be an order's id: the text of a UUID in lower case, fit for a key and for a log."""
    return _ORDER_ID.fullmatch(text) is not None


def fingerprint(requested: Sequence[RequestedLine]) -> str:
    """Return a digest of what was asked for, whatever its spelling in JSON; the order of lines counts."""
    canonical = json.dumps([[line.sku, line.quantity] for line in requested], separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()
