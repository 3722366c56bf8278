"""The charts of one currency: revenue over time, hours, products and statuses."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from html import escape
from typing import Any

from patterns_batch.days import minutes_of_hours
from patterns_batch.page.axes import Span, date_labels, hour_labels, span_of, steps_of, ticks
from patterns_batch.page.charts import Chart, bars, lines, ranking
from patterns_batch.page.formats import minor_digits
from patterns_batch.page.languages import Language
from patterns_batch.page.listings import statuses_table, table_next_to_days
from patterns_batch.page.tables import table

__all__ = ["charts"]

_TOP = 10
"""Products in the chart; the table has more."""
_MOST_BARS = 62
"""Days above which a chart over time is a line, if none of them is missing."""
_FULL_HOUR = 60
Document = dict[str, Any]


def charts(each: Document, time_zone: str, language: Language) -> list[str]:
    """Return the figures with their charts, as HTML; that of the statuses has its table, which is as short."""
    texts, formats, code = language.texts, language.formats, each["currency"]
    top = each["products"][:_TOP]
    days = {date.fromisoformat(day["date"]): day["revenue"] for day in each["days"]}
    minutes = minutes_of_hours(min(days), time_zone) if len(days) == 1 else dict.fromkeys(range(24), _FULL_HOUR)
    figures = [_over_time(days, code, language), *table_next_to_days(each, language)] if len(days) > 1 else []
    if each["hours"]:
        note = _clock_note(minutes, language)
        title = texts.revenue_by_hour.format(currency=code)
        figures.append(_figure(title, _by_hour(each, "revenue", minutes, title, language), note))
        figures.append(_figure(texts.orders_by_hour, _by_hour(each, "orders", minutes, texts.orders_by_hour, language)))
    if top:
        title = texts.top_products.format(n=formats.whole(len(top)), currency=code)
        revenues = [one["revenue"] for one in top]
        figures.append(_figure(title, _ranked(title, [one["sku"] for one in top], revenues, code, language)))
    statuses = {texts.statuses[one["status"]]: one["orders"] for one in each["statuses"]}
    title = texts.orders_by_status
    by_status = _figure(title, _ranked(title, list(statuses), list(statuses.values()), "", language))
    figures.append(f"<div>{by_status}{table(statuses_table(each, language), captioned=False)}</div>")
    return figures


def _figure(title: str, svg: str, note: str = "") -> str:
    words = f'<p class="soft">{escape(note)}</p>' if note else ""
    return f'<figure class="chart"><figcaption>{escape(title)}</figcaption>{svg}{words}</figure>'


def _over_time(days: Mapping[date, int], code: str, language: Language) -> str:
    """Return revenue by day; by month or year where the period is too long for a chart of days.

    A day that the file does not have leaves a gap: it may have no orders, or not be in the file.
    """
    span = span_of(min(days), max(days))
    begins = steps_of(span, min(days), max(days))
    sums: dict[date, int] = {}
    for day, revenue in days.items():
        sums[span.begin(day)] = sums.get(span.begin(day), 0) + revenue
    values = [sums.get(begin) for begin in begins]
    title, written = {
        Span.DAY: (language.texts.by_day, language.formats.day_in_table),
        Span.MONTH: (language.texts.by_month, language.formats.month),
        Span.YEAR: (language.texts.by_year, language.formats.year),
    }[span]
    title = title.format(currency=code)
    chart = Chart(
        title=title,
        labels=[written(begin) for begin in begins],
        values=values,
        written=[_written(value, code, language) for value in values],
        axis=date_labels(span, begins, language.formats),
        ticks=_ticks(values, code, language),
    )
    draw: Callable[[Chart], str] = lines if len(values) > _MOST_BARS and None not in values else bars
    return _figure(title, draw(chart))


def _by_hour(each: Document, name: str, minutes: Mapping[int, int], title: str, language: Language) -> str:
    """Return a chart of hours; one that the day does not have is left out."""
    found = {hour["hour"]: hour[name] for hour in each["hours"]}
    hours = [hour for hour in range(24) if minutes.get(hour) or hour in found]
    values = [found.get(hour, 0) for hour in hours]
    code = each["currency"] if name == "revenue" else ""
    return bars(
        Chart(
            title=title,
            labels=[language.formats.hour(hour) for hour in hours],
            values=values,
            written=[_written(value, code, language) for value in values],
            axis=hour_labels(hours),
            ticks=_ticks(values, code, language),
        )
    )


def _ranked(title: str, labels: Sequence[str], values: Sequence[int], code: str, language: Language) -> str:
    written = [_written(value, code, language) for value in values]
    return ranking(
        Chart(
            title=title,
            labels=labels,
            values=values,
            written=written,
            ticks=_ticks(values, code, language),
        )
    )


def _ticks(values: Sequence[int | None], code: str, language: Language) -> Mapping[int, str]:
    """Return ticks with their labels; of money with a currency, else of whole numbers."""
    places = ticks(max((value for value in values if value is not None), default=0))
    return dict(zip(places, language.formats.axis(places, minor_digits(code) if code else 0), strict=True))


def _written(value: int | None, code: str, language: Language) -> str:
    if value is None:
        return ""
    return language.formats.money(value, code) if code else language.formats.whole(value)


def _clock_note(minutes: Mapping[int, int], language: Language) -> str:
    """Say which hours of a day are not of sixty minutes, since the clocks changed."""
    notes = []
    for hour in range(24):
        text = language.texts.clock_repeat if minutes.get(hour) else language.texts.clock_gap
        if minutes.get(hour) != _FULL_HOUR:
            notes.append(text.format(hour=language.formats.hour(hour), minutes=minutes.get(hour)))
    return " ".join(notes)
