"""The page that lists all reports, newest day first."""

from collections.abc import Iterable, Mapping
from html import escape
from typing import Any
from urllib.parse import quote

from patterns_batch.page.figures import grouped, money
from patterns_batch.page.styles import page

__all__ = ["render_index"]


def render_index(entries: Iterable[Mapping[str, Any]]) -> str:
    """Return the page; an entry has ``report``, ``page`` (its key), ``empty``, ``bad`` and ``summary``."""
    rows = "\n".join(_row(entry) for entry in entries)
    body = (
        '<h1>Sales reports</h1>\n<div class="table"><table>\n<thead><tr><th scope="col">Report</th>'
        '<th scope="col">Orders</th><th scope="col">Revenue</th><th scope="col">Bad rows</th></tr></thead>\n'
        f"<tbody>\n{rows}\n</tbody>\n</table></div>"
    )
    return page("Sales reports", body)


def _row(entry: Mapping[str, Any]) -> str:
    orders = sum(one["orders"] for one in entry["summary"])
    revenue = "<br>".join(money(one["revenue"], one["currency"]) for one in entry["summary"])
    link = quote(entry["page"].removeprefix("reports/"))
    return (
        f'<tr><td><a href="{link}">{escape(entry["report"].partition("=")[2])}</a></td>'
        f"<td>{'no orders' if entry['empty'] else grouped(orders)}</td><td>{revenue}</td>"
        f"<td>{grouped(entry['bad'])}</td></tr>"
    )
