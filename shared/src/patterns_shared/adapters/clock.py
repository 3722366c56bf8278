"""The time, from the machine."""

from datetime import UTC, datetime

__all__ = ["utc_now"]


def utc_now() -> datetime:
    """Return now, in UTC."""
    return datetime.now(UTC)
