"""What a schedule promised: answers to customers, and messages that are poison on purpose."""

from dataclasses import dataclass, field

__all__ = ["Promises"]


@dataclass(slots=True)
class Promises:
    """What must hold in the end.

    Attributes:
        accepted: the id of the order that a customer was given, by customer and idempotency key; an order without a
            key has one of its own.
        cancelled: orders whose cancellation was confirmed.
        poison: pairs of a dead-letter queue and a body: these must be there, and no others.
        forged: ids under which an event with another content was published on purpose.
    """

    accepted: dict[tuple[str, str], str] = field(default_factory=dict)
    cancelled: set[str] = field(default_factory=set)
    poison: set[tuple[str, str]] = field(default_factory=set)
    forged: set[str] = field(default_factory=set)
