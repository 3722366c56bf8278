"""Which days reports are wanted of: a range, or those of it that have no report."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Self

from patterns_cli.reporting.deployed import DeployedBatch
from patterns_cli.reporting.errors import InputRefused
from patterns_cli.reporting.wanted import parse_day

__all__ = ["LOOKED_BACK", "MOST_DAYS", "WantedDays"]

MOST_DAYS = 366
"""Reports of one command."""
LOOKED_BACK = 31
"""Days before today that are looked at for missing reports, unless the range is given."""
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class WantedDays:
    """A range of days, both ends included.

    Attributes:
        first: None for ``LOOKED_BACK`` days before today.
        last: None for yesterday, in the shop's time zone.
        missing: only those that have no report.
    """

    first: date | None
    last: date | None
    missing: bool

    @classmethod
    def of_options(
        cls, first: str | None, last: str | None, *, missing: bool, one: str | None = None, again: bool = False
    ) -> Self:
        """Read ``--from``, ``--to`` and ``--missing``; ``one`` and ``again`` are what was given beside them.

        Raises:
            InputRefused: naming the option.
        """
        if one is not None:
            raise InputRefused("--from, --to and --missing are of many days: leave out --date and --input")
        if missing and again:
            raise InputRefused("--again and --missing do not go together: a missing report was not made before")
        if first is None and not missing:
            raise InputRefused("--to needs --from, or --missing")
        days = cls(parse_day("--from", first), parse_day("--to", last), missing)
        if days.first and days.last:
            _check_length(days.first, days.last)
        return days

    def of(self, batch: DeployedBatch) -> list[date]:
        """Return the days, the earliest first.

        Raises:
            InputRefused: the range ends in the future, before it begins, or has too many days.
        """
        today, zone = batch.today()
        last = self.last or today - _DAY
        first = self.first or last - (LOOKED_BACK - 1) * _DAY
        if last > today:
            raise InputRefused(f"--to {last} is in the future: it is {today} in {zone}")
        _check_length(first, last)
        days = [first + number * _DAY for number in range((last - first).days + 1)]
        reported = set(_reported(batch, first)) if self.missing else set()
        return [day for day in days if str(day) not in reported]


def _check_length(first: date, last: date) -> None:
    if last < first:
        raise InputRefused(f"--from {first} is after --to {last}")
    if (last - first).days >= MOST_DAYS:
        raise InputRefused(f"--from {first} to {last} is {(last - first).days + 1} days; at most {MOST_DAYS} at once")


def _reported(batch: DeployedBatch, first: date) -> Iterator[str]:
    """Yield the days from the first on that have a published report: the object that names its files."""
    prefix = "reports/date="
    pages = batch.place.client("s3").get_paginator("list_objects_v2")
    for page in pages.paginate(Bucket=batch.reports, Prefix=prefix, StartAfter=f"{prefix}{first}"):
        for found in page.get("Contents", []):
            day, _, name = found["Key"].removeprefix(prefix).partition("/")
            if name == "report.json":
                yield day
