"""What the engine has to know to count, apart from the lines themselves."""

from dataclasses import dataclass

__all__ = ["STANDING", "Terms"]

STANDING = ("PLACED", "FULFILLED")
"""Statuses of orders whose value is revenue; rejected and cancelled orders are only counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """How lines are judged and counted.

    Attributes:
        slot_seconds: how finely time is counted.
        before: orders placed at or after this moment, in UTC microseconds, are bad.
        reported: begin and end of what the top customers are of, in UTC microseconds; None for everything.
        key: of the customers' pseudonyms.
        rejects_listed: how many bad rows are listed.
        returns: whether rows with a negative quantity or price are counted as returns, or are bad rows.
    """

    slot_seconds: int
    before: int
    reported: tuple[int, int] | None
    key: str
    rejects_listed: int
    returns: bool = True
