"""The time between which events are replayed, as a user writes it."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

__all__ = ["RangeRefused", "TimeRange", "read_instant", "text_of"]


class RangeRefused(ValueError):
    """No events can be replayed for this range; the text is one line that says what to change."""


@dataclass(frozen=True, slots=True)
class TimeRange:
    """From one instant to a later one; EventBridge replays events whose ``time`` is between them."""

    start: datetime
    end: datetime

    def check(self, *, now: datetime, began: datetime, retention_days: int) -> None:
        """Refuse a range of which the archive holds nothing.

        Args:
            now: the time.
            began: when the archive was created.
            retention_days: how long it keeps an event; 0 for ever.

        Raises:
            RangeRefused: with the option that is wrong.
        """
        if self.start >= self.end:
            raise RangeRefused(f"--from {text_of(self.start)} is not before --to {text_of(self.end)}")
        if self.end > now:
            raise RangeRefused(f"--to {text_of(self.end)} is in the future; it is {text_of(now)}")
        if self.end <= began:
            raise RangeRefused(f"--to {text_of(self.end)} is before the archive, which began at {text_of(began)}")
        oldest = now - timedelta(days=retention_days)
        if retention_days and self.start < oldest:
            raise RangeRefused(
                f"--from {text_of(self.start)} is before {text_of(oldest)}: the archive keeps {retention_days} days"
            )

    def share_until(self, moment: datetime) -> float:
        """Return how much of the range is before this moment, from 0 to 1."""
        return min(max((moment - self.start) / (self.end - self.start), 0.0), 1.0)


def read_instant(option: str, text: str) -> datetime:
    """Return the instant that an option names.

    Raises:
        RangeRefused: it is no RFC 3339 time with a time zone.
    """
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        instant = None
    if instant is None or instant.tzinfo is None:
        raise RangeRefused(f"{option} must be a time with its zone, such as 2026-11-30T06:00:00Z, not {text!r}")
    return instant.astimezone(UTC)


def text_of(instant: datetime) -> str:
    """Return the instant in the form in which options take it."""
    return f"{instant.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
