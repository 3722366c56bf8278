"""An order: its limits, its total, and the moves that its status allows."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum

from patterns_shared.domain.catalogue import find_product
from patterns_shared.domain.errors import IllegalTransition, InvalidOrder

__all__ = [
    "ERASED_CONTACT",
    "MAX_LINES",
    "MAX_QUANTITY",
    "Order",
    "OrderLine",
    "OrderStatus",
    "RequestedLine",
    "place_order",
]

ERASED_CONTACT = "erased@account.invalid"
"""What is in the place of the address of a customer who left; no mail reaches it (RFC 6761)."""
MAX_LINES = 50
"""Lines in one order."""
MAX_QUANTITY = 999
"""Pieces in one line."""


class OrderStatus(StrEnum):
    """Where an order stands. PLACED is the only status that can be left."""

    PLACED = "PLACED"
    FULFILLED = "FULFILLED"
    REJECTED = "REJECTED"
    CANCELLED = "CANCELLED"

    def allows(self, target: "OrderStatus") -> bool:
        """Whether an order may move from this status to ``target``."""
        return self is OrderStatus.PLACED and target is not OrderStatus.PLACED


@dataclass(frozen=True, slots=True)
class RequestedLine:
    """What a customer asks for; the price is the shop's to say."""

    sku: str
    quantity: int


@dataclass(frozen=True, slots=True)
class OrderLine:
    """One product in an order. ``unit_price`` is in minor units, as it was in the catalogue when ordered."""

    sku: str
    quantity: int
    unit_price: int

    @property
    def amount(self) -> int:
        """Price of the line, in minor units."""
        return self.quantity * self.unit_price


@dataclass(frozen=True, slots=True)
class Order:
    """A customer's order; immutable, a move makes the next version."""

    order_id: str
    customer_id: str
    contact_email: str = field(repr=False)
    lines: tuple[OrderLine, ...]
    currency: str
    status: OrderStatus
    placed_at: datetime
    order_version: int

    def __post_init__(self) -> None:
        """Refuse what is no order at all.

        The rules for placing one are `place_order`'s: they change, and an order that was placed by older ones is still
        read, shown, cancelled and told of.
        """
        if not self.lines:
            raise InvalidOrder("lines", "must not be empty")
        for position, line in enumerate(self.lines):
            if line.quantity < 1:
                raise InvalidOrder(f"lines.{position}.quantity", "must be at least 1")
            if line.unit_price < 0:
                raise InvalidOrder(f"lines.{position}.unit_price", "must not be negative")
        if self.placed_at.utcoffset() != timedelta(0):
            raise InvalidOrder("placed_at", "must be in UTC")
        if self.order_version < 1:
            raise InvalidOrder("order_version", "must be at least 1")

    @property
    def total(self) -> int:
        """Price of the whole order, in minor units of ``currency``."""
        return sum(line.amount for line in self.lines)

    def move(self, target: OrderStatus) -> "Order":
        """Return the next version of this order, in status ``target``.

        Raises:
            IllegalTransition: when the status does not allow it.
        """
        if not self.status.allows(target):
            raise IllegalTransition(self.order_id, self.status, target)
        return replace(self, status=target, order_version=self.order_version + 1)


def place_order(
    *,
    order_id: str,
    customer_id: str,
    contact_email: str,
    requested: Sequence[RequestedLine],
    placed_at: datetime,
) -> Order:
    """Make the first version of an order, priced from the catalogue.

    Raises:
        InvalidOrder: naming the field, when a limit is broken.
        UnknownProduct: naming the line, when the catalogue has no such SKU.
    """
    _check_lines(requested)
    priced = [(line, find_product(line.sku, field=f"lines.{n}.sku")) for n, line in enumerate(requested)]
    return Order(
        order_id=order_id,
        customer_id=customer_id,
        contact_email=contact_email,
        lines=tuple(OrderLine(line.sku, line.quantity, product.unit_price) for line, product in priced),
        currency=priced[0][1].currency,
        status=OrderStatus.PLACED,
        placed_at=placed_at,
        order_version=1,
    )


def _check_lines(lines: Sequence[RequestedLine]) -> None:
    if not 1 <= len(lines) <= MAX_LINES:
        raise InvalidOrder("lines", f"must have 1 to {MAX_LINES} lines, has {len(lines)}")
    for position, line in enumerate(lines):
        if not 1 <= line.quantity <= MAX_QUANTITY:
            raise InvalidOrder(f"lines.{position}.quantity", f"must be 1 to {MAX_QUANTITY}")
    _check_unique(line.sku for line in lines)


def _check_unique(skus: Iterable[str]) -> None:
    seen: dict[str, int] = {}
    for position, sku in enumerate(skus):
        first = seen.setdefault(sku, position)
        if first != position:
            raise InvalidOrder(f"lines.{position}.sku", f"{sku!r} is already in line {first}")
