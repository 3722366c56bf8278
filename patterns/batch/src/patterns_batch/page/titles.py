"""What a report is of, in words: for its page and for the mail about it."""

from datetime import date
from typing import Any

from patterns_batch.page.languages import Language
from patterns_batch.page.visible import visible

__all__ = ["changes_of", "days_of", "file_name", "period_of", "title_of"]

Document = dict[str, Any]


def title_of(document: Document, language: Language) -> str:
    """Return what the report is of, as plain text: the day in words, or the file's name and the period."""
    if "date" in document:
        return language.texts.day_title.format(day=language.formats.day(date.fromisoformat(document["date"])))
    title = language.texts.file_title.format(file=visible(file_name(document)))
    period = period_of(document, language)
    return f"{title}, {period}" if period else title


def file_name(document: Document) -> str:
    """Return the file's name, or the last folder's of several files."""
    return str(document["input"]).rstrip("/").rpartition("/")[2]


def days_of(document: Document) -> list[date]:
    """Return the days that the report has, over all currencies."""
    days = {date.fromisoformat(day["date"]) for each in document["currencies"] for day in each["days"]}
    return sorted(days)


def period_of(document: Document, language: Language) -> str:
    """Return the period of those days; empty without any."""
    days = days_of(document)
    return language.formats.period(days[0], days[-1]) if days else ""


def changes_of(day: Document, name: str, language: Language) -> list[str]:
    """Return how a day's figure changed, in words, for each day that there is to compare it with."""
    texts = (("day_before", language.texts.day_before), ("week_before", language.texts.week_before))
    return [
        text.format(change=language.change(day[name], day[then][name])) for then, text in texts if day[then] is not None
    ]
