"""Documents of reports as ``report_document`` makes them, for tests of the page: any days, currencies and products."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

__all__ = ["currency", "days", "figures", "of_day", "of_file"]

_STATUSES = ("PLACED", "FULFILLED", "REJECTED", "CANCELLED")
Document = dict[str, Any]


def figures(revenue: int, orders: int = 4) -> Document:
    """Return the figures of a day or of all days."""
    statuses = [{"status": name, "orders": orders, "units": orders, "revenue": revenue} for name in _STATUSES]
    of_orders = {"orders": orders, "units": 2 * orders, "cancellations": 1, "statuses": statuses}
    return {"revenue": revenue, "average_basket": revenue // (orders or 1), **of_orders}


def currency(code: str, days: Sequence[date], products: Sequence[str], *, compared: bool = False) -> Document:
    """Return what a report has of one currency."""
    before = figures(1000) if compared else None
    return {
        "currency": code,
        **figures(1125 * len(days), 4 * len(days)),
        "returns": {"lines": 0, "units": 0, "amount": 0, "products": []},
        "net_revenue": 1125 * len(days),
        "days": [{"date": str(day), **figures(1125), "day_before": before, "week_before": before} for day in days],
        "hours": [{"hour": 9, "orders": 4, "units": 8, "revenue": 1125}],
        "products": [{"sku": sku, "orders": 1, "units": 1, "revenue": 1} for sku in products],
        "top_customers": [{"customer": "0123456789abcdef", "orders": 1, "revenue": 1}],
    }


def of_file(name: str, *currencies: Document, zone: str = "UTC") -> Document:
    """Return the report of a file."""
    rows = {"read": 12_345, "rejected": 0}
    of = {"input": f"s3://inbox/exports/{name}", "modified": "2026-11-23T01:02:03+00:00", "previous": None}
    return {"report": "input=x", "time_zone": zone, "rows": rows, "currencies": list(currencies), **of}


def of_day(day: date, *currencies: Document, zone: str = "UTC") -> Document:
    """Return the report of a day."""
    rows = {"read": 12_345, "rejected": 0}
    return {
        "report": f"date={day}",
        "date": str(day),
        "time_zone": zone,
        "rows": rows,
        "currencies": list(currencies),
    }


def days(count: int, first: date = date(2025, 1, 1)) -> list[date]:
    """Return that many days."""
    return [first + timedelta(days=number) for number in range(count)]
