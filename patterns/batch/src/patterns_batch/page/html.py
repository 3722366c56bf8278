"""The report as one page: figures, charts and tables for each currency. It needs no network and runs no script.

Its words and figures are there once for each language, with a switch between them.
"""

from html import escape
from typing import Any
from urllib.parse import quote

from patterns_batch.page.cost import cost_place
from patterns_batch.page.drawings import charts
from patterns_batch.page.languages import Language, languages
from patterns_batch.page.listings import tables, top_customers
from patterns_batch.page.styles import page
from patterns_batch.page.tables import Table, folded
from patterns_batch.page.titles import changes_of, days_of, file_name, period_of, title_of
from patterns_batch.page.visible import named, visible

__all__ = ["render"]

_MOST_FILES = 200
"""Files of a list that the page names."""
Document = dict[str, Any]


def render(document: Document, locale: str = "en") -> str:
    """Return the page of the report that ``report_document`` made, in the language of ``locale`` first."""
    own, *others = languages(locale)
    return page(title_of(document, own), [(each, _report(document, each)) for each in (own, *others)])


def _report(document: Document, language: Language) -> str:
    texts, rows = language.texts, document["rows"]
    parts = [_headline(document, language)]
    if document.get("previous"):
        parts.append(_previous(document["previous"], language))
    if rows["rejected"]:
        bad, read = (language.formats.whole(rows[name]) for name in ("rejected", "read"))
        text = escape(texts.rejected.format(bad=bad, read=read))
        parts.append(f'<p class="note">{text.replace("rejects.jsonl", "<code>rejects.jsonl</code>")}</p>')
    if not document["currencies"]:
        parts.append(f'<p class="note"><b>{texts.no_sales}</b> {_nothing(document, language)}</p>')
    parts += [_currency(each, document, language) for each in document["currencies"]]
    notes = [texts.zone.format(zone=escape(document["time_zone"])), texts.counted]
    if any(each["returns"]["lines"] for each in document["currencies"]):
        notes.append(texts.returned_note)
    parts.append(f'<footer class="soft">{" ".join(notes)}{cost_place(language)}</footer>')
    return "\n".join(parts)


def _headline(document: Document, language: Language) -> str:
    """Return what the report is of: a day in words; or a file, with its period and its address."""
    if "date" in document:
        return f"<h1>{escape(title_of(document, language))}</h1>"
    heading = language.texts.file_title.format(file="\0").split("\0")
    period = period_of(document, language)
    facts = [f"<b>{escape(period)}</b>", _days_of_file(document, language)] if period else []
    return "\n".join(
        [
            f"<h1>{escape(heading[0])}{named(file_name(document))}{escape(heading[1])}</h1>",
            f'<p class="period">{" · ".join(facts)}</p>' if facts else "",
            f'<p class="soft"><code>{named(document["input"])}</code></p>',
            _files(document, language),
        ]
    )


def _files(document: Document, language: Language) -> str:
    """Return the files that a list names, folded."""
    addresses: list[str] = document.get("files", [])
    if not addresses:
        return ""
    texts, more = language.texts, len(addresses) - _MOST_FILES
    note = texts.not_listed.format(n=language.formats.whole(more), file="sales.json") if more > 0 else ""
    rows = [(visible(address),) for address in addresses[:_MOST_FILES]]
    title = language.counted(texts.file_count, len(addresses))
    return folded(Table(title=title, columns=[texts.file], rows=rows, note=note))


def _days_of_file(document: Document, language: Language) -> str:
    return language.counted(language.texts.days_of_file, len(days_of(document)))


def _nothing(document: Document, language: Language) -> str:
    return language.texts.empty_day if "date" in document else language.texts.empty_file


def _previous(previous: Document, language: Language) -> str:
    """Lead to the report of the file's version before: it is in the same bucket, two folders up from this page."""
    link = quote("../../" + previous["page"].removeprefix("reports/"))
    return f'<p class="soft">{language.texts.previous} <a href="{link}">{named(previous["report"])}</a></p>'


def _currency(each: Document, document: Document, language: Language) -> str:
    drawn = charts(each, document["time_zone"], language)
    # Two charts share a row; an odd one shares it with the customers' table.
    odd = len(drawn) % 2 == 1
    drawn += top_customers(each, language) if odd else []
    grid = "\n".join(drawn)
    return "\n".join(
        [
            f"<section>\n<h2>{escape(language.formats.currency(each['currency']))}</h2>",
            _tiles(each, language),
            f'<div class="grid">\n{grid}\n</div>',
            f'<div class="tables">\n{tables(each, language, customers=not odd)}\n</div>\n</section>',
        ]
    )


def _tiles(each: Document, language: Language) -> str:
    code, texts, formats = each["currency"], language.texts, language.formats
    tiles = [
        (texts.revenue, formats.money(each["revenue"], code), "revenue"),
        (texts.orders, formats.whole(each["orders"]), "orders"),
        (texts.units, formats.whole(each["units"]), "units"),
        (texts.basket, formats.money(each["average_basket"], code), "average_basket"),
        (texts.cancellations, formats.whole(each["cancellations"]), "cancellations"),
    ]
    if each["returns"]["lines"]:
        tiles += [
            (texts.returns, formats.money(each["returns"]["amount"], code), ""),
            (texts.net_revenue, formats.money(each["net_revenue"], code), ""),
        ]
    shown = [
        f"<div><dt>{title}</dt><dd>{value}</dd>{_compared(each, name, language)}</div>" for title, value, name in tiles
    ]
    return "\n".join(['<dl class="tiles">', *shown, "</dl>"])


def _compared(each: Document, name: str, language: Language) -> str:
    """Return how a figure of a single day changed, where there is something to compare it with."""
    if len(each["days"]) != 1 or not name:
        return ""
    (day,) = each["days"]
    return "".join(f"<dd><small>{text}</small></dd>" for text in changes_of(day, name, language))
