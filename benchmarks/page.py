"""The table of results in ``docs/benchmarks.md``; the prose around it is written by hand."""

from collections.abc import Iterable
from itertools import groupby
from typing import Any

from patterns_cli.marked_text import replace_between

__all__ = ["BEGIN", "END", "tables", "with_tables"]

BEGIN = "<!-- results: written by python -m benchmarks -->"
END = "<!-- end of results -->"

Row = dict[str, Any]


def tables(rows: Iterable[Row], titles: dict[str, str]) -> str:
    """Return a Markdown table for each benchmark, under its title."""
    return "\n\n".join(
        f"### {titles[benchmark]}\n\n{_table(list(same))}"
        for benchmark, same in groupby(rows, lambda row: str(row["benchmark"]))
    )


def with_tables(page: str, text: str) -> str:
    """Return the page with ``text`` between its markers.

    Raises:
        ValueError: the page has not both markers, in their order.
    """
    return replace_between(page, BEGIN, END, text)


def _table(rows: list[Row]) -> str:
    compares = any(row["peer"] is not None for row in rows)
    lines = [
        ["what", "ours", *(["peer", "ratio"] if compares else []), "unit", "goal"],
        ["---", "---:", *(["---:", "---:"] if compares else []), "---", "---"],
    ]
    for row in rows:
        peer = [_figure(row["peer"]), _ratio(row)] if compares else []
        lines.append([row["name"], _figure(row["ours"]), *peer, row["unit"], _goal(row)])
    measured = sorted({f"{row['date']}, {row['cores']} cores, Python {row['python']}" for row in rows})
    peers = sorted({row["versions"] for row in rows if row.get("versions")})
    where = f"Measured: {'; '.join(measured)}." + (f" Peers: {'; '.join(peers)}." if peers else "")
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + f"\n\n{where}"


def _figure(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:,.0f}" if value >= 1000 else f"{value:.4g}"


def _ratio(row: Row) -> str:
    if row["ratio"] is None:
        return ""
    low, high = row.get("spread") or (None, None)
    return f"{row['ratio']:.2f}" + ("" if low is None else f" ({low:.2f} to {high:.2f})")


def _goal(row: Row) -> str:
    if row["goal"] is None:
        return ""
    return f"{row['goal']}: {'met' if row['met'] else '**not met**'}"
