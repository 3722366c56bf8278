"""What commands show to people: always on standard error, so that standard output is for programs."""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

from patterns_cli.status import PatternStatus

__all__ = ["as_data", "show_status", "show_timings", "show_urls"]


def show_urls(outputs: Mapping[str, Mapping[str, str | None]], mails: Path) -> None:
    """List the addresses that a person can open, and where mails are."""
    write = sys.stderr.write
    for pattern, names in outputs.items():
        for name, value in names.items():
            if (
                name.endswith("_url")
                and value
                and value.startswith("http")
                and not name.endswith(("_queue_url", "_dead_letter_url"))
            ):
                write(f"{pattern:10} {name:15} {value}\n")
    write(f"mails are kept as files in {mails}\n")
    write('the AWS CLI talks to it after: eval "$(uv run patterns env)"; end it with: uv run patterns down\n')


def show_timings(timings: Mapping[str, float]) -> None:
    """Show where the time went; steps that ran side by side add up to more than the total."""
    write = sys.stderr.write
    write("seconds\n")
    for step, seconds in timings.items():
        write(f"{seconds:7.2f}  {step}\n")


def show_status(statuses: Sequence[PatternStatus]) -> None:
    """Show a table of patterns and queues, then what is wrong, one line each."""
    from rich.console import Console  # noqa: PLC0415 - rich is slow to import and not needed for --help
    from rich.table import Table  # noqa: PLC0415

    console = Console(stderr=True)
    table = Table("pattern", "stack", "API", "queue or feed", "waiting", "in flight", "state")
    for status in statuses:
        rows = [(x.name, str(x.waiting), str(x.in_flight), "") for x in status.queues]
        rows += [(name, "", "", state) for name, state in (status.mappings | status.processors).items()]
        first = (status.pattern, status.stack or "not deployed", status.api or "")
        for index, row in enumerate(rows or [("", "", "", "")]):
            table.add_row(*(first if index == 0 else ("", "", "")), *row)
    if console.is_terminal:
        console.print(table)
    else:
        _show_plainly(statuses)
    for status in statuses:
        for problem in status.problems:
            console.print(f"[red]{status.pattern}: {problem}", soft_wrap=True)


def _show_plainly(statuses: Sequence[PatternStatus]) -> None:
    """Show one line for each thing: a pipe has no width to fit a table into."""
    for status in statuses:
        api = f", API {status.api}" if status.api else ""
        sys.stderr.write(f"{status.pattern}: {status.stack or 'not deployed'}{api}\n")
        for queue in status.queues:
            sys.stderr.write(f"  {queue.name}: {queue.waiting} waiting, {queue.in_flight} in flight\n")
        for name, state in (status.mappings | status.processors).items():
            sys.stderr.write(f"  {name}: {state}\n")


def as_data(statuses: Sequence[PatternStatus]) -> list[dict[str, object]]:
    """Return the same for a program."""
    return [asdict(status) for status in statuses]
