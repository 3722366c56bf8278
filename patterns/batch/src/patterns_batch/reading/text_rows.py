"""A text file's rows as Parquet: block by block, by the engine where that is sure, else by the exact readers."""

import codecs
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path

import duckdb

from patterns_batch.engine.text_blocks import JsonLines, doubtful_json, stage_csv, stage_json, stage_records
from patterns_batch.errors import BadInput
from patterns_batch.reading.blocks import Block, Blocks
from patterns_batch.reading.csv_records import CsvRecords
from patterns_batch.reading.decoding import chunks, in_utf8
from patterns_batch.reading.json_records import documents, names_of_line, record_of_line
from patterns_batch.reading.records import Record, write_records
from patterns_batch.reading.unpacking import Damaged
from patterns_batch.source import TextHead

__all__ = ["Portion", "TextRows"]

_MOST_COLUMNS = 500
"""Columns up to which the engine reads CSV; of more, the exact reader keeps the few that are wanted."""
_AT_ONCE = 250_000
"""Objects of an array that are written at a time."""


@dataclass(frozen=True, slots=True)
class Portion:
    """Which portion of a file is staged; all of it by default.

    Attributes:
        begins: whether it has the file's beginning, with a mark and a header perhaps.
        first_row: the place of its first row.
        first_line: the number of its first line, from 0, without those before the file's first row.
    """

    begins: bool = True
    first_row: int = 0
    first_line: int = 0


_ALL = Portion()


class TextRows:
    """Stages a file, or whole rows of it. Rows are numbered from 0 by their lines, and have places without gaps.

    Attributes:
        files: Parquet files that were written, in order.
        lines: of the file so far, without those before the first row; for an array, its objects.
        rows: that were written.
    """

    def __init__(
        self,
        database: duckdb.DuckDBPyConnection,
        folder: Path,
        head: TextHead,
        *,
        file: str,
        prices: str,
        portion: Portion = _ALL,
    ) -> None:
        """Write into the folder; ``file`` is how the input is named to people, ``prices`` how they are written."""
        self._database, self._folder, self._head, self._file = database, folder, head, file
        self._prices, self._portion = prices, portion
        self.files: list[Path] = []
        self.lines, self.rows = portion.first_line, 0

    def stage(self, pieces: Iterable[bytes]) -> None:
        """Write all rows of a file that comes in these pieces.

        Raises:
            BadInput: it is damaged, or an array that cannot be read to its end.
        """
        try:
            if self._head.format == "json":
                self._stage_documents(pieces)
            else:
                self._stage_lines(pieces)
        except Damaged as damage:
            unit = "row" if self._head.format == "json" else "line"
            raise BadInput(f"{damage} (after {unit} {self.lines + self._head.header_lines})", file=self._file) from None

    def _stage_lines(self, pieces: Iterable[bytes]) -> None:
        head = self._head
        portion = self._portion
        found = chunks(pieces, head.encoding, cr_ends=head.cr_ends, begins=portion.begins)
        skip = head.header_lines if portion.begins else 0
        blocks = Blocks(found, self._folder, skip=skip, columns=head.width, delimiter=head.delimiter)
        blocks.lines = portion.first_line
        try:
            while block := blocks.next():
                read = self._read_csv if head.format == "csv" else self._read_json_lines
                blocks.put_back(read(block), block)
        finally:
            self.lines = blocks.lines

    def _read_csv(self, block: Block) -> list[str]:
        """Write the rows of a block; return the lines at its end whose row goes on in the next one."""
        head, target = self._head, self._next_file()
        if block.plain and not block.spaced and head.width <= _MOST_COLUMNS:
            read = stage_csv(
                self._database,
                block.path,
                target,
                width=head.width,
                places=head.places,
                delimiter=head.delimiter,
                first_row=self._next_row,
                first_line=block.first_line,
                quoting=block.quoted,
                replaced=block.replaced,
                prices=self._prices,
            )
            if read == block.lines:
                self._keep(target, read)
                return []
        with block.path.open(encoding="utf-8", newline="\n") as text:
            lines = (line.removesuffix("\n") for line in text)
            records = CsvRecords(
                lines,
                width=head.width,
                places=head.places,
                delimiter=head.delimiter,
                last=block.last,
                first_line=block.first_line,
            )
            numbered = ((block.first_line + line, record) for line, record in records)
            self._write(self._placed(numbered), replaced=block.replaced)
        return records.rest

    def _read_json_lines(self, block: Block) -> list[str]:
        if block.plain and block.separator:
            with block.path.open(encoding="utf-8") as text:
                usual = names_of_line(text.readline())
            target, lines = (
                self._next_file(),
                JsonLines(block.path, block.separator, self._next_row, block.first_line, usual),
            )
            read = stage_json(self._database, lines, target, replaced=block.replaced, prices=self._prices)
            # A line of spaces is no row, and would leave a gap between the places.
            if read == block.lines or not _has_blank_line(block.path):
                self._keep(target, read)
                if read != block.lines:
                    self._write_doubtful(block, lines, read)
                return []
        with block.path.open(encoding="utf-8", newline="\n") as text:
            found = ((number, line) for number, line in enumerate(text, start=block.first_line) if line.strip())
            records = ((number, record_of_line(line)) for number, line in found)
            self._write(self._placed(records), replaced=block.replaced)
        return []

    def _write_doubtful(self, block: Block, lines: JsonLines, read: int) -> None:
        """Write the rows that the engine left out; they have places among the rows of this block that it wrote."""
        doubtful = doubtful_json(self._database, lines)
        exact = ((row, number, record_of_line(line)) for row, number, line in doubtful)
        if read + self._write(exact, replaced=block.replaced) != block.lines:
            raise RuntimeError(f"the engine read other lines than {block.lines} of {self._file}")

    def _stage_documents(self, pieces: Iterable[bytes]) -> None:
        texts = codecs.iterdecode(in_utf8(pieces, self._head.encoding), "utf-8", errors="replace")
        found = self._counted(documents(texts, self._file))
        for first in found:
            self._write(self._placed(chain([first], islice(found, _AT_ONCE - 1))), replaced=True)

    def _counted(self, records: Iterator[tuple[int, Record]]) -> Iterator[tuple[int, Record]]:
        for row, record in records:
            self.lines = row + 1
            yield row, record

    def _placed(self, records: Iterable[tuple[int, Record]]) -> Iterator[tuple[int, int, Record]]:
        """Give the rows their places, behind those that were written."""
        return ((row, number, record) for row, (number, record) in enumerate(records, start=self._next_row))

    def _write(self, records: Iterable[tuple[int, int, Record]], *, replaced: bool) -> int:
        exact, target = self._folder / "exact.csv", self._next_file()
        written = write_records(records, exact)
        if not written:
            return 0
        if stage_records(self._database, exact, target, replaced=replaced, prices=self._prices) != written:
            raise RuntimeError(f"the engine read other rows than the {written} that were written of {self._file}")
        self._keep(target, written)
        return written

    @property
    def _next_row(self) -> int:
        return self._portion.first_row + self.rows

    def _next_file(self) -> Path:
        return self._folder / f"rows-{len(self.files):05}.parquet"

    def _keep(self, target: Path, rows: int) -> None:
        if rows:
            self.files.append(target)
        self.rows += rows


def _has_blank_line(path: Path) -> bool:
    with path.open(encoding="utf-8", newline="\n") as text:
        return any(not line.strip() for line in text)
