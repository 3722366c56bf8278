"""Where rows of a text file surely begin: seen in one pass over its bytes, many times faster than reading its rows.

Of JSON Lines every line is a row. Of CSV a value in quotation marks may have line breaks: a line begins a row when
every line before it, taken alone, ends outside quotation marks. Units of text of which that is not so are read by the
exact reader, which knows where their last row ends.
"""

import csv
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from patterns_batch.reading.csv_records import CsvRecords
from patterns_batch.reading.decoding import LONGEST_LINE, chunks
from patterns_batch.source import TextHead

__all__ = ["RowStart", "is_divisible", "row_starts"]

_PIECE = 1 << 20
_LONGEST_UNIT = 8 << 20
_MOST_EXACTLY = 64 << 20
"""Bytes that are read by the exact reader before a file is left whole: it is as slow as the work that is divided."""


@dataclass(frozen=True, slots=True)
class RowStart:
    """Where a row begins: its offset in bytes, and the number of its line, from 0 at the line after the header."""

    offset: int
    line: int


def is_divisible(head: TextHead, compression: str) -> bool:
    """Whether rows of such a file can be found from the middle of it."""
    lines = head.format in {"csv", "jsonl"} and not head.cr_ends
    return lines and head.encoding == "utf-8" and compression == "none"


def row_starts(pieces: Iterable[bytes], head: TextHead, unit: int) -> list[RowStart]:
    """Return places of a divisible file at which rows begin, about one for every ``unit`` of bytes; perhaps none."""
    found, offset, line = [], 0, -head.header_lines
    exactly, open_row = 0, list[str]()
    for text in _units(pieces, unit):
        if len(text) > _LONGEST_UNIT:
            return []
        lines = _lines(text, begins=offset == 0)
        header = max(0, min(-line, lines.count(b"\n")))
        offset, line = offset + len(text), line + lines.count(b"\n")
        if head.format == "csv" and (open_row or b'"' in lines):
            texts = [*open_row, *lines.decode().split("\n")[header:-1]]
            if open_row or not _ends_in_each_line(texts, head.delimiter):
                exactly += len(text)
                if exactly > _MOST_EXACTLY:
                    return []
                open_row = _open_row(texts, head)
        if not open_row and line >= 0:
            found.append(RowStart(offset, line))
    return found


def _units(pieces: Iterable[bytes], unit: int) -> Iterator[bytes]:
    """Return whole lines, of about so many bytes together; what follows the last line break is left out."""
    pending = b""
    for piece in pieces:
        text, begin = pending + piece, 0
        while len(text) - begin >= unit:
            end = text.rfind(b"\n", begin, begin + unit) + 1 or text.find(b"\n", begin + unit) + 1
            if not end:
                break
            yield text[begin:end]
            begin = end
        pending = text[begin:]
        if len(pending) > _LONGEST_UNIT:
            yield pending
            return
    end = pending.rfind(b"\n") + 1
    if end:
        yield pending[:end]


def _lines(text: bytes, *, begins: bool) -> bytes:
    """Return the lines as they are read: cut where they are too long, in UTF-8."""
    pieces = (text[at : at + _PIECE] for at in range(0, len(text), _PIECE))
    return b"".join(chunk.text for chunk in chunks(pieces, "utf-8", cr_ends=False, begins=begins))


def _ends_in_each_line(lines: Sequence[str], delimiter: str) -> bool:
    """Whether each line is a row: a lenient reader ends broken rows with their line, as the exact one does.

    One line more is read, which a value that is not closed would swallow.
    """
    csv.field_size_limit(2 * LONGEST_LINE)
    try:
        return sum(1 for _ in csv.reader([*lines, ""], delimiter=delimiter)) == len(lines) + 1
    except csv.Error:
        return False


def _open_row(lines: Sequence[str], head: TextHead) -> list[str]:
    """Return the lines at the end of which the row goes on."""
    records = CsvRecords(lines, width=head.width, places=head.places, delimiter=head.delimiter, last=False)
    for _ in records:
        pass
    return records.rest
