"""What was done to a pattern and what was seen of it, for people to read after a run."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from rich.console import Console
from rich.table import Table

__all__ = ["FaultTable"]


@dataclass(slots=True)
class FaultTable:
    """One line a fault.

    Attributes:
        title: of the table.
        columns: what is told of each fault, after its name; ``_`` stands for a space.
    """

    title: str
    columns: tuple[str, ...]
    _rows: list[tuple[str, Mapping[str, str]]] = field(default_factory=list)

    def add(self, fault: str, **seen: str) -> None:
        """Tell of a fault; a column that has nothing to say of it stays empty.

        Raises:
            KeyError: there is no such column.
        """
        unknown = seen.keys() - set(self.columns)
        if unknown:
            raise KeyError(f"no columns {sorted(unknown)}")
        self._rows.append((fault, seen))

    def show(self) -> None:
        """Print it, unless it is empty."""
        if not self._rows:
            return
        table = Table(title=self.title, title_justify="left")
        for column in ("fault", *self.columns):
            table.add_column(column.replace("_", " "), overflow="fold")
        for fault, seen in self._rows:
            table.add_row(fault, *(seen.get(column, "") for column in self.columns))
        Console(width=160).print(table)
