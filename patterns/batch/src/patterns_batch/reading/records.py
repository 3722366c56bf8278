"""Rows as the exact readers give them: texts, and what is wrong with them before anything is made of the texts."""

import csv
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from patterns_batch.engine.lines import COLUMNS
from patterns_batch.reading.decoding import REPLACED

__all__ = ["Record", "write_records"]

_NAMES = tuple(COLUMNS)
_LONGEST_VALUE = 1000
"""Characters of a value; no column may have as many. What was not UTF-8 is three times as long in UTF-8, and the engine
refuses lines of more than 2 MB."""
_NO_VALUES = ("",) * len(_NAMES)


class Record(NamedTuple):
    """One row; one is made for every row that is read, and a tuple is made the fastest.

    Attributes:
        values: in the order of the engine's columns, an empty text where there is none.
        problem: the column (or ``row``), a colon, and what is wrong; empty for a row that could be read.
    """

    values: Sequence[str] = _NO_VALUES
    problem: str = ""

    @classmethod
    def broken(cls, problem: str, order_id: str = "") -> "Record":
        """Return a row that could not be read, but perhaps for the order that it belongs to."""
        order_id = "" if "\n" in order_id or "\r" in order_id else order_id
        return cls([order_id if name == "order_id" else "" for name in _NAMES], problem)

    @classmethod
    def checked(cls, values: Sequence[str]) -> "Record":
        """Return a row whose values are texts of one line, as those of every order are."""
        for name, value in zip(_NAMES, values, strict=True):
            if "\n" in value or "\r" in value:
                return cls.broken(f"{name}: must not have a line break", values[0])
        return cls(values)


def write_records(records: Iterable[tuple[int, int, Record]], path: Path) -> int:
    """Write rows, with their place and number, for the engine, as CSV that needs no second look; return how many."""
    count = 0
    with path.open("w", encoding="utf-8", newline="") as out:
        write = csv.writer(out, lineterminator="\n").writerow
        for row, number, record in records:
            values = record.values
            if max(map(len, values)) > _LONGEST_VALUE:
                values = [_clipped(value) for value in values]
            write((row, number, record.problem, *values))
            count += 1
    return count


def _clipped(value: str) -> str:
    """Return at most the value's beginning, with what keeps it from being a number or a time, and from being UTF-8."""
    if len(value) <= _LONGEST_VALUE:
        return value
    return value[:_LONGEST_VALUE] + (REPLACED if REPLACED in value else "\u2026")
