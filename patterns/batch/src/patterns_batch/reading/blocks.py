"""Blocks: some ten megabytes of whole lines in a file of its own, with what decides how it can be read."""

from codecs import BOM_UTF8
from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import BinaryIO

from patterns_batch.reading.decoding import Chunk

__all__ = ["BLOCK_BYTES", "Block", "Blocks"]

BLOCK_BYTES = 16 << 20
"""Of a block: a large input has few files, and little is lost when one is read twice, or waited for as the last."""


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
        before: lines that belong to it, and are not in the file.
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
    before: tuple[str, ...] = ()

    def texts(self) -> Iterator[str]:
        """Return its lines, without their ends."""
        yield from self.before
        with self.path.open(encoding="utf-8", newline="\n") as text:
            for line in text:
                yield line.removesuffix("\n")

    def behind(self, rest: Sequence[str], block: "Block") -> "Block":
        """Return this block with lines before its own: those that ``block``, just before it, ended with."""
        return replace(
            self,
            first_line=self.first_line - len(rest),
            lines=self.lines + len(rest),
            plain=False,
            replaced=self.replaced or block.replaced,
            before=(*rest, *self.before),
        )


class Blocks:
    """Writes chunks into blocks, each a file; ``lines`` is the number of the next line to be written."""

    def __init__(self, chunks: Iterator[Chunk], folder: Path, *, skip: int, columns: int, delimiter: str) -> None:
        """Take the chunks without so many lines; of CSV, its columns and its delimiter."""
        self._chunks, self._folder = _without(skip, chunks), folder
        self._csv = columns, delimiter.encode()
        self._next = next(self._chunks, None)
        self._rest = _NOTHING
        self._written = 0
        self.lines = 0

    def put_back(self, rest: Sequence[str], block: Block) -> None:
        """Let the next block begin with these lines, which this one ended with; it is not plain then."""
        text = "".join(f"{line}\n" for line in rest).encode()
        self._rest = Chunk(text, replaced=block.replaced, cut=bool(rest))
        self.lines -= len(rest)

    def next(self) -> Block | None:
        """Write the next block, and return it; None when all lines were written."""
        if self._next is None and not self._rest.text:
            return None
        path, first_line = self._folder / f"block-{self._written}", self.lines
        self._written += 1
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
            plain=facts.plain(path),
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
    """What is known of the chunks of one block; the text is looked through as few times as that takes."""

    def __init__(self, columns: int, delimiter: bytes) -> None:
        self._columns, self._delimiter = columns, delimiter
        self._only_delimiters = b"\n" + delimiter * (columns - 1) + b"\n"
        # Spaces between a mark and the delimiter, or the end of the line.
        self._spaced = {b'\n "', delimiter + b' "', b'  "', b'" \n', b'" ' + delimiter, b'"  '}
        self._spaced |= {b'\t"', b'"\t'} if delimiter != b"\t" else set()
        self.size = 0
        self.separators = set() if columns else set(_SEPARATORS)  # only lines of JSON are read by one
        self.quoted, self.spaced, self.replaced = False, False, False
        self._plain, self._ends_empty = True, False
        self._lines = 0

    def plain(self, path: Path) -> bool:
        """As of a block, which is in this file.

        Fewer delimiters than there must be are told by the engine; more may also be in texts.
        """
        if not (self._plain and self._ends_empty):
            return self._plain
        with path.open("rb") as file:
            delimiters = sum(text.count(self._delimiter) for text in iter(partial(file.read, 1 << 20), b""))
        return delimiters == self._lines * (self._columns - 1)

    def write(self, chunk: Chunk, out: BinaryIO) -> int:
        """Write the chunk, and return how many lines it has."""
        text = chunk.text
        out.write(text)
        # The engine takes a mark for the encoding's, wherever in the input the block begins.
        marked = not self.size and text.startswith(BOM_UTF8)
        self.size += len(text)
        lines = text.split(b"\n")
        del lines[-1]
        # One walk over the lines' last bytes takes less time than three searches for two bytes each.
        ends = {line[-1:] for line in lines}
        quoted = b'"' in text
        ends_empty = self._has_empty_end(text, ends, quoted=quoted)
        self._plain = self._plain and not (
            chunk.cut or marked or b"" in ends or b"\r" in text or (ends_empty and self._has_no_value(text))
        )
        self.replaced = self.replaced or chunk.replaced
        self.separators = {each for each in self.separators if each.encode() not in text}
        if quoted:
            self.quoted = True
            self.spaced = self.spaced or any(each in text for each in self._spaced)
        self._ends_empty = self._ends_empty or ends_empty
        self._lines += len(lines)
        return len(lines)

    def _has_empty_end(self, text: bytes, ends: Container[bytes], *, quoted: bool) -> bool:
        """Whether a line ends in an empty value: the engine leaves out a row with one too many, but not such a one."""
        delimiter = self._delimiter
        return bool(delimiter) and (delimiter[-1:] in ends or (quoted and delimiter + b'""\n' in text))

    def _has_no_value(self, text: bytes) -> bool:
        """Whether a line has nothing but delimiters."""
        return self._only_delimiters in text or text.startswith(self._only_delimiters[1:])
