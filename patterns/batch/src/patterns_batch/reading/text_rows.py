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
from patterns_batch.reading.engine_reads import NOT_READ, EngineReads, ReadBlock
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
        engine = self._csv_by_engine if head.format == "csv" else self._json_by_engine
        try:
            with EngineReads(self._database, self._folder, engine) as reads:
                while block := blocks.next():
                    reads.begin(block, self._next_row)
                    if reads.full:
                        self._take_next(reads, blocks)
                while not reads.empty:
                    self._take_next(reads, blocks)
        finally:
            self.lines = blocks.lines

    def _take_next(self, reads: EngineReads, blocks: Blocks) -> None:
        """Keep what the engine read of the next block where that is sure; else read it exactly."""
        read = reads.next(self._next_row)
        block = read.block
        take = self._take_csv if self._head.format == "csv" else self._take_json
        rest = take(read)
        if rest and not reads.put_back(rest, block):
            blocks.put_back(rest, block)
        block.path.unlink()

    def _csv_by_engine(self, connection: duckdb.DuckDBPyConnection, block: Block, first_row: int, target: Path) -> int:
        head = self._head
        if not block.plain or block.spaced or head.width > _MOST_COLUMNS:
            return NOT_READ
        return stage_csv(
            connection,
            block.path,
            target,
            width=head.width,
            places=head.places,
            delimiter=head.delimiter,
            first_row=first_row,
            first_line=block.first_line,
            quoting=block.quoted,
            replaced=block.replaced,
            prices=self._prices,
        )

    def _take_csv(self, read: ReadBlock) -> list[str]:
        """Keep the rows of a block; return the lines at its end whose row goes on in the next one."""
        head, block = self._head, read.block
        if read.rows == block.lines:
            self._keep(read.target, read.rows)
            return []
        read.target.unlink(missing_ok=True)
        records = CsvRecords(
            block.texts(),
            width=head.width,
            places=head.places,
            delimiter=head.delimiter,
            last=block.last,
            first_line=block.first_line,
        )
        numbered = ((block.first_line + line, record) for line, record in records)
        self._write(self._placed(numbered), replaced=block.replaced)
        return records.rest

    def _json_by_engine(self, connection: duckdb.DuckDBPyConnection, block: Block, first_row: int, target: Path) -> int:
        if not (block.plain and block.separator):
            return NOT_READ
        lines = _json_lines(block, first_row)
        return stage_json(connection, lines, target, replaced=block.replaced, prices=self._prices)

    def _take_json(self, read: ReadBlock) -> list[str]:
        block, first_row = read.block, self._next_row
        # A line of spaces is no row, and would leave a gap between the places.
        if read.rows != NOT_READ and (read.rows == block.lines or not _has_blank_line(block.path)):
            self._keep(read.target, read.rows)
            if read.rows != block.lines:
                self._write_doubtful(block, _json_lines(block, first_row), read.rows)
            return []
        read.target.unlink(missing_ok=True)
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
        return self._folder / f"exact-{len(self.files):05}.parquet"

    def _keep(self, target: Path, rows: int) -> None:
        if rows:
            self.files.append(target)
        self.rows += rows


def _json_lines(block: Block, first_row: int) -> JsonLines:
    with block.path.open(encoding="utf-8") as text:
        usual = names_of_line(text.readline())
    return JsonLines(block.path, block.separator, first_row, block.first_line, usual)


def _has_blank_line(path: Path) -> bool:
    with path.open(encoding="utf-8", newline="\n") as text:
        return any(not line.strip() for line in text)
