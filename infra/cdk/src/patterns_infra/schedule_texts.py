"""Schedules as EventBridge Scheduler takes them, and whether each day of a time zone has a time of theirs.

A schedule of ``cron`` is skipped on a day that does not have its time, since the clocks were put forward; a time that a
day has twice is taken once. ``rate`` counts hours of sixty minutes, whatever the clocks say.
https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html#daylist-savings-time
"""

import re
from datetime import datetime, time, timedelta

from patterns_infra.zone_offsets import gaps, shortest_day

__all__ = ["DEFAULT_SCHEDULE", "why_refused"]

DEFAULT_SCHEDULE = "cron(0 4 * * ? *)"
"""Four in the morning: in no zone do clocks pass over it, or show it twice."""
_CRON = re.compile(r"cron\((\S+) (\S+) (\S+) (\S+) (\S+) (\S+)\)")
_RATE = re.compile(r"rate\(([1-9][0-9]*) (minute|hour|day)s?\)")
_ITEM = re.compile(r"(?:\*|(\d+)(?:-(\d+))?)(?:/([1-9]\d*))?")
_WEEKDAY = re.compile(r"(\w+)(?:-(\w+))?")
_WEEKDAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
_UNITS = {"minute": timedelta(minutes=1), "hour": timedelta(hours=1), "day": timedelta(days=1)}
_INSTEAD = f"{DEFAULT_SCHEDULE} is a time that every day of every zone has"


def why_refused(expression: str, zone: str) -> str | None:
    """Return why a nightly schedule would leave out a day in this zone, or cannot be read; None when it does not."""
    if rate := _RATE.fullmatch(expression):
        return _why_too_slow(int(rate[1]) * _UNITS[rate[2]], zone)
    cron = _CRON.fullmatch(expression)
    minutes, hours = (_numbers(cron[1], 60), _numbers(cron[2], 24)) if cron else (None, None)
    if cron is None or not minutes or not hours:
        return (
            "must be cron(MINUTES HOURS DAY MONTH WEEKDAY YEAR) or rate(NUMBER UNIT) as EventBridge Scheduler takes "
            f"them, not {expression!r}"
        )
    times, weekdays = [time(hour, minute) for hour in hours for minute in minutes], _weekdays(cron[5])
    for gap in gaps(zone):
        day = gap.begin.date()
        moments = (datetime.combine(day, each) for each in times)
        if day.isoweekday() % 7 in weekdays and all(gap.begin <= moment < gap.end for moment in moments):
            return (
                f"{expression} has no time on {day} in {zone}: the clocks go from {gap.begin:%H:%M} to "
                f"{gap.end:%H:%M}, and the schedule would be skipped; {_INSTEAD}"
            )
    return None


def _why_too_slow(period: timedelta, zone: str) -> str | None:
    shortest, hour = shortest_day(zone), timedelta(hours=1)
    if period <= shortest:
        return None
    return (
        f"is due every {period / hour:g} hours, and a day in {zone} may have {shortest / hour:g}: it would be left "
        f"out; {_INSTEAD}"
    )


def _numbers(field: str, end: int) -> list[int]:
    """Return what a field of minutes or hours stands for; empty for one that is none."""
    found: set[int] = set()
    for item in field.split(","):
        read = _ITEM.fullmatch(item)
        if read is None:
            return []
        first, last, step = read[1], read[2], read[3]
        stop = int(last) + 1 if last else end if first is None or step else int(first) + 1
        found.update(range(int(first or 0), stop, int(step or 1)))
    return sorted(found) if max(found, default=end) < end else []


def _weekdays(field: str) -> set[int]:
    """Return which days of the week the field stands for, Sunday as 0; all for one that counts them in a month."""
    found: set[int] = set()
    for item in field.upper().split(","):
        read = _WEEKDAY.fullmatch(item)
        first, last = (_weekday(read[1]), _weekday(read[2] or read[1])) if read else (None, None)
        if first is None or last is None:
            return set(range(7))
        found.update((first + more) % 7 for more in range((last - first) % 7 + 1))
    return found


def _weekday(text: str) -> int | None:
    if text in _WEEKDAYS:
        return _WEEKDAYS.index(text)
    return int(text) - 1 if text.isdigit() and 1 <= int(text) <= len(_WEEKDAYS) else None
