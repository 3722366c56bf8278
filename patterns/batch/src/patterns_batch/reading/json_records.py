"""Rows of JSON by Python's reader: what the engine's reader takes for valid and RFC 8259 does not is seen here."""

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any, NoReturn

from patterns_batch.engine.lines import COLUMNS
from patterns_batch.errors import BadInput
from patterns_batch.reading.decoding import LONGEST_LINE
from patterns_batch.reading.records import Record

__all__ = ["documents", "names_of_line", "record_of_line"]

_ORDER_ID = re.compile(r'"order_id"\s*:\s*"([^"\\]*)"')
_SPACE = re.compile(r"[ \t\r\n]*")


class _Members(list[tuple[str, Any]]):
    """The members of an object, with those of one name as often as they are there."""


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number of JSON")


_DECODER = json.JSONDecoder(
    object_pairs_hook=_Members, parse_int=str, parse_float=lambda text: repr(float(text)), parse_constant=_no_constant
)


def record_of_line(line: str) -> Record:
    """Return the row of a line."""
    if len(line) > LONGEST_LINE:
        return Record(problem=f"row: is longer than {LONGEST_LINE >> 20} MiB")
    try:
        value = _DECODER.decode(line)
    except (ValueError, RecursionError) as error:
        found = _ORDER_ID.search(line)
        return Record.broken(f"row: is no JSON: {_reason(error)}", found[1] if found else "")
    return _record(value)


def names_of_line(line: str) -> tuple[str, ...]:
    """Return the names of an object's members; none when they are not each there once, or it is no object."""
    try:
        value = _DECODER.decode(line)
    except (ValueError, RecursionError):
        return ()
    names = [name for name, _ in value] if isinstance(value, _Members) else []
    return tuple(names) if len(set(names)) == len(names) else ()


def documents(texts: Iterable[str], file: str) -> Iterator[tuple[int, Record]]:
    """Return the rows of one array, or of objects one after the other, each numbered from 0.

    Raises:
        BadInput: an object cannot be read; where the next one begins, cannot be known.
    """
    buffer, number = _Buffer(texts, file), 0
    array = buffer.peek() == "["
    if array:
        buffer.skip()
    while char := buffer.peek():
        if array and char == "]":
            buffer.skip()
            if buffer.peek():
                raise BadInput("is a JSON array with something behind its end", file=file)
            return
        if array and number:
            if char != ",":
                raise BadInput("is no sound JSON: a comma is missing before this row", file=file, row=number + 1)
            buffer.skip()
            buffer.peek()
        yield number, _record(buffer.value(number))
        number += 1
    if array:
        raise BadInput(f"is cut short: its JSON array does not end (after row {number})", file=file)


class _Buffer:
    """A part of the text: what is looked at, and no more."""

    def __init__(self, texts: Iterable[str], file: str) -> None:
        self._texts, self._file = iter(texts), file
        self._text, self._place = "", 0

    def peek(self) -> str:
        """Return the next character that is no space; an empty text at the end."""
        while True:
            self._place = _SPACE.match(self._text, self._place).end()  # type: ignore[union-attr] # it matches nothing, too
            if self._place < len(self._text):
                return self._text[self._place]
            if not self._more():
                return ""

    def skip(self) -> None:
        self._place += 1

    def value(self, number: int) -> object:
        """Read the value that begins here, of at most as many characters as a line of text may have."""
        while True:
            value, end, reason = self._decode(number)
            # What ends where the text does may go on.
            if end == len(self._text) and len(self._text) - self._place <= LONGEST_LINE and self._more():
                continue
            if reason:
                reason = f"is no sound JSON from this row on: {reason}"
                raise BadInput(reason, file=self._file, row=number + 1)
            self._place = end
            return value

    def _decode(self, number: int) -> tuple[object, int, str]:
        """Return the value, where it ends, and what is wrong: with less text than it needs, anything may be."""
        try:
            return *_DECODER.raw_decode(self._text, self._place), ""
        except RecursionError as error:
            raise BadInput(_reason(error), file=self._file, row=number + 1) from None
        except ValueError as error:
            return None, len(self._text), _reason(error).partition(", at character")[0]

    def _more(self) -> bool:
        text = next(self._texts, None)
        if text is None:
            return False
        self._text, self._place = self._text[self._place :] + text, 0
        return True


def _record(value: object) -> Record:
    if not isinstance(value, _Members):
        return Record(problem="row: is no JSON object")
    names = [name for name, _ in value]
    members = dict(value)
    for name in COLUMNS:
        if names.count(name) > 1:
            return Record.broken(f"{name}: is in the object more than once", _text(members.get("order_id")) or "")
    texts = {name: _text(members.get(name)) for name in COLUMNS}
    order_id = texts["order_id"] or ""
    for name, text in texts.items():
        if text is None:
            return Record.broken(f"{name}: must be a text or a number", order_id)
        if not text.isascii() and any("\ud800" <= character <= "\udfff" for character in text):
            return Record.broken(
                f"{name}: is no Unicode: it has half of a surrogate pair", "" if name == "order_id" else order_id
            )
    return Record.checked([text or "" for text in texts.values()])


def _text(value: object) -> str | None:
    """Return a value as a text; an empty one for null, None for what is neither text nor number."""
    if value is None:
        return ""
    return value if isinstance(value, str) else None


def _reason(error: ValueError | RecursionError) -> str:
    """Say what is wrong; the decoder's own words never quote the text."""
    if isinstance(error, json.JSONDecodeError):
        return f"{error.msg[:1].lower()}{error.msg[1:]}, at character {error.pos + 1}"
    return "it is nested too deeply" if isinstance(error, RecursionError) else str(error)
