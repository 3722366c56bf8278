"""The page that lists all reports: days by month, files by the month of their upload, the newest first.

A table of contents leads to each month.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from html import escape
from itertools import groupby
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

from patterns_batch.page.languages import Language, languages
from patterns_batch.page.styles import page
from patterns_batch.page.visible import named

__all__ = ["render_index"]

Entry = Mapping[str, Any]
Month = tuple[date | None, list[Entry]]
"""The first day of a month, and its reports; None for files of which it is not known when they were put."""


def render_index(entries: Iterable[Entry], locale: str = "en", time_zone: str = "UTC") -> str:
    """Return the page, in the language of ``locale`` first.

    An entry has ``report``, ``page`` (its key), ``empty``, ``bad``, ``summary``, and of a file ``input`` and
    ``modified``; with ``previous``, the report of the version that the file had before. Within a month the entries stay
    in their order.
    """
    shown = list(entries)
    written = languages(locale)
    return page(written[0].texts.index_title, [(each, _list(shown, each, time_zone)) for each in written])


def _list(entries: Sequence[Entry], language: Language, time_zone: str) -> str:
    texts = language.texts
    parts = [f"<h1>{texts.index_title}</h1>"]
    if not entries:
        return "\n".join([*parts, f'<p class="note">{texts.no_reports}</p>'])
    pages = {entry["report"]: entry["page"] for entry in entries}
    days = _by_month((_day(entry), entry) for entry in entries if _day(entry))
    files = _by_month((_uploaded(entry, time_zone), entry) for entry in entries if not _day(entry))
    parts.append(f'<nav aria-label="{texts.contents}">\n<h2>{texts.contents}</h2>')
    parts += [_contents(days, "", language), _contents(files, "files-", language), "</nav>"]
    for month, found in days:
        parts.append(_section(month, "", language))
        rows = [_row(entry, _day_of(entry, language), None, language) for entry in found]
        parts.append(_table([texts.day], rows, language))
    for month, found in files:
        parts.append(_section(month, "files-", language))
        rows = [_row(entry, *_file(entry, pages, language, time_zone), language) for entry in found]
        parts.append(_table([texts.report, texts.uploaded], rows, language))
    return "\n".join(part for part in parts if part)


def _day(entry: Entry) -> date | None:
    """Return the day of a day's report."""
    kind, _, name = str(entry["report"]).partition("=")
    return date.fromisoformat(name) if kind == "date" else None


def _uploaded(entry: Entry, time_zone: str) -> date | None:
    moment = _moment(entry)
    return moment.astimezone(ZoneInfo(time_zone)).date() if moment else None


def _moment(entry: Entry) -> datetime | None:
    """Return when a file's version was put; reports of before that was recorded do not say it."""
    if not entry.get("modified"):
        return None
    moment = datetime.fromisoformat(entry["modified"])
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _by_month(found: Iterable[tuple[date | None, Entry]]) -> list[Month]:
    """Return the reports by month, the newest first; those of an unknown one last."""
    months: dict[date | None, list[Entry]] = {}
    for day, entry in found:
        months.setdefault(day and day.replace(day=1), []).append(entry)
    return sorted(months.items(), key=lambda month: month[0] or date.min, reverse=True)


def _contents(months: Sequence[Month], prefix: str, language: Language) -> str:
    """Return a list of links for each year, to its months."""
    texts, parts = language.texts, list[str]()
    for year, each in groupby(months, lambda month: month[0] and month[0].year):
        title = language.formats.year(date(year, 1, 1)) if year else ""
        heading = (texts.files_of.format(when=title) if title else texts.files) if prefix else title
        items = "\n".join(_item(month, prefix, language) for month in each)
        parts.append(f'<h3>{heading}</h3>\n<ul class="contents">\n{items}\n</ul>')
    return "\n".join(parts)


def _item(month: Month, prefix: str, language: Language) -> str:
    begin, found = month
    texts = language.texts.files_counted if prefix else language.texts.days_counted
    count = language.counted(texts, len(found))
    name = language.formats.month_alone(begin) if begin else language.texts.earlier
    return f'<li><a href="#{_anchor(begin, prefix, language)}">{name}</a> <small>{count}</small></li>'


def _section(month: date | None, prefix: str, language: Language) -> str:
    title = language.formats.month(month) if month else language.texts.earlier
    title = language.texts.files_of.format(when=title) if prefix else title
    return f'<h3 id="{_anchor(month, prefix, language)}">{title}</h3>'


def _anchor(month: date | None, prefix: str, language: Language) -> str:
    """Return a name within the page, which has each month once in each language."""
    return f"{language.code}-{prefix}{month.strftime('%Y-%m') if month else 'earlier'}"


def _day_of(entry: Entry, language: Language) -> str:
    day = _day(entry)
    return f'<a href="{_link(entry["page"])}">{language.formats.day_in_table(day) if day else ""}</a>'


def _file(entry: Entry, pages: Mapping[str, str], language: Language, time_zone: str) -> tuple[str, str]:
    """Return the link to a file's report, and when its version was put."""
    name = str(entry.get("input", entry["report"].partition("=")[2])).rstrip("/").rpartition("/")[2]
    link = f'<a href="{_link(entry["page"])}">{named(name)}</a>'
    if entry.get("previous") in pages:
        before = _link(pages[entry["previous"]])
        link += f' <small><a href="{before}">{language.texts.earlier_version}</a></small>'
    moment = _moment(entry)
    return link, language.formats.moment(moment, time_zone) if moment else ""


def _row(entry: Entry, link: str, uploaded: str | None, language: Language) -> str:
    texts, formats = language.texts, language.formats
    orders = sum(one["orders"] for one in entry["summary"])
    revenue = "<br>".join(escape(formats.money(one["revenue"], one["currency"])) for one in entry["summary"])
    cells = [*([] if uploaded is None else [uploaded]), texts.no_orders if entry["empty"] else formats.whole(orders)]
    cells += [revenue, formats.whole(entry["bad"])]
    return f'<tr><th scope="row">{link}</th>{"".join(f"<td>{cell}</td>" for cell in cells)}</tr>'


def _table(columns: Sequence[str], rows: Sequence[str], language: Language) -> str:
    texts = language.texts
    names = [*columns, texts.orders, texts.revenue, texts.rejected_rows]
    heads = "".join(
        f'<th scope="col"{"" if place else " class=left"}>{escape(name)}</th>' for place, name in enumerate(names)
    )
    body = "\n".join(rows)
    return (
        f'<div class="wide index"><table>\n<thead><tr>{heads}</tr></thead>\n<tbody>\n{body}\n</tbody>\n</table></div>'
    )


def _link(page: str) -> str:
    return quote(page.removeprefix("reports/"))
