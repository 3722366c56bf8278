"""The tables of one currency: all days, products and hours. The longer ones show their top; paper shows all."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from patterns_batch.page.languages import Language
from patterns_batch.page.tables import Row, Table, folded, table
from patterns_batch.page.visible import visible

__all__ = ["statuses_table", "table_next_to_days", "tables", "top_customers"]

_TOP, _UNFOLDED = 10, 15
"""Rows that are seen before a table is unfolded, and those that need no folding."""
_MOST_PRODUCTS, _MOST_DAYS = 2_000, 4_000
"""Rows of a table: the page stays a page. The other files of the report have all."""
_MOST_UNFOLDED_DAYS = 7
"""Days whose table is as high as their chart; more are folded."""
_MONTHS_FROM, _MOST_MONTHS = 62, 13
"""Days above which a table of months stands next to their chart, and its rows; more are folded."""

Document = dict[str, Any]


def tables(each: Document, language: Language, *, customers: bool) -> str:
    """Return all tables, as HTML; the customers' may stand elsewhere."""
    parts = [
        *_products(each, language),
        *_all_days(each, language),
        *(top_customers(each, language) if customers else []),
        folded(_hours(each, language)) if each["hours"] else "",
        *_returned(each, language),
    ]
    return "\n".join(part for part in parts if part)


def _products(each: Document, language: Language) -> list[str]:
    texts, formats = language.texts, language.formats
    code, products = each["currency"], each["products"]
    rows: list[Row] = [
        (
            formats.whole(number),
            visible(one["sku"]),
            formats.whole(one["orders"]),
            formats.whole(one["units"]),
            formats.amount(one["revenue"], code),
            formats.share(one["revenue"], each["revenue"]),
        )
        for number, one in enumerate(products[:_MOST_PRODUCTS], 1)
    ]
    columns = ["", texts.product, texts.orders, texts.units, _of_money(texts.revenue, each, language), texts.share]
    note = ""
    if len(products) > _UNFOLDED:
        top = sum(one["revenue"] for one in products[:_TOP])
        shown, count = formats.whole(_TOP), formats.whole(len(products))
        note = texts.shown_of.format(shown=shown, n=count, share=formats.share(top, each["revenue"]))
    whole = Table(title=texts.products, columns=columns, rows=rows, note=note, named=1)
    return _in_two(whole, len(products), "products.parquet", language)


def _in_two(whole: Table, count: int, file: str, language: Language) -> list[str]:
    """Return the top of a table, the rest of it folded, and how many are in the file alone."""
    if not count:
        return []
    texts, formats = language.texts, language.formats
    parts = [table(whole.part(0, _TOP if len(whole.rows) > _UNFOLDED else None))]
    if len(whole.rows) > _UNFOLDED:
        title = language.counted(texts.rest, len(whole.rows) - _TOP)
        more = count - len(whole.rows)
        note = texts.not_listed.format(n=formats.whole(more), file=file) if more else ""
        parts.append(folded(whole.part(_TOP, None, title=title, note=note)))
    return parts


def table_next_to_days(each: Document, language: Language) -> list[str]:
    """Return the table that stands next to the chart of days: the days, or the months where the days are many."""
    if len(each["days"]) <= _MOST_UNFOLDED_DAYS:
        return [table(_days(each, language))]
    months = _months(each, language)
    return [table(months)] if len(each["days"]) > _MONTHS_FROM and len(months.rows) <= _MOST_MONTHS else []


def _months(each: Document, language: Language) -> Table:
    texts, formats, code = language.texts, language.formats, each["currency"]
    sums: dict[date, list[int]] = {}
    for day in each["days"]:
        month = sums.setdefault(date.fromisoformat(day["date"]).replace(day=1), [0, 0, 0])
        for place, figure in enumerate((1, day["orders"], day["revenue"])):
            month[place] += figure
    rows: list[Row] = [
        (
            formats.month(month),
            formats.whole(days),
            formats.whole(orders),
            formats.amount(revenue, code),
            formats.share(revenue, each["revenue"]),
        )
        for month, (days, orders, revenue) in sums.items()
    ]
    columns = [texts.month, texts.day_count, texts.orders, _of_money(texts.revenue, each, language), texts.share]
    return Table(title=texts.months, columns=columns, rows=rows)


def _all_days(each: Document, language: Language) -> list[str]:
    """Return what does not stand next to the chart of days; of a single day the tiles have it all."""
    months = _months(each, language)
    parts = [folded(months)] if len(months.rows) > _MOST_MONTHS else []
    return [*parts, folded(_days(each, language))] if len(each["days"]) > _MOST_UNFOLDED_DAYS else []


def _days(each: Document, language: Language) -> Table:
    texts, formats, code, days = language.texts, language.formats, each["currency"], each["days"]
    listed = days[-_MOST_DAYS:]
    # A file knows nothing of the days that it does not have: a column that would have dashes alone is left out.
    compared = [name for name in ("day_before", "week_before") if any(day[name] for day in listed)]
    heads = {"day_before": texts.than_day_before, "week_before": texts.than_week_before}
    rows: list[Row] = [
        (
            formats.day_in_table(date.fromisoformat(day["date"])),
            formats.whole(day["orders"]),
            formats.amount(day["revenue"], code),
            formats.amount(day["average_basket"], code),
            formats.whole(day["cancellations"]),
            *(language.change(day["revenue"], (day[name] or {}).get("revenue")) for name in compared),
        )
        for day in listed
    ]
    columns = [texts.day, texts.orders, _of_money(texts.revenue, each, language), texts.basket, texts.cancelled]
    more = len(days) - len(listed)
    note = texts.not_listed.format(n=formats.whole(more), file="sales.json") if more else ""
    title = texts.days.format(n=formats.whole(len(listed)))
    return Table(title=title, columns=[*columns, *(heads[name] for name in compared)], rows=rows, note=note)


def top_customers(each: Document, language: Language) -> list[str]:
    """Return the table of the top customers, if there are any."""
    texts, formats, code = language.texts, language.formats, each["currency"]
    rows: list[Row] = [
        (one["customer"], formats.whole(one["orders"]), formats.amount(one["revenue"], code))
        for one in each["top_customers"]
    ]
    columns = [texts.customer, texts.orders, _of_money(texts.revenue, each, language)]
    return [table(Table(title=texts.customers, columns=columns, rows=rows))] if rows else []


def statuses_table(each: Document, language: Language) -> Table:
    """Return orders by status; it has no title, since it stands below its chart."""
    texts, formats, code = language.texts, language.formats, each["currency"]
    rows: list[Row] = [
        (
            texts.statuses[one["status"]],
            formats.whole(one["orders"]),
            formats.whole(one["units"]),
            formats.amount(one["revenue"], code),
        )
        for one in each["statuses"]
    ]
    columns = [texts.status, texts.orders, texts.units, _of_money(texts.value, each, language)]
    return Table(title=texts.orders_by_status, columns=columns, rows=rows)


def _hours(each: Document, language: Language) -> Table:
    texts, formats, code = language.texts, language.formats, each["currency"]
    rows: list[Row] = [
        (
            formats.hour(one["hour"]),
            formats.whole(one["orders"]),
            formats.whole(one["units"]),
            formats.amount(one["revenue"], code),
        )
        for one in each["hours"]
    ]
    columns = [texts.hour, texts.orders, texts.units, _of_money(texts.revenue, each, language)]
    return Table(title=texts.hours, columns=columns, rows=rows)


def _returned(each: Document, language: Language) -> list[str]:
    texts, formats, code = language.texts, language.formats, each["currency"]
    returned: Sequence[Document] = each["returns"]["products"]
    rows: list[Row] = [
        (
            visible(one["sku"]),
            formats.whole(one["lines"]),
            formats.whole(one["units"]),
            formats.amount(one["amount"], code),
        )
        for one in returned[:_MOST_PRODUCTS]
    ]
    columns = [texts.product, texts.lines, texts.units, _of_money(texts.amount, each, language)]
    return _in_two(Table(title=texts.returned, columns=columns, rows=rows), len(returned), "returns.parquet", language)


def _of_money(what: str, each: Document, language: Language) -> str:
    return language.texts.of_money.format(what=what, currency=each["currency"])
