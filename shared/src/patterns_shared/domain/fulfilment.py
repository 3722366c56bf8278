"""Whether the shop fulfils an order: rules on quantity and risk, no stock, no state."""

from collections.abc import Iterable
from dataclasses import dataclass

__all__ = ["MAX_PIECES", "MAX_TOTAL", "Decision", "decide"]

MAX_PIECES = 2_000
"""Pieces in one order that the warehouse packs without a person looking at it."""
MAX_TOTAL = 2_500_000
"""Total, in minor units, above which an unattended order is too great a risk."""


@dataclass(frozen=True, slots=True)
class Decision:
    """The outcome for an order; ``reason`` is empty when it is fulfilled."""

    fulfilled: bool
    reason: str = ""


def decide(*, quantities: Iterable[int], total: int) -> Decision:
    """Decide an order by its pieces and its total in minor units; the same order always gets the same decision."""
    pieces = sum(quantities)
    if pieces > MAX_PIECES:
        return Decision(fulfilled=False, reason=f"{pieces} pieces are over the limit of {MAX_PIECES}")
    if total > MAX_TOTAL:
        return Decision(fulfilled=False, reason=f"a total of {total} is over the limit of {MAX_TOTAL}")
    return Decision(fulfilled=True)
