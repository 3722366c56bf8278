"""The report as a document: what ``sales.json`` holds, and what the page is made from.

It has no clock and no run id: the same manifest gives the same bytes. Money is in minor units, in whole
numbers throughout.
"""

import json
from collections.abc import Iterable
from datetime import date
from typing import Any

from patterns_batch.days import compared_days
from patterns_batch.engine.sales import Sales
from patterns_batch.engine.terms import STANDING
from patterns_batch.manifest import FilesSource, Manifest

__all__ = ["SCHEMA_VERSION", "encode", "report_document"]

SCHEMA_VERSION = 1
_STATUSES = ("PLACED", "FULFILLED", "REJECTED", "CANCELLED")
Document = dict[str, Any]


def encode(document: Document) -> bytes:
    """Return the document as JSON."""
    return json.dumps(document, indent=1, ensure_ascii=False).encode() + b"\n"


def report_document(manifest: Manifest, sales: Sales, read: int, bad: int) -> Document:
    """Return the report of these sales."""
    source = manifest.source
    subject = _of_file(source, manifest) if isinstance(source, FilesSource) else {"date": str(manifest.date)}
    reported = {day for _, day, *_ in sales.days} if manifest.date is None else {manifest.date}
    sold = {currency for currency, day, *_ in sales.days if day in reported}
    currencies = sorted(sold | {currency for currency, *_ in sales.returns})
    return {
        "schema_version": SCHEMA_VERSION,
        "report": manifest.report,
        **subject,
        "time_zone": manifest.time_zone,
        "rows": {"read": read, "rejected": bad},
        "currencies": [_currency(currency, sales, manifest) for currency in currencies],
    }


def _of_file(source: FilesSource, manifest: Manifest) -> Document:
    """Name the file, when its version was put, and where the report of the version before is; of a list, its files."""
    previous = manifest.previous and {"report": manifest.previous.report, "page": manifest.previous.page}
    files = {"files": [file.address for file in source.files]} if source.listed else {}
    return {"input": source.address, "modified": source.modified, "previous": previous, **files}


def _currency(currency: str, sales: Sales, manifest: Manifest) -> Document:
    by_day: dict[date, list[tuple[str, int, int, int]]] = {}
    for _, day, *figures in _of(currency, sales.days):
        by_day.setdefault(day, []).append(tuple(figures))
    # A file knows nothing of the days that it does not have; the table was read for all days that are compared.
    unknown = None if manifest.date is None else _figures([])
    days = {day: _figures(rows) for day, rows in by_day.items()}
    reported = sorted(days) if manifest.date is None else [manifest.date]
    total = _figures([row for day in reported for row in by_day.get(day, [])])
    return {
        "currency": currency,
        **total,
        **_returns(_of(currency, sales.returns), total["revenue"]),
        "days": [_day(day, days, unknown) for day in reported],
        "hours": [
            {"hour": hour, "orders": orders, "units": units, "revenue": revenue}
            for _, hour, orders, units, revenue in _of(currency, sales.hours)
        ],
        "products": [
            {"sku": sku, "orders": orders, "units": units, "revenue": revenue}
            for _, sku, orders, units, revenue in _of(currency, sales.products)
        ],
        "top_customers": [
            {"customer": name, "orders": orders, "revenue": revenue}
            for _, name, orders, revenue in _of(currency, sales.customers)
        ],
    }


def _returns(rows: list[tuple[Any, ...]], revenue: int) -> Document:
    """Return what was taken back, which is apart from the revenue, and what is left of that without it."""
    lines, units, amount = (sum(row[place] for row in rows) for place in (2, 3, 4))
    products = [{"sku": sku, "lines": each, "units": taken, "amount": back} for _, sku, each, taken, back in rows]
    return {
        "returns": {"lines": lines, "units": units, "amount": amount, "products": products},
        "net_revenue": revenue - amount,
    }


def _day(day: date, days: dict[date, Document], unknown: Document | None) -> Document:
    before, week_before = compared_days(day)
    return {
        "date": str(day),
        **(days.get(day) or _figures([])),
        "day_before": days.get(before, unknown),
        "week_before": days.get(week_before, unknown),
    }


def _figures(rows: Iterable[tuple[Any, ...]]) -> Document:
    """Return orders, units, revenue and average basket of standing orders, and orders and value by status."""
    statuses = {status: {"orders": 0, "units": 0, "revenue": 0} for status in _STATUSES}
    for status, orders, units, revenue in rows:
        for name, figure in (("orders", orders), ("units", units), ("revenue", revenue)):
            statuses[status][name] += figure
    orders, units, revenue = (
        sum(statuses[status][name] for status in STANDING) for name in ("orders", "units", "revenue")
    )
    return {
        "orders": orders,
        "units": units,
        "revenue": revenue,
        "average_basket": (2 * revenue + orders) // (2 * orders) if orders else 0,
        "cancellations": statuses["CANCELLED"]["orders"],
        "statuses": [{"status": status, **figures} for status, figures in statuses.items()],
    }


def _of(currency: str, rows: Iterable[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    return [row for row in rows if row[0] == currency]
