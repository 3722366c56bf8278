"""The summary: a table of checks, one of latencies, a line that says it all; plain where nobody sees colours."""

from collections.abc import Sequence
from typing import TextIO

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from patterns_cli.demo.checks import Check, Checks
from patterns_cli.demo.latencies import Latencies, RouteLatency

__all__ = ["print_report"]

_PLAIN_WIDTH = 500
"""Wide enough that no line of a log is broken."""


def print_report(stream: TextIO, checks: Checks, latencies: Latencies, *, seconds: float) -> None:
    """Print what was tried, expected and seen, and how long the answers took on this machine."""
    live = stream.isatty()
    console = Console(file=stream, width=None if live else _PLAIN_WIDTH, highlight=False)
    console.print("\n[bold]What was tried, expected and seen[/]")
    console.print(_checks_table(checks.made, live=live))
    if measured := latencies.by_route():
        console.print("\n[bold]Latency in ms, local: this machine's emulator with its cold starts, not AWS[/]")
        console.print(_latency_table(measured, live=live))
    console.print()
    console.print(_summary(checks, seconds))


def _checks_table(made: Sequence[Check], *, live: bool) -> Table:
    table = _table(live=live)
    for heading in ("", "tried", "expected", "seen"):
        table.add_column(heading, no_wrap=not live or not heading)
    for check in made:
        mark = "ok" if check.passed else "DIFFERS"
        style = "green" if check.passed else "bold red"
        # Texts may quote answers, whose brackets are no markup.
        texts = (escape(text) for text in (check.tried, check.expected, check.seen))
        table.add_row(f"[{style}]{mark}[/]", *texts)
    return table


def _latency_table(measured: Sequence[RouteLatency], *, live: bool) -> Table:
    table = _table(live=live)
    for heading in ("route (local)", "answers", "p50", "p95", "p99"):
        table.add_column(heading, justify="left" if heading.startswith("route") else "right")
    for each in measured:
        table.add_row(escape(each.route), str(each.count), *(f"{x:.1f}" for x in (each.p50, each.p95, each.p99)))
    return table


def _table(*, live: bool) -> Table:
    return Table(box=box.ROUNDED if live else None, pad_edge=live)


def _summary(checks: Checks, seconds: float) -> str:
    if checks.passed:
        return f"[green]all {len(checks.made)} checks as expected[/], traffic took {seconds:.1f} s"
    return f"[bold red]{checks.differences} of {len(checks.made)} checks differ[/], traffic took {seconds:.1f} s"
