"""Dead letters as people and as programs read them."""

import json
import sys
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta

from patterns_cli.queues.directory import DeadLetterQueue
from patterns_cli.queues.letter import Letter, story_of

__all__ = ["print_letters", "print_queues", "show_letters", "show_queues"]

_ID_LENGTH = 36
_COLUMNS = ("message id", "type", "event id", "order id", "reason", "failed at", "receives", "age")


def show_queues(found: Sequence[DeadLetterQueue]) -> None:
    """Show the queues: a table on a terminal, else a line each."""
    columns = ("queue", "pattern", "dead letters", "in flight", "goes back to")
    rows = [(x.name, x.pattern, str(x.queue.waiting), str(x.queue.in_flight), _way_back(x) or "-") for x in found]
    if not _show_table(columns, rows):
        _show_lines(columns, rows)


def print_queues(found: Sequence[DeadLetterQueue]) -> None:
    """Print a JSON line for each queue."""
    for x in found:
        counts = {"waiting": x.queue.waiting, "in_flight": x.queue.in_flight}
        _print({"queue": x.name, "pattern": x.pattern, **counts, "url": x.queue.url, "source": _way_back(x) or None})


def show_letters(letters: Iterable[Letter]) -> int:
    """Show the letters without their bodies, and return how many there were; a line each where there is no terminal."""
    rows = [_row(letter) for letter in letters]
    narrow = ("message, event, order", "why", "receives", "age")
    if rows and not _show_table(narrow, map(_narrowed, rows), least_width=_ID_LENGTH):
        _show_lines(_COLUMNS, rows)
    return len(rows)


def print_letters(letters: Iterable[Letter]) -> int:
    """Print a JSON line for each letter, with its body, and return how many there were."""
    count = 0
    for count, letter in enumerate(letters, 1):  # noqa: B007 - the last one is the number of them
        story = story_of(letter)
        _print(
            {
                "message_id": letter.id,
                "event_id": story.event_id or None,
                "type": story.type or None,
                "order_id": story.order_id or None,
                "reason": story.reason,
                "failed_at": story.failed_at or None,
                "receives": letter.receives,
                "sent_at": letter.sent_at.isoformat(),
                "age_seconds": int(_age(letter).total_seconds()),
                "body": letter.body,
            }
        )
    return count


def _row(letter: Letter) -> tuple[str, ...]:
    story = story_of(letter)
    known = (letter.id, story.type or "-", story.event_id or "-", story.order_id or "-", story.reason)
    return (*known, story.failed_at or "-", str(letter.receives), _told(_age(letter)))


def _way_back(queue: DeadLetterQueue) -> str:
    return ", ".join(source.name for source in queue.sources)


def _age(letter: Letter) -> timedelta:
    return max(datetime.now(UTC) - letter.sent_at, timedelta())


def _told(age: timedelta) -> str:
    for unit, length in (("d", timedelta(days=1)), ("h", timedelta(hours=1)), ("min", timedelta(minutes=1))):
        if age >= length:
            return f"{age // length} {unit}"
    return f"{age.seconds} s"


def _narrowed(row: Sequence[str]) -> tuple[str, ...]:
    """Return a letter's row with what belongs together in one cell: three ids beside each other fit no terminal."""
    message_id, type_, event_id, order_id, reason, failed_at, receives, age = row
    return f"{message_id}\n{event_id}\n{order_id}", f"{type_}: {reason}\n{failed_at}", receives, age


def _show_table(columns: Sequence[str], rows: Iterable[Sequence[str]], *, least_width: int = 0) -> bool:
    """Show a table and return True, if there is a terminal; its first column is never narrower than that."""
    from rich.console import Console  # noqa: PLC0415 - rich is slow to import and not needed for --help
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    console = Console(stderr=True)
    if not console.is_terminal:
        return False
    table = Table(*columns, show_lines=True)
    table.columns[0].min_width = least_width
    for row in rows:
        # As texts, since a reason may hold what rich takes for markup.
        table.add_row(*map(Text, row))
    console.print(table)
    return True


def _show_lines(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    for row in rows:
        sys.stderr.write("  ".join(f"{name}: {value}" for name, value in zip(columns, row, strict=True)) + "\n")


def _print(document: dict[str, object]) -> None:
    sys.stdout.write(json.dumps(document) + "\n")
