"""The beginning of a text file: its encoding, its line ends, and what its rows look like."""

import csv
import io
import json
import re
from collections.abc import Callable, Sequence

from patterns_batch.errors import BadInput, NoRows
from patterns_batch.reading.decoding import LONGEST_LINE, encoding_of, in_utf8
from patterns_batch.reading.unpacking import Damaged, unpack
from patterns_batch.source import TextHead

__all__ = ["DELIMITERS", "read_head"]

DELIMITERS = ",;\t|"
_SIZES = (1 << 18, 1 << 22)
"""Bytes that are fetched of a file: mostly the first are enough; more than a block of zstd takes (128 KiB)."""
_LOOKED_AT = 2 * LONGEST_LINE
"""Bytes of unpacked text in which the first row's form must show."""
_EMPTY_LINES = re.compile(r"(?:[ \t]*[\r\n])*")
_SEPARATOR = re.compile(r'"?sep=(.)"?', re.IGNORECASE)
"""A first line by which spreadsheets are told the delimiter."""


def read_head(
    fetch: Callable[[int], bytes], size: int, *, file_format: str, compression: str, wanted: Sequence[str], file: str
) -> TextHead:
    """Return how a file of ``size`` bytes is read; ``fetch`` returns its first bytes, as many as it is asked for.

    Raises:
        BadInput: the file has no line, or not in this encoding or compression; or a CSV file lacks a column that is
            wanted, which is named.
    """
    text, encoding, whole = _decoded(fetch(min(_SIZES[0], size)), size, compression, file)
    empty, first, more = _first_line(text)
    if not (more or whole):
        text, encoding, whole = _decoded(fetch(min(_SIZES[1], size)), size, compression, file)
        empty, first, more = _first_line(text)
    if not first:
        raise NoRows("is empty", file=file)
    cr_ends = "\r" in empty + first
    if file_format != "csv":
        return TextHead(encoding=encoding, cr_ends=cr_ends, format=_form_of_json(first + more, whole=whole))
    header_lines, header, delimiters = _header((empty + first + more).replace("\r", "\n" if cr_ends else "\r"))
    if len(header) > LONGEST_LINE:
        raise BadInput(f"has a header of more than {LONGEST_LINE >> 20} MiB", file=file)
    columns, delimiter = _columns(header, delimiters, wanted, file)
    return TextHead(
        encoding=encoding,
        cr_ends=cr_ends,
        format="csv",
        header_lines=header_lines,
        width=len(columns),
        places=tuple(columns.index(name) for name in wanted),
        delimiter=delimiter,
    )


def _decoded(start: bytes, size: int, compression: str, file: str) -> tuple[str, str, bool]:
    """Return the beginning of the text, its encoding, and whether that is all of the text."""
    packed, whole = _unpacked(start, compression, file, whole=len(start) == size)
    encoding = encoding_of(packed, file)
    text = b"".join(in_utf8([packed], encoding)).decode(errors="replace")
    return text.replace("\r\n", "\n"), encoding, whole


def _unpacked(start: bytes, compression: str, file: str, *, whole: bool) -> tuple[bytes, bool]:
    """Return the beginning of the file without its compression, and whether that is all of it."""
    pieces, length = [], 0
    try:
        for piece in unpack(io.BytesIO(start), compression):
            pieces.append(piece)
            length += len(piece)
            if length >= _LOOKED_AT:
                whole = False
                break
    except Damaged as damage:
        # The rest was not fetched; or it is damaged further on, which whoever reads all of it finds out.
        if not pieces and (whole or not damage.cut_short):
            raise BadInput(str(damage), file=file) from None
        whole = False
    return b"".join(pieces), whole


def _first_line(text: str) -> tuple[str, str, str]:
    """Return the empty lines at the beginning, the first line that is not empty, and the text from its end on."""
    empty = _EMPTY_LINES.match(text)
    assert empty  # noqa: S101 - for the type checker: it matches nothing as well
    line, end, more = text[empty.end() :].partition("\n")
    return empty[0], line, end + more


def _header(text: str) -> tuple[int, str, str]:
    """Return how many lines come before the first row, the header, and the delimiters that it may have."""
    empty, header, more = _first_line(text)
    before, delimiters = empty.count("\n"), DELIMITERS
    separator = _SEPARATOR.fullmatch(header.strip())
    if separator:
        empty, header, _ = _first_line(more)
        before, delimiters = before + empty.count("\n"), separator[1]
    return before + 1, header, delimiters


def _columns(header: str, delimiters: str, wanted: Sequence[str], file: str) -> tuple[tuple[str, ...], str]:
    columns, delimiter = max(
        ((_names(header, each), each) for each in delimiters), key=lambda found: len(set(wanted) & set(found[0]))
    )
    for name in wanted:
        if columns.count(name) != 1:
            missing = name not in columns
            raise BadInput(
                "is missing from the header" if missing else "is in the header twice", file=file, column=name
            )
    return columns, delimiter


def _names(header: str, delimiter: str) -> tuple[str, ...]:
    csv.field_size_limit(2 * LONGEST_LINE)
    return tuple(name.strip() for name in next(csv.reader([header], delimiter=delimiter)))


def _form_of_json(text: str, *, whole: bool) -> str:
    """Tell an object on each line from one array, and from objects that are printed over several lines."""
    try:
        value, end = json.JSONDecoder().raw_decode(text)
    except (ValueError, RecursionError):
        return "json" if text.startswith("[") else "jsonl"
    if isinstance(value, list):
        alone = whole and not text[end:].strip()
        return "json" if alone or "\n" in text[:end] else "jsonl"
    return "json" if "\n" in text[:end] else "jsonl"
