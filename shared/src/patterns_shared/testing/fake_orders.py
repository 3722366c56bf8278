"""The orders repository in memory; it passes the same contract suite as the one on DynamoDB."""

from dataclasses import replace
from threading import Lock

from patterns_shared.domain.errors import (
    IdempotencyMismatch,
    IllegalTransition,
    OrderNotFound,
    TemporarilyUnavailable,
)
from patterns_shared.domain.moves import Transition, VersionCondition, decide_move
from patterns_shared.domain.orders import ERASED_CONTACT, Order, OrderStatus
from patterns_shared.ports import IdempotencyClaim, OrderPage, Placement

__all__ = ["FakeOrders"]


class FakeOrders:
    """Orders in memory, safe for threads.

    Set ``unavailable`` to make every call raise TemporarilyUnavailable; ``requests`` counts the calls;
    ``traceparents`` has the trace context of each order's last write.
    """

    def __init__(self, *orders: Order) -> None:
        """Start with these orders."""
        self.unavailable = False
        self.requests = 0
        self.traceparents: dict[str, str] = {}
        self._orders = {order.order_id: order for order in orders}
        self._claims: dict[tuple[str, str], tuple[IdempotencyClaim, Order]] = {}
        self._lock = Lock()

    def add(self, order: Order, *, claim: IdempotencyClaim | None, traceparent: str) -> Placement:
        """Keep a new order, and its claim."""
        with self._lock:
            self._request()
            if claim is not None:
                claimed, snapshot = self._claims.get((order.customer_id, claim.key), (None, order))
                if claimed is not None and int(claimed.expires_at.timestamp()) >= int(order.placed_at.timestamp()):
                    if claimed.fingerprint != claim.fingerprint:
                        raise IdempotencyMismatch("this idempotency key was used for another request")
                    # As in the table, a claim keeps no address: the same customer asks.
                    return Placement(replace(snapshot, contact_email=order.contact_email), replayed=True)
                self._claims[order.customer_id, claim.key] = (claim, order)
            self._orders[order.order_id] = order
            self.traceparents[order.order_id] = traceparent
            return Placement(order, replayed=False)

    def get(self, order_id: str) -> Order:
        """Return the order."""
        with self._lock:
            self._request()
            return self._find(order_id)

    def list_for_customer(
        self, customer_id: str, *, status: OrderStatus | None, limit: int, after: str | None
    ) -> OrderPage:
        """Return a page, newest first."""
        with self._lock:
            self._request()
            found = sorted(
                (
                    order
                    for order in self._orders.values()
                    if order.customer_id == customer_id
                    and (status is None or order.status is status)
                    and (after is None or order.order_id < after)
                ),
                key=lambda order: order.order_id,
                reverse=True,
            )
        page = tuple(found[:limit])
        return OrderPage(page, page[-1].order_id if len(found) > limit else None)

    def move(
        self,
        order_id: str,
        target: OrderStatus,
        *,
        customer_id: str,
        traceparent: str,
        condition: VersionCondition | None = None,
    ) -> Transition:
        """Move the order, or say why not."""
        with self._lock:
            self._request()
            order = self._find(order_id)
            if order.customer_id != customer_id:
                raise OrderNotFound(order_id)
            transition = decide_move(order, target, condition)
            if not transition.repeated:
                self._orders[order_id] = transition.order
                self.traceparents[order_id] = traceparent
            return transition

    def erase_contact(self, order_id: str, *, customer_id: str) -> None:
        """Erase the address of a closed order."""
        with self._lock:
            self._request()
            order = self._find(order_id)
            if order.customer_id != customer_id:
                raise OrderNotFound(order_id)
            if order.status is OrderStatus.PLACED:
                raise IllegalTransition(order_id, order.status, "ERASED")
            self._orders[order_id] = replace(order, contact_email=ERASED_CONTACT)

    def _request(self) -> None:
        self.requests += 1
        if self.unavailable:
            raise TemporarilyUnavailable("orders table")

    def _find(self, order_id: str) -> Order:
        if order_id not in self._orders:
            raise OrderNotFound(order_id)
        return self._orders[order_id]
