"""Many days: which of them are wanted, and what is refused before anything starts."""

from datetime import UTC, date, datetime, timedelta

import pytest

from patterns_cli.reporting.deployed import DeployedBatch
from patterns_cli.reporting.errors import InputRefused
from patterns_cli.reporting.wanted_days import LOOKED_BACK, WantedDays

# The fixture's schedule is in the zone that is fourteen hours ahead of UTC.
AHEAD = timedelta(hours=14)


def publish(batch: DeployedBatch, *days: date) -> None:
    """Put the object that names a report's files, and one of the files."""
    for day in days:
        for key in (f"reports/date={day}/0123/sales.html", f"reports/date={day}/report.json"):
            batch.place.client("s3").put_object(Bucket=batch.reports, Key=key, Body=b"{}")


@pytest.mark.parametrize(
    ("first", "last", "missing", "told"),
    [
        (None, "2026-11-22", False, "--to needs --from, or --missing"),
        ("22.11.2026", None, False, "--from must be a day such as 2026-11-22, not '22.11.2026'"),
        ("2026-11-22", "2026-02-30", False, "--to must be a day"),
        ("2026-11-22", "2026-11-21", False, "--from 2026-11-22 is after --to 2026-11-21"),
        ("2025-01-01", "2026-01-02", True, "--from 2025-01-01 to 2026-01-02 is 367 days; at most 366 at once"),
    ],
)
def test_a_range_that_is_none_is_refused(first: str | None, last: str | None, missing: bool, told: str) -> None:  # noqa: FBT001
    """Before anything is asked of a deployment."""
    with pytest.raises(InputRefused) as refused:
        WantedDays.of_options(first, last, missing=missing)
    assert told in str(refused.value)


def test_many_days_are_not_one_report() -> None:
    """Options that say different things are not put together."""
    with pytest.raises(InputRefused, match="leave out --date and --input"):
        WantedDays.of_options("2026-11-01", None, missing=False, one="2026-11-22")
    with pytest.raises(InputRefused, match="--again and --missing do not go together"):
        WantedDays.of_options(None, None, missing=True, again=True)


def test_a_range_has_both_its_ends_in_order(batch: DeployedBatch) -> None:
    """Also over the end of a month, whether there are reports or not."""
    publish(batch, date(2026, 2, 28))
    days = WantedDays.of_options("2026-02-27", "2026-03-01", missing=False).of(batch)
    assert days == [date(2026, 2, 27), date(2026, 2, 28), date(2026, 3, 1)]


def test_a_range_ends_yesterday_by_the_shop_s_clock(batch: DeployedBatch) -> None:
    """Unless it is said; the day that has begun may be asked for, one ahead may not."""
    today = (datetime.now(UTC) + AHEAD).date()
    first = today - timedelta(days=3)
    days = WantedDays.of_options(str(first), None, missing=False).of(batch)
    assert days == [first, first + timedelta(days=1), first + timedelta(days=2)]
    assert WantedDays.of_options(str(today), str(today), missing=False).of(batch) == [today]
    with pytest.raises(InputRefused, match=rf"--to {today + timedelta(days=1)} is in the future"):
        WantedDays.of_options(str(first), str(today + timedelta(days=1)), missing=False).of(batch)
    with pytest.raises(InputRefused, match=rf"--from {today} is after --to {today - timedelta(days=1)}"):
        WantedDays.of_options(str(today), None, missing=True).of(batch)


def test_missing_are_the_days_without_a_report(batch: DeployedBatch) -> None:
    """Of the last month, or of a range; what was begun and not published is missing, too."""
    last = (datetime.now(UTC) + AHEAD).date() - timedelta(days=1)
    month = [last - timedelta(days=number) for number in reversed(range(LOOKED_BACK))]
    assert WantedDays.of_options(None, None, missing=True).of(batch) == month
    publish(batch, *month[1:-2], month[-1])
    batch.place.client("s3").put_object(Bucket=batch.reports, Key=f"reports/date={month[0]}/0123/x", Body=b"")
    assert WantedDays.of_options(None, None, missing=True).of(batch) == [month[0], month[-2]]
    assert WantedDays.of_options(str(month[-2]), str(month[-1]), missing=True).of(batch) == [month[-2]]
    publish(batch, month[0], month[-2])
    assert WantedDays.of_options(None, None, missing=True).of(batch) == []
