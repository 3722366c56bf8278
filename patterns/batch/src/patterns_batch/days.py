"""Days and hours of a time zone, as ranges of UTC microseconds since 1970: the engine counts in those."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

__all__ = ["compared_days", "day_range", "day_texts", "local_hour", "microseconds", "minutes_of_hours", "slot_seconds"]

_HOUR, _QUARTER = 3600, 900
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def microseconds(moment: datetime) -> int:
    """Return a moment as microseconds since 1970."""
    return (moment - _EPOCH) // timedelta(microseconds=1)


def day_range(day: date, zone: str) -> tuple[int, int]:
    """Return where the day begins and ends, the end not included; 23 or 25 hours when the clocks change."""
    begin, end = (datetime.combine(each, time(), ZoneInfo(zone)) for each in (day, day + timedelta(days=1)))
    return microseconds(begin), microseconds(end)


def compared_days(day: date) -> tuple[date, date]:
    """Return the day before, and the same weekday a week before."""
    return day - timedelta(days=1), day - timedelta(days=7)


def day_texts(days: Sequence[tuple[int, int]]) -> list[tuple[str, str]]:
    """Return between which texts ``placed_at`` of an order lies that was placed on these days, the latest first.

    Days that touch are one range. ``placed_at`` is ISO 8601 in UTC, which sorts as time does, and always has an offset.
    A text without one sorts just before the time that it begins, and is none of them: so BETWEEN leaves out the end,
    in half as many comparisons.
    """
    ranges: list[list[int]] = []
    for begin, end in sorted(days):
        if ranges and begin <= ranges[-1][1]:
            ranges[-1][1] = max(end, ranges[-1][1])
        else:
            ranges.append([begin, end])
    return [(_text(begin), _text(end)) for begin, end in reversed(ranges)]


def _text(moment: int) -> str:
    return (_EPOCH + timedelta(microseconds=moment)).replace(tzinfo=None).isoformat()


def slot_seconds(zone: str) -> int:
    """Return the largest slot that never reaches across the zone's full hour.

    That is an hour, or a quarter for zones such as Asia/Kathmandu. Looked at month by month, since zones change.
    """
    months = (datetime(year, month, 1, tzinfo=ZoneInfo(zone)) for year in range(1970, 2050) for month in range(1, 13))
    offsets = (moment.utcoffset() or timedelta() for moment in months)
    return _QUARTER if any(offset % timedelta(hours=1) for offset in offsets) else _HOUR


def local_hour(slot: int, seconds: int, zone: str) -> tuple[date, int]:
    """Return the day and hour, by the zone's clocks, of a slot: the number of ``seconds`` since 1970, divided."""
    moment = (_EPOCH + timedelta(seconds=slot * seconds)).astimezone(ZoneInfo(zone))
    return moment.date(), moment.hour


def minutes_of_hours(day: date, zone: str) -> dict[int, int]:
    """Return how many minutes each hour of the day has by the zone's clocks; an hour that was left out is not there."""
    begin, end = day_range(day, zone)
    quarter = _QUARTER * 1_000_000
    minutes: dict[int, int] = {}
    for moment in range(begin, end, quarter):
        _, hour = local_hour(moment // quarter, _QUARTER, zone)
        minutes[hour] = minutes.get(hour, 0) + _QUARTER // 60
    return minutes
