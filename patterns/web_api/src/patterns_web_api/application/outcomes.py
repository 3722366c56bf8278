"""The outcome of an order: fulfilled or rejected, by an event that may come twice, late or out of order."""

from enum import StrEnum

from patterns_shared.domain.errors import (
    IllegalTransition,
    InvalidEvent,
    MalformedOrder,
    MovedUnreadable,
    OrderNotFound,
    PermanentFailure,
)
from patterns_shared.domain.events import Event, EventType
from patterns_shared.domain.orders import OrderStatus
from patterns_shared.ports import OrdersRepository
from patterns_web_api.application.orders import is_order_id

__all__ = ["Outcomes", "Recorded"]

_STATUS_AFTER = {
    EventType.ORDER_FULFILLED: OrderStatus.FULFILLED,
    EventType.ORDER_REJECTED: OrderStatus.REJECTED,
}


class Recorded(StrEnum):
    """What recording an outcome did; every one of these is a success."""

    MOVED = "recorded"
    DUPLICATE = "duplicate"
    """The order has this status already."""
    LATE = "late_outcome"
    """The customer cancelled first: the cancellation stands, downstream compensates by OrderCancelled."""
    CONFLICTING = "conflicting_outcome"
    """The order has the other outcome: the first stands, and a person should know."""


class Outcomes:
    """Keeps the status of orders up to date with what the other patterns decide."""

    def __init__(self, repository: OrdersRepository) -> None:
        """Take the port."""
        self._repository = repository

    def record(self, event: Event) -> Recorded:
        """Record the outcome in the order.

        Raises:
            InvalidEvent: it is no outcome.
            PermanentFailure: this shop has no such order of this customer. Outcomes follow the event that tells of an
                order in the table, so it will not come later.
            TemporarilyUnavailable: the store; the event may come again.
        """
        target = _STATUS_AFTER.get(event.type)
        if target is None:
            raise InvalidEvent("type", f"{event.type} is not an outcome")
        if not is_order_id(event.order_id):
            raise PermanentFailure("the order's id is none of this shop")
        try:
            transition = self._repository.move(
                event.order_id, target, traceparent=event.traceparent, customer_id=event.data.customer_id
            )
        except MovedUnreadable:
            return Recorded.MOVED
        except MalformedOrder as malformed:
            raise PermanentFailure(f"order {event.order_id} cannot be read: {malformed}") from None
        except OrderNotFound as missing:
            raise PermanentFailure(f"order {event.order_id} of this customer is not in the table") from missing
        except IllegalTransition as refused:
            return Recorded.LATE if refused.current == OrderStatus.CANCELLED else Recorded.CONFLICTING
        return Recorded.DUPLICATE if transition.repeated else Recorded.MOVED
