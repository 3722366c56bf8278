"""How the partner can behave."""

from enum import StrEnum

__all__ = ["PartnerMode"]


class PartnerMode(StrEnum):
    """What becomes of a request."""

    UP = "up"
    DOWN = "down"
    """The connection is closed without an answer, and nothing is done."""
    SLOW = "slow"
    """Done and answered after ``delay_seconds``."""
    TOO_MANY_REQUESTS = "too_many_requests"
    """429, with ``retry_after`` when that is given."""
    ERROR = "error"
    """``status``, 500 by default."""
    DROP = "drop"
    """Done, and then the connection is closed without an answer."""
    REFUSE = "refuse"
    """Never to be sent again: ``status``, 422 by default."""
