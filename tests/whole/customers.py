"""What customers do: place, place again, cancel, and remember what they were answered."""

from contextlib import suppress
from itertools import count

from tests.whole.promises import Promises
from tests.whole.world import World

from patterns_shared.domain.errors import IdempotencyMismatch, IllegalTransition, TemporarilyUnavailable
from patterns_shared.domain.orders import RequestedLine
from patterns_web_api.application.callers import Caller

__all__ = ["BASKETS", "Customers"]

BASKETS = {
    "small": [RequestedLine("TEA-ASSAM-100", 2)],
    "mixed": [RequestedLine("POT-GLASS-1L", 1), RequestedLine("FIL-PAPER-100", 3)],
    "too many": [
        RequestedLine("TEA-ASSAM-100", 999),
        RequestedLine("FIL-PAPER-100", 999),
        RequestedLine("GIFT-BOX-S", 9),
    ],
}
"""Orders that are fulfilled, and one that is rejected."""


class Customers:
    """Customers of one world."""

    def __init__(self, world: World, promises: Promises) -> None:
        """Take the shop, and where promises are kept."""
        self._world = world
        self._promises = promises
        self._numbers = count(1)

    def place(self, customer: str, basket: str, key: str | None) -> None:
        """Place an order; an error is nothing to rely on, and the same key may be used again."""
        number = next(self._numbers)
        # Every fourth request comes with a trace context that cannot be read.
        traceparent = f"00-{number:032x}-{number:016x}-01" if number % 4 else f"nonsense {number}"
        with suppress(TemporarilyUnavailable, IdempotencyMismatch):
            placement = self._world.orders.place(
                caller(customer), BASKETS[basket], idempotency_key=key, traceparent=traceparent
            )
            name = (customer, key or f"request {number}")
            first = self._promises.accepted.setdefault(name, placement.order.order_id)
            assert first == placement.order.order_id, f"{name} was given two orders"

    def cancel(self, number: int) -> None:
        """Cancel an order; an error is nothing to rely on."""
        order = list(self._world.table.all.values())[number % len(self._world.table.all)]
        traceparent = f"00-{next(self._numbers) + 2**64:032x}-00f067aa0ba902b7-01"
        with suppress(TemporarilyUnavailable, IllegalTransition):
            self._world.orders.cancel(
                caller(order.customer_id), order.order_id, condition=None, traceparent=traceparent
            )
            self._promises.cancelled.add(order.order_id)


def caller(customer: str) -> Caller:
    """Return the customer as the gateway names them."""
    return Caller(customer, f"{customer}@example.com")
