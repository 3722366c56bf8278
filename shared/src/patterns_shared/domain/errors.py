"""The shop's errors.

::

    ShopError
    ├── InvalidOrder            a rule of the order is broken; names the field
    │   └── UnknownProduct      the catalogue has no such SKU
    ├── InvalidEvent            an event that cannot be read; names the field
    │   └── UnknownEventVersion a schema version from the future
    ├── InvalidCursor           a page cursor that was forged, cut or borrowed
    ├── OrderNotFound           no such order, or not the caller's
    ├── IllegalTransition       the status does not allow the move
    ├── VersionConflict         the order is at a version that the request is not for
    ├── IdempotencyMismatch     the same key came with another body
    ├── MalformedOrder          what the store keeps cannot be read as an order
    │   └── MovedUnreadable     it was moved all the same
    ├── PermanentFailure        no later attempt can succeed either
    │   └── EventConflict       an event's id came before with another content
    └── TemporarilyUnavailable  a dependency asks to be tried again later

Adapters turn client errors into these; entrypoints turn these into a status, a batch failure or an exit code.
"""

from typing import ClassVar

__all__ = [
    "EventConflict",
    "IdempotencyMismatch",
    "IllegalTransition",
    "InvalidCursor",
    "InvalidEvent",
    "InvalidOrder",
    "MalformedOrder",
    "MovedUnreadable",
    "OrderNotFound",
    "PermanentFailure",
    "ShopError",
    "TemporarilyUnavailable",
    "UnknownEventVersion",
    "UnknownProduct",
    "VersionConflict",
]


class ShopError(Exception):
    """Base of every error that the shop raises on purpose."""


class InvalidOrder(ShopError):
    """A rule of the order is broken. ``field`` is a path such as ``lines.2.quantity``."""

    def __init__(self, field: str, reason: str) -> None:
        """Name the field and what is wrong with it."""
        super().__init__(f"{field}: {reason}")
        self.field = field
        self.reason = reason


class UnknownProduct(InvalidOrder):
    """The catalogue has no such SKU."""


class InvalidEvent(ShopError):
    """An event that cannot be read. ``field`` is a path such as ``data.total``, empty for the whole."""

    def __init__(self, field: str, reason: str) -> None:
        """Name the field and what is wrong with it."""
        super().__init__(f"{field or 'event'}: {reason}")
        self.field = field
        self.reason = reason


class UnknownEventVersion(InvalidEvent):
    """The event's schema version is newer than this code."""


class InvalidCursor(ShopError):
    """A page cursor that was forged, cut short, or made for another customer or filter."""


class OrderNotFound(ShopError):
    """No such order, or not one that the caller may see."""

    def __init__(self, order_id: str) -> None:
        """Keep the order's id."""
        super().__init__(f"order {order_id} not found")
        self.order_id = order_id


class IllegalTransition(ShopError):
    """The order's status does not allow the move."""

    def __init__(self, order_id: str, current: str, target: str) -> None:
        """Keep both statuses."""
        super().__init__(f"order {order_id} is {current} and cannot become {target}")
        self.order_id = order_id
        self.current = current
        self.target = target


class VersionConflict(ShopError):
    """The order is at a version that the caller's request is not for."""

    def __init__(self, order_id: str, current: int) -> None:
        """Keep the current version."""
        super().__init__(f"order {order_id} is at version {current}, which the request is not for")
        self.order_id = order_id
        self.current = current


class IdempotencyMismatch(ShopError):
    """The same idempotency key came before with another body."""


class MalformedOrder(ShopError):
    """What the store keeps cannot be read as an order: not the caller's fault, and no retry fixes it."""


class MovedUnreadable(MalformedOrder):
    """The order was moved, and what the store keeps of it cannot be read as an order.

    Raised after the write, which stands: the caller must not get an error.
    """

    def __init__(self, order_id: str, order_version: int, reason: str) -> None:
        """Name the order, the version that the move made, and what cannot be read."""
        super().__init__(reason)
        self.order_id = order_id
        self.order_version = order_version


class PermanentFailure(ShopError):
    """No later attempt can succeed either: the work goes to a dead-letter queue, where a person finds this reason.

    ``detail`` is another system's response, for example the partner's: stored with the message, never logged.
    """

    def __init__(self, reason: str, *, detail: str = "") -> None:
        """Say why, in words of our own, and in those of others."""
        super().__init__(reason)
        self.reason = reason
        self.detail = detail


class EventConflict(PermanentFailure):
    """An event's id came before with another content: which of the two is right is for a person to say."""

    def __init__(self, event_id: str) -> None:
        """Name the event."""
        super().__init__(f"conflict: event {event_id} came before with another content")
        self.event_id = event_id


class TemporarilyUnavailable(ShopError):
    """A dependency was throttled, timed out or down; nothing was written by this attempt that a retry repeats.

    Attributes:
        longest_backoff: seconds that a message waits at most between two attempts, unless ``retry_after`` is longer.
        backs_off: whether attempts become rarer with each one; otherwise ``retry_after`` alone says when.
    """

    longest_backoff: ClassVar[int] = 300
    backs_off: ClassVar[bool] = True

    def __init__(self, dependency: str, *, retry_after: int = 1, reason: str = "") -> None:
        """Name the dependency; ``retry_after`` is in seconds, ``reason`` is what went wrong, fit for a log."""
        super().__init__(f"{dependency} is temporarily unavailable{reason and f': {reason}'}")
        self.dependency = dependency
        self.retry_after = retry_after
