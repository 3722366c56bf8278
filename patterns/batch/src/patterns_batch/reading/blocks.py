"""Blocks: some ten megabytes of whole lines in a file of its own, with what decides how it can be read."""

from codecs import BOM_UTF8
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

from patterns_batch.reading.decoding import Chunk

__all__ = ["BLOCK_BYTES", "Block", "Blocks"]

BLOCK_BYTES = 48 << 20
"""Of a block: about three row groups: a large input has few files, and little is lost when one is read twice."""


_NOTHING = Chunk(b"")
_SEPARATORS = "\x1f\x1e\x1d\x1c"


@dataclass(frozen=True, slots=True)
class Block:
    """Lines in a file, in UTF-8, each with LF at its end.

    Attributes:
        path: the file.
        first_line: number of its first line in the input, from 0.
        lines: how many it has.
        plain: whether each line is surely one row: none is empty, too long, or has a CR in it, or may have an empty
            value more than there are columns; and the first one does not begin with a byte order mark.
        quoted: whether there is a quotation mark.
        spaced: whether a quotation mark stands beside a space, where readers of CSV differ.
        replaced: whether some bytes were not UTF-8.
        separator: a character that is not in it; empty when none was found.
        last: whether the input ends with it.
    """

    path: Path
    first_line: int
    lines: int
    plain: bool
    quoted: bool
    spaced: bool
    replaced: bool
    separator: str
    last: bool


class Blocks:
    """Writes chunks into blocks, one after the other; ``lines`` is the number of the next line to be written."""

    def __init__(self, chunks: Iterator[Chunk], folder: Path, *, skip: int, columns: int, delimiter: str) -> None:
        """Take the chunks without so many lines; of CSV, its columns and its delimiter."""
        self._chunks, self._folder = _without(skip, chunks), folder
        self._csv = columns, delimiter.encode()
        self._next = next(self._chunks, None)
        self._rest = _NOTHING
        self.lines = 0

    def put_back(self, rest: Sequence[str], block: Block) -> None:
        """Let the next block begin with these lines, which this one ended with; it is not plain then."""
        text = "".join(f"{line}\n" for line in rest).encode()
        self._rest = Chunk(text, replaced=block.replaced, cut=bool(rest))
        self.lines -= len(rest)

    def next(self) -> Block | None:
        """Write the next block in place of the last one, and return it; None when all lines were written."""
        if self._next is None and not self._rest.text:
            return None
        path, first_line = self._folder / "block", self.lines
        facts, rest, self._rest = _Facts(*self._csv), self._rest, _NOTHING
        with path.open("wb") as out:
            self.lines += facts.write(rest, out)
            while self._next is not None and facts.size < BLOCK_BYTES:
                self.lines += facts.write(self._next, out)
                self._next = next(self._chunks, None)
        return Block(
            path=path,
            first_line=first_line,
            lines=self.lines - first_line,
            plain=facts.plain,
            quoted=facts.quoted,
            spaced=facts.spaced,
            replaced=facts.replaced,
            separator=min(facts.separators, default=""),
            last=self._next is None,
        )


def _without(lines: int, chunks: Iterator[Chunk]) -> Iterator[Chunk]:
    for chunk in chunks:
        text = chunk.text
        while lines and text:
            text, lines = text.partition(b"\n")[2], lines - 1
        if text:
            yield replace(chunk, text=text)


class _Facts:
    """What is known of the chunks of one block."""

    def __init__(self, columns: int, delimiter: bytes) -> None:
        self._columns, self._delimiter = columns, delimiter
        self._empty = {b"\n\n", b"\n" + delimiter * (columns - 1) + b"\n"}
        # The engine leaves a row out that has a value too many, but not when it is empty.
        self._empty_last = {delimiter + b"\n", delimiter + b'""\n'} if delimiter else set()
        # Spaces between a mark and the delimiter, or the end of the line.
        self._spaced = {b'\n "', delimiter + b' "', b'  "', b'" \n', b'" ' + delimiter, b'"  '}
        self._spaced |= {b'\t"', b'"\t'} if delimiter != b"\t" else set()
        self.size = 0
        self.separators = set(_SEPARATORS)
        self.quoted, self.spaced, self.replaced = False, False, False
        self._plain, self._ends_empty = True, False
        self._lines = self._delimiters = 0

    @property
    def plain(self) -> bool:
        """As of a block. Fewer delimiters than there must be are told by the engine; more may also be in texts."""
        return self._plain and not (self._ends_empty and self._delimiters != self._lines * (self._columns - 1))

    def write(self, chunk: Chunk, out: BinaryIO) -> int:
        """Write the chunk, and return how many lines it has."""
        text = chunk.text
        out.write(text)
        # The engine takes a mark for the encoding's, wherever in the input the block begins.
        marked = not self.size and text.startswith(BOM_UTF8)
        self.size += len(text)
        empty = any(each in text or text.startswith(each[1:]) for each in self._empty)
        self._plain = self._plain and not (chunk.cut or empty or marked or b"\r" in text)
        self.replaced = self.replaced or chunk.replaced
        self.separators = {each for each in self.separators if each.encode() not in text}
        if b'"' in text:
            self.quoted = True
            self.spaced = self.spaced or any(each in text for each in self._spaced)
        if self._delimiter:
            self._ends_empty = self._ends_empty or any(each in text for each in self._empty_last)
            self._delimiters += text.count(self._delimiter)
        lines = text.count(b"\n")
        self._lines += lines
        return lines
