"""Axes that a person can read: few ticks, at round values and natural dates, no label twice and none over another."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from enum import Enum

from patterns_batch.page.formats import Formats

__all__ = ["Span", "date_labels", "hour_labels", "span_of", "steps_of", "ticks"]

_MOST_TICKS, _MOST_LABELS = 6, 6
_DAILY, _MONTHLY = 400, 400
"""Days, and months, that one chart shows side by side; more are added up to months, and to years."""
_MONTHS_FROM = 100
"""Days above which the labels are months."""
_EVERY_DAYS, _EVERY_MONTHS = (1, 2, 3, 7, 14, 21), (1, 2, 3, 6)
_EVERY_YEARS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 2000)
_EVERY_HOURS = 3


class Span(Enum):
    """What one bar or one point of a chart over time stands for."""

    DAY = "day"
    MONTH = "month"
    YEAR = "year"

    def begin(self, day: date) -> date:
        """Return the first day of the span that the day is in."""
        if self is Span.DAY:
            return day
        return day.replace(day=1) if self is Span.MONTH else day.replace(day=1, month=1)

    def following(self, begin: date) -> date:
        """Return the first day of the span after the one that begins there."""
        if self is Span.DAY:
            return begin + timedelta(days=1)
        return self.begin(begin.replace(day=1) + timedelta(days=32 if self is Span.MONTH else 366))


def ticks(top: int) -> list[int]:
    """Return ticks from 0 to ``top`` or a little above it, in steps of 1, 2 or 5 with zeros; at most six."""
    step, factors = 1, (2, 5, 10)
    size = 1
    while top > (_MOST_TICKS - 1) * step:
        for factor in factors:
            step = size * factor
            if top <= (_MOST_TICKS - 1) * step:
                break
        else:
            size *= 10
    return [*range(0, top + step, step)] if top else [0]


def span_of(first: date, last: date) -> Span:
    """Return what a chart of this period adds up, so that it has at most some 400 places."""
    if (last - first).days < _DAILY:
        return Span.DAY
    return Span.MONTH if (last.year - first.year) * 12 + last.month - first.month < _MONTHLY else Span.YEAR


def steps_of(span: Span, first: date, last: date) -> list[date]:
    """Return the first days of all spans from ``first`` to ``last``, those without an order included."""
    begins = [span.begin(first)]
    while (following := span.following(begins[-1])) <= last:
        begins.append(following)
    return begins


def hour_labels(hours: Sequence[int]) -> Mapping[int, str]:
    """Return the labels of hours by their place: every third hour of the clock, and each hour once."""
    return {place: f"{hour:02}" for place, hour in enumerate(hours) if hour % _EVERY_HOURS == 0}


def date_labels(span: Span, begins: Sequence[date], formats: Formats) -> Mapping[int, str]:
    """Return the labels of dates by their place: at most six, at natural dates, none twice."""
    if span is Span.DAY and len(begins) <= _MONTHS_FROM:
        every = next(each for each in _EVERY_DAYS if len(begins[::each]) <= _MOST_LABELS)
        return {place: formats.day_on_axis(begins[place]) for place in range(0, len(begins), every)}
    firsts = {place: day for place, day in enumerate(begins) if day.day == 1}
    months = range(0) if span is Span.YEAR else _EVERY_MONTHS
    places = [[place for place, day in firsts.items() if (day.month - 1) % every == 0] for every in months]
    places += [
        [place for place, day in firsts.items() if day.month == 1 and day.year % every == 0] for every in _EVERY_YEARS
    ]
    chosen = next((each for each in places if 0 < len(each) <= _MOST_LABELS), list(firsts)[:1])
    days = [begins[place] for place in chosen]
    if all(day.month == 1 for day in days):
        return {place: formats.year(day) for place, day in zip(chosen, days, strict=True)}
    news = [day.year not in {each.year for each in days[:number]} for number, day in enumerate(days)]
    labels = [formats.month_on_axis(day, year=new) for day, new in zip(days, news, strict=True)]
    if len(set(labels)) < len(labels):
        labels = [formats.month_on_axis(day, year=True) for day in days]
    return dict(zip(chosen, labels, strict=True))
