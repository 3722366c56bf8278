"""Rows of CSV by Python's reader: slower than the engine's, and exact about what is wrong with a row, and where.

Quoting is per field and by the file's own delimiter (RFC 4180). A value in quotation marks may have line breaks. A mark
that is never closed spoils its own line only: what it would swallow is read as rows of its own.
"""

import csv
from collections.abc import Generator, Iterable, Iterator, Sequence
from itertools import chain
from operator import itemgetter

from patterns_batch.engine.lines import COLUMNS
from patterns_batch.reading.decoding import LONGEST_LINE
from patterns_batch.reading.records import Record

__all__ = ["CsvRecords"]

_MOST_LINES = 1000
"""Lines that one row may reach over; a quotation mark that is not closed by then counts as one that never is."""
_Numbered = Iterator[tuple[int, Record]]


class CsvRecords:
    """Reads the rows of lines; afterwards ``rest`` has the lines at the end whose row goes on behind them."""

    def __init__(
        self,
        lines: Iterable[str],
        *,
        width: int,
        places: Sequence[int],
        delimiter: str,
        last: bool,
        first_line: int = 0,
    ) -> None:
        """Take lines without their ends, and the places of the engine's columns among a row's.

        Unless the input ends with these lines, a row may go on behind them. Reasons count lines from ``first_line``.
        """
        self._first_line = first_line
        self._lines, self._last = _Taken(lines), last
        self._width, self._delimiter = width, delimiter
        self._wanted = itemgetter(*places)
        self._order_id = places[COLUMNS.index("order_id")]
        self.rest: list[str] = []
        csv.field_size_limit(2 * LONGEST_LINE)

    def __iter__(self) -> _Numbered:
        """Return each row with the number of its first line among these lines, from 0.

        Lines without any value are no rows.
        """
        lines = self._lines
        while not lines.all:
            reader = csv.reader(lines, delimiter=self._delimiter, strict=True)
            try:
                for values in reader:
                    taken = lines.row
                    if len(taken) == 1 and len(values) == self._width and "\r" not in taken[0]:
                        if any(values):
                            yield lines.number, Record(self._wanted(values))
                    elif not (yield from self._unusual(values)):
                        break
                    lines.next_row()
            except csv.Error:
                if self._goes_on():
                    self.rest = lines.row
                    return
                yield lines.number, self._broken(lines.row[0], _what_is_wrong(lines))
                lines.go_on_behind_first()

    def _goes_on(self) -> bool:
        """Whether the row needs lines that are not here yet."""
        return self._lines.all and not self._last

    def _unusual(self, values: list[str]) -> Generator[tuple[int, Record], None, bool]:
        """Judge what the reader made of other than one plain line; return whether it can go on from there."""
        number, (line, *within) = self._lines.number, self._lines.row
        if len(line) > LONGEST_LINE:
            yield number, Record(problem=f"row: is longer than {LONGEST_LINE >> 20} MiB")
        elif any(each.count(self._delimiter) >= self._width - 1 for each in within):
            # Two marks, each without its other one, look the same as one value over several lines. Neither reading
            # may count: one would swallow rows, the other would make rows of a text.
            yield number, self._broken(line, "row: a value in quotation marks goes on over lines that look like rows")
            reason = f"row: may be in a value of row {self._first_line + number + 1}"
            for position, each in enumerate(within, start=1):
                yield number + position, self._broken(each, reason)
            return True
        elif within and len(values) != self._width:
            yield number, self._broken(line, "row: a quotation mark is not closed")
        else:
            if any(value.strip() for value in values):
                yield number, self._record(values)
            return True
        self._lines.go_on_behind_first()
        return False

    def _record(self, values: Sequence[str]) -> Record:
        if len(values) == self._width:
            return Record.checked(self._wanted(values))
        order_id = values[self._order_id] if self._order_id < len(values) else ""
        return Record.broken(
            f"row: has {'fewer' if len(values) < self._width else 'more'} values than the header", order_id
        )

    def _broken(self, line: str, problem: str) -> Record:
        values = line.split(self._delimiter)
        return Record.broken(problem, values[self._order_id].strip('"') if self._order_id < len(values) else "")


class _Taken:
    """Lines as a reader takes them, those of the row that is being read kept: within one row there are bounds to them.

    Attributes:
        number: of the row's first line, from 0.
        row: its lines so far.
        all: whether the reader asked for more, and there were none.
    """

    def __init__(self, lines: Iterable[str]) -> None:
        self.number, self.all = 0, False
        self.row: list[str] = []
        self._lines = iter(lines)
        self._length = 0

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        if self._length > LONGEST_LINE or len(self.row) > _MOST_LINES:
            raise StopIteration
        line = next(self._lines, None)
        if line is None:
            self.all = True
            raise StopIteration
        self.row.append(line)
        self._length += len(line)
        return line.rstrip("\r") + "\n"

    def next_row(self) -> None:
        """Begin a row behind the lines of this one."""
        self.number += len(self.row)
        self.row, self._length = [], 0

    def go_on_behind_first(self) -> None:
        """Begin a row in the second line of this one."""
        self._lines = chain(self.row[1:], self._lines)
        self.number, self.all = self.number + 1, False
        self.row, self._length = [], 0


def _what_is_wrong(lines: _Taken) -> str:
    if len(lines.row) > 1 or lines.all:
        return "row: a quotation mark is not closed"
    if "\r" in lines.row[0].rstrip("\r"):
        return "row: has a CR that is not in quotation marks"
    return "row: has characters behind a closing quotation mark"
