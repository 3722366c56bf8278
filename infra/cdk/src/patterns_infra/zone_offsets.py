"""A time zone's distance from UTC over the years, and the times that its changes of clocks leave out."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import pairwise
from zoneinfo import ZoneInfo

__all__ = ["YEARS", "Gap", "Offset", "gaps", "offsets", "shortest_day"]

YEARS = range(2026, 2051)
"""As far as anybody can plan: governments change their clocks at a few months' notice, tzdata follows."""
_DAY, _WEEK = timedelta(days=1), timedelta(weeks=1)
"""No zone changes its clocks twice in a week, and back."""


@dataclass(frozen=True, slots=True)
class Offset:
    """From ``begin`` (in UTC) on, the zone is so many minutes ahead of UTC."""

    begin: datetime
    minutes: int


@dataclass(frozen=True, slots=True)
class Gap:
    """Clocks are put forward: no time of the zone is in between; both are without a zone."""

    begin: datetime
    end: datetime


@lru_cache
def offsets(zone: str, years: range = YEARS) -> tuple[Offset, ...]:
    """Return the zone's offsets in these years, the earliest first; the first holds for the time before, too."""
    clock = ZoneInfo(zone)
    at, end = (datetime(year, 1, 1, tzinfo=UTC) for year in (years.start, years.stop))
    found = [Offset(at, _minutes(clock, at))]
    while at < end:
        following = at + _WEEK
        minutes = _minutes(clock, following)
        if minutes != found[-1].minutes:
            found.append(Offset(_change(clock, at, following), minutes))
        at = following
    return tuple(found)


def gaps(zone: str, years: range = YEARS) -> Iterator[Gap]:
    """Yield the times that are left out."""
    known = offsets(zone, years)
    for before, after in pairwise(known):
        if after.minutes > before.minutes:
            moment = after.begin.replace(tzinfo=None)
            yield Gap(moment + timedelta(minutes=before.minutes), moment + timedelta(minutes=after.minutes))


def shortest_day(zone: str) -> timedelta:
    """Return how long the shortest day of the zone is."""
    return _DAY - max((gap.end - gap.begin for gap in gaps(zone)), default=timedelta(0))


def _minutes(clock: ZoneInfo, moment: datetime) -> int:
    return int((moment.astimezone(clock).utcoffset() or timedelta(0)).total_seconds()) // 60


def _change(clock: ZoneInfo, before: datetime, after: datetime) -> datetime:
    """Return the minute between the two moments from which on the later one's offset holds."""
    low, high, minutes = 0, round((after - before).total_seconds()) // 60, _minutes(clock, after)
    while high - low > 1:
        middle = (low + high) // 2
        if _minutes(clock, before + timedelta(minutes=middle)) == minutes:
            high = middle
        else:
            low = middle
    return before + timedelta(minutes=high)
