"""What the demo is going to do, and what must come of it: worked out before the first request is sent."""

import secrets
from dataclasses import dataclass
from typing import Any

from patterns_shared.domain.catalogue import CATALOGUE, CURRENCY
from patterns_shared.domain.fulfilment import Decision, decide
from patterns_shared.domain.orders import MAX_QUANTITY, OrderLine, RequestedLine
from patterns_shared.testing.orders_generator import OrderGenerator

__all__ = ["CUSTOMERS", "LEAST_ORDERS", "Plan", "PlannedOrder", "make_plan"]

CUSTOMERS = 5
LEAST_ORDERS = 20
"""With fewer, some part of the demo would have no order to show."""
_RACED, _OVER_THE_LIMIT = 7, 9


@dataclass(frozen=True, slots=True)
class PlannedOrder:
    """An order to place.

    Attributes:
        number: its place in the plan, from 0.
        customer: which customer places it, from 0.
        requested: what is in the basket.
        key: its idempotency key.
        traceparent: the trace context that its requests carry.
    """

    number: int
    customer: int
    requested: tuple[RequestedLine, ...]
    key: str
    traceparent: str

    @property
    def body(self) -> dict[str, Any]:
        """What is posted."""
        return {"lines": [{"sku": line.sku, "quantity": line.quantity} for line in self.requested]}

    @property
    def lines(self) -> tuple[OrderLine, ...]:
        """The lines at the catalogue's prices."""
        return tuple(OrderLine(x.sku, x.quantity, CATALOGUE[x.sku].unit_price) for x in self.requested)

    @property
    def total(self) -> int:
        """Price of the whole, in minor units."""
        return sum(line.amount for line in self.lines)

    @property
    def trace_id(self) -> str:
        """The trace that everything about this order belongs to."""
        return self.traceparent.split("-")[1]

    @property
    def decision(self) -> Decision:
        """What the shop's rules say of it."""
        return decide(quantities=[line.quantity for line in self.requested], total=self.total)

    def shown(self, *, customer_id: str, status: str, order_version: int) -> dict[str, Any]:
        """Return what the API must show of it, apart from what only the server can know: its id and time."""
        lines = [
            {"sku": x.sku, "quantity": x.quantity, "unit_price": x.unit_price, "amount": x.amount} for x in self.lines
        ]
        return {
            "customer_id": customer_id,
            "status": status,
            "lines": lines,
            "currency": CURRENCY,
            "total": self.total,
            "order_version": order_version,
        }


@dataclass(frozen=True, slots=True)
class Plan:
    """All orders, and what becomes of them.

    Attributes:
        orders: in the order in which they are placed.
        cancelled: numbers of the orders that their customers cancel.
        raced: the one of them that several requests cancel at once.
        decided: numbers of the orders whose outcome is published.
        late: numbers of cancelled orders for which an outcome still arrives.
    """

    orders: tuple[PlannedOrder, ...]
    cancelled: tuple[int, ...]
    raced: int
    decided: tuple[int, ...]
    late: tuple[int, ...]

    def of_customer(self, customer: int) -> list[PlannedOrder]:
        """Return the orders that this customer places."""
        return [order for order in self.orders if order.customer == customer]


def make_plan(*, seed: int, orders: int) -> Plan:
    """Plan a run; the same seed gives the same baskets and fates, keys and traces are new.

    Raises:
        ValueError: fewer than LEAST_ORDERS orders.
    """
    if orders < LEAST_ORDERS:
        raise ValueError(f"the demo needs at least {LEAST_ORDERS} orders, not {orders}")
    baskets = [tuple(basket) for basket, _ in zip(OrderGenerator(seed), range(orders), strict=False)]
    # However the seed falls, one order is more than the shop fulfils unattended.
    baskets[_OVER_THE_LIMIT] = (RequestedLine("KET-GOOSE-1L", MAX_QUANTITY), RequestedLine("FIL-PAPER-100", 10))
    numbers = range(orders)
    cancelled = tuple(n for n in numbers if n % 10 == 3 or n == _RACED)
    return Plan(
        orders=tuple(
            PlannedOrder(
                number=number,
                customer=number % CUSTOMERS,
                requested=basket,
                key=f"demo-{secrets.token_hex(8)}",
                traceparent=f"00-{secrets.token_hex(16)}-{secrets.token_hex(8)}-01",
            )
            for number, basket in enumerate(baskets)
        ),
        cancelled=cancelled,
        raced=_RACED,
        decided=tuple(n for n in numbers if n % 10 == 5 or n == _OVER_THE_LIMIT),
        late=cancelled[:2],
    )
