"""Tables of a page."""

from collections.abc import Iterable, Sequence
from html import escape

__all__ = ["table"]


def table(columns: Sequence[str], rows: Iterable[Sequence[str]], *, title: str, folded: bool = False) -> str:
    """Return a table under its title; a folded one opens when it is touched."""
    head = "".join(f'<th scope="col">{escape(column)}</th>' for column in columns)
    body = "\n".join(f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>" for row in rows)
    inner = f"<table>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{body}\n</tbody>\n</table>"
    if folded:
        return f'<details class="table"><summary>{escape(title)}</summary>\n{inner}\n</details>'
    return f'<div class="table"><h3>{escape(title)}</h3>\n{inner}\n</div>'
