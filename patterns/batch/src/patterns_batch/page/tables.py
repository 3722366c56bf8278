"""Tables of a page: each row has a heading of its own, and a folded table is all there on paper."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from html import escape

__all__ = ["Row", "Table", "folded", "table"]

Row = tuple[str, ...]
_SHORT = 30
"""Rows of a table that is not cut at the end of a sheet of paper."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table, as plain text.

    Attributes:
        title: its caption.
        columns: their headings.
        rows: of as many texts.
        note: a sentence below it.
        named: the column with the heading of each row.
    """

    title: str
    columns: Sequence[str]
    rows: Sequence[Row]
    note: str = ""
    named: int = 0

    def part(self, begin: int, end: int | None, **changed: str) -> "Table":
        """Return some of the rows, with another title or note."""
        return replace(self, rows=self.rows[begin:end], **changed)  # type: ignore[arg-type]


def table(shown: Table, *, captioned: bool = True) -> str:
    """Return the table under its title, or with a title that is read out alone."""
    return f'<div class="{_classes(shown)}">{_table(shown, caption=captioned)}</div>'


def folded(shown: Table) -> str:
    """Return the table behind its title, which opens it; printed, it is open."""
    return f'<details class="{_classes(shown)}"><summary>{escape(shown.title)}</summary>{_table(shown)}</details>'


def _classes(shown: Table) -> str:
    return "table short" if len(shown.rows) <= _SHORT else "table"


def _table(shown: Table, *, caption: bool = False) -> str:
    heads = "".join(_head(column, left=place <= shown.named) for place, column in enumerate(shown.columns))
    title = f"<caption>{escape(shown.title)}</caption>" if caption else ""
    body = "\n".join(f"<tr>{_cells(row, shown.named)}</tr>" for row in shown.rows)
    note = f'\n<p class="soft">{escape(shown.note)}</p>' if shown.note else ""
    label = f' aria-label="{escape(shown.title)}"'
    return (
        f'<div class="wide" role="region"{label} tabindex="0"><table>{title}\n<thead><tr>{heads}</tr></thead>\n'
        f"<tbody>\n{body}\n</tbody>\n</table></div>{note}"
    )


def _head(column: str, *, left: bool) -> str:
    return f'<th scope="col"{" class=left" if left else ""}>{escape(column)}</th>' if column else "<td class=rank></td>"


def _cells(row: Row, named: int) -> str:
    return "".join(
        f'<th scope="row"><bdi>{escape(cell)}</bdi></th>'
        if place == named
        else f"<td{' class=rank' if place < named else ''}>{escape(cell)}</td>"
        for place, cell in enumerate(row)
    )
