"""What happened to an order, in the one envelope that travels through all four patterns.

Ids are deterministic, so that a retry repeats them and a consumer can tell a duplicate by its id.
"""

from dataclasses import dataclass, field, fields
from datetime import datetime
from enum import StrEnum
from uuid import UUID, uuid5

from patterns_shared.domain.errors import InvalidEvent
from patterns_shared.domain.orders import Order, OrderLine

__all__ = [
    "SCHEMA_VERSION",
    "Contact",
    "Event",
    "EventType",
    "OrderData",
    "OrderRejectedData",
    "change_event_id",
    "order_data",
    "outcome_event_id",
]

SCHEMA_VERSION = 1
"""Version of the envelope and its data; raised only for a change that an old consumer cannot read."""

_NAMESPACE = UUID("6f1c0f52-6d0e-5c0b-9a55-3d0f5b0c7a11")


class EventType(StrEnum):
    """Every event of the shop; also the detail type on the event bus."""

    ORDER_PLACED = "OrderPlaced"
    ORDER_CANCELLED = "OrderCancelled"
    ORDER_FULFILLED = "OrderFulfilled"
    ORDER_REJECTED = "OrderRejected"


@dataclass(frozen=True, slots=True)
class Contact:
    """Whom to write to about the order. Never logged, never kept in the ledger."""

    email: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class OrderData:
    """The order as its event saw it. Prices and their sum ``total`` are in minor units of ``currency``."""

    customer_id: str
    contact: Contact
    lines: tuple[OrderLine, ...]
    currency: str
    total: int
    placed_at: datetime


@dataclass(frozen=True, slots=True)
class OrderRejectedData(OrderData):
    """The order that was rejected, and why."""

    reason: str

    @classmethod
    def of(cls, data: OrderData, *, reason: str) -> "OrderRejectedData":
        """Return the same order's data, with the reason."""
        return cls(**{each.name: getattr(data, each.name) for each in fields(OrderData)}, reason=reason)


@dataclass(frozen=True, slots=True)
class Event:
    """One event. ``traceparent`` is a W3C trace context header, so that one order has one trace."""

    id: str
    type: EventType
    schema_version: int
    occurred_at: datetime
    order_id: str
    order_version: int
    data: OrderData
    traceparent: str

    def __post_init__(self) -> None:
        """Refuse data of another type of event."""
        if isinstance(self.data, OrderRejectedData) is not (self.type is EventType.ORDER_REJECTED):
            raise InvalidEvent("data.reason", f"belongs to {EventType.ORDER_REJECTED} and to no other event")


def change_event_id(order_id: str, order_version: int) -> str:
    """Return the id of the event that tells of this version of this order."""
    return str(uuid5(_NAMESPACE, f"{order_id}/{order_version}"))


def outcome_event_id(decided_event_id: str) -> str:
    """Return the id of the event that answers ``decided_event_id``."""
    return str(uuid5(_NAMESPACE, decided_event_id))


def order_data(order: Order) -> OrderData:
    """Return what an event tells of the order."""
    return OrderData(
        customer_id=order.customer_id,
        contact=Contact(order.contact_email),
        lines=order.lines,
        currency=order.currency,
        total=order.total,
        placed_at=order.placed_at,
    )
