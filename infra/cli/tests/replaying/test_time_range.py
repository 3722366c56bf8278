"""Ranges that a replay refuses, each with the option to change."""

from datetime import UTC, datetime, timedelta

import pytest

from patterns_cli.replaying.time_range import RangeRefused, TimeRange, read_instant, text_of

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
BEGAN = NOW - timedelta(days=30)


@pytest.mark.parametrize(
    "text", ["2026-11-30T06:00:00Z", "2026-11-30T06:00Z", "2026-11-30T07:00:00+01:00", "2026-11-30 06:00:00+00:00"]
)
def test_a_time_has_a_zone(text: str) -> None:
    """In any of RFC 3339's forms."""
    assert text_of(read_instant("--from", text)) == "2026-11-30T06:00:00Z"


@pytest.mark.parametrize("text", ["", "yesterday", "2026-11-30", "2026-11-30T06:00:00", "2026-02-30T06:00:00Z", "1764"])
def test_what_is_no_time_with_a_zone_is_refused(text: str) -> None:
    """A time without a zone would be another one on another machine."""
    with pytest.raises(RangeRefused, match=r"^--from must be a time with its zone, such as "):
        read_instant("--from", text)


@pytest.mark.parametrize(
    ("start", "end", "began", "retention", "why"),
    [
        (NOW, NOW, BEGAN, 14, "--from .* is not before --to"),
        (NOW, NOW - timedelta(hours=1), BEGAN, 14, "--from .* is not before --to"),
        (NOW - timedelta(hours=1), NOW + timedelta(seconds=1), BEGAN, 14, "--to .* is in the future"),
        (NOW - timedelta(days=15), NOW, BEGAN, 14, "--from .* the archive keeps 14 days"),
        (NOW - timedelta(hours=3), NOW - timedelta(hours=2), NOW - timedelta(hours=1), 14, "before the archive"),
    ],
)
def test_a_range_that_the_archive_cannot_serve_is_refused(
    start: datetime, end: datetime, began: datetime, retention: int, why: str
) -> None:
    """Before anything is started."""
    with pytest.raises(RangeRefused, match=why):
        TimeRange(start, end).check(now=NOW, began=began, retention_days=retention)


def test_a_range_within_the_archive_is_taken() -> None:
    """Also one that begins before the archive did, and any in an archive that keeps for ever."""
    TimeRange(NOW - timedelta(days=14), NOW).check(now=NOW, began=BEGAN, retention_days=14)
    TimeRange(NOW - timedelta(days=2), NOW).check(now=NOW, began=NOW - timedelta(days=1), retention_days=14)
    TimeRange(NOW - timedelta(days=300), NOW).check(now=NOW, began=BEGAN, retention_days=0)


def test_progress_is_the_share_of_the_time() -> None:
    """Between nothing and all of it, whatever the service says."""
    hour = TimeRange(NOW - timedelta(hours=1), NOW)
    shares = [hour.share_until(NOW - timedelta(minutes=minutes)) for minutes in (90, 60, 15, 0, -5)]
    assert shares == [0.0, 0.0, 0.75, 1.0, 1.0]
