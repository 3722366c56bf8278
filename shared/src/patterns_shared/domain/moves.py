"""A request to move an order: which versions it is for, and what it gives.

The store decides by one conditional write; this says what a refused one means, so that every store says the same.
"""

from dataclasses import dataclass

from patterns_shared.domain.errors import VersionConflict
from patterns_shared.domain.orders import Order, OrderStatus

__all__ = ["Transition", "VersionCondition", "decide_move"]


@dataclass(frozen=True, slots=True)
class VersionCondition:
    """The versions of an order that a conditional request is for: ``versions``, or when ``excluded`` all others."""

    versions: frozenset[int]
    excluded: bool = False

    def accepts(self, version: int) -> bool:
        """Whether the request is for this version."""
        return (version in self.versions) is not self.excluded


@dataclass(frozen=True, slots=True)
class Transition:
    """An order in the status that was asked for; ``repeated`` when it was in that status before this request."""

    order: Order
    repeated: bool


def decide_move(order: Order, target: OrderStatus, condition: VersionCondition | None = None) -> Transition:
    """Return what a request to move ``order`` to ``target`` gives.

    A request for the status that the order has already is a repetition, say after an answer that was lost, and
    succeeds. Its condition is then about the present version or the one before: the version that the first request
    moved (RFC 9110, section 13.1.1, allows exactly this answer).

    Raises: the first of these that holds.
        VersionConflict: the order is at none of the versions that ``condition`` accepts.
        IllegalTransition: its status does not allow the move.
    """
    repeated = order.status is target is not OrderStatus.PLACED
    versions = (order.order_version, order.order_version - 1) if repeated else (order.order_version,)
    if condition is not None and not any(map(condition.accepts, versions)):
        raise VersionConflict(order.order_id, order.order_version)
    return Transition(order, repeated=True) if repeated else Transition(order.move(target), repeated=False)
