"""Opening a shard's lines, whatever they come from: afterwards the view ``lines`` has them, by row number."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import duckdb

from patterns_batch.application.exports import fetch_export
from patterns_batch.application.parquet_files import is_damage
from patterns_batch.application.ports import Inputs, Objects, OrdersTable, Stopping
from patterns_batch.application.run_keys import RunKeys
from patterns_batch.application.table_scan import scan
from patterns_batch.application.workplace import Workplace
from patterns_batch.days import day_texts
from patterns_batch.engine.lines import create_view, staged_lines
from patterns_batch.engine.parquet_columns import parquet_lines
from patterns_batch.engine.table_items import stage_export, stage_pages
from patterns_batch.errors import BadInput, Stopped
from patterns_batch.manifest import ExportSource, FileSource, FilesSource, Manifest, Part, Range, Shard
from patterns_batch.reading.text_rows import Portion, TextRows
from patterns_batch.reading.unpacking import unpack

__all__ = ["Lines", "Sources", "readable"]

_OPENED = "opened"


@dataclass(frozen=True, slots=True)
class Lines:
    """Rows that can be read now.

    Attributes:
        rows: their places, without gaps.
        relation: the relation that has them, with the columns of the view ``lines``.
        file: which they are of; None of the table.
        first: the number of the first row in a Parquet file, from 0.
    """

    rows: Range
    relation: str
    file: FileSource | None = None
    first: int = 0


class Sources:
    """Where lines come from."""

    def __init__(self, inputs: Inputs, table: OrdersTable, objects: Objects, stopping: Stopping) -> None:
        """Take where files and orders are, where progress is kept, and what tells of the end."""
        self._inputs = inputs
        self._table = table
        self._objects = objects
        self._stopping = stopping

    def open(self, place: Workplace, manifest: Manifest, shard: Shard) -> list[Lines]:
        """Bring the shard's lines into the view ``lines``, and return them part by part, in the order of their places.

        Raises:
            BadInput: the input is empty, cut short, or no longer what it was when the run was planned.
            Stopped: the container is being stopped.
        """
        place.emptied(_OPENED)  # the merge reads many shards again, and its disk has room for one
        source = manifest.source
        opened = (
            [self._part(place, manifest.prices, source, part) for part in shard.parts]
            if isinstance(source, FilesSource)
            else [self._table_lines(place, manifest, shard)]
        )
        create_view(place.database, [each.relation for each in opened])
        return opened

    def _table_lines(self, place: Workplace, manifest: Manifest, shard: Shard) -> Lines:
        staged = place.folder / "lines.parquet"
        if isinstance(manifest.source, ExportSource):
            keys, folder = RunKeys(manifest.run), place.made("export")
            files = fetch_export(self._objects, keys, manifest.source, shard, folder, stopping=self._stopping)
            end = stage_export(place.database, files, staged, day_texts(manifest.days))
        else:
            pages = scan(self._table, self._objects, manifest, shard, place.made("pages"), stopping=self._stopping)
            end = stage_pages(place.database, pages, staged)
        return Lines((0, end), staged_lines(place.database, [staged]))

    def _part(self, place: Workplace, prices: str, source: FilesSource, part: Part) -> Lines:
        file = source.files[part.file]
        if self._stopping():
            raise Stopped("stopped while the input was fetched")
        if file.format != "parquet":
            return self._text(place, prices, file, part, alone=not source.listed)
        path = place.made(_OPENED) / f"{part.place}.parquet"
        self._inputs.fetch(file, [file.footer, part.data], path)
        offset = part.place - part.rows[0]
        relation = parquet_lines(place.database, path, prices, part.rows, file=part.file, offset=offset)
        return Lines((part.rows[0] + offset, part.rows[1] + offset), relation, file, part.rows[0])

    def _text(self, place: Workplace, prices: str, file: FileSource, part: Part, *, alone: bool) -> Lines:
        packed = place.folder / "packed"
        rows = TextRows(
            place.database,
            place.made(f"{_OPENED}/text-{part.place}"),
            file,
            file=file.address,
            prices=prices,
            portion=Portion(begins=part.data[0] == 0, first_row=part.place, first_line=part.line),
        )
        self._inputs.fetch(file, [part.data], packed)
        begin, end = part.data
        os.truncate(packed, end)
        with (
            packed.open("rb") as packed_file,
            place.disk.filled_by(lambda: (packed_file.tell() - begin) / (end - begin)),
        ):
            packed_file.seek(begin)
            rows.stage(self._until_stopped(unpack(packed_file, file.compression)))
        packed.unlink()
        if not rows.rows and alone and part.data == (0, file.size):
            raise BadInput("is empty: it has no rows", file=file.address)
        relation = staged_lines(place.database, rows.files, file=part.file, decimals=file.decimals)
        return Lines((part.place, part.place + rows.rows), relation, file)

    def _until_stopped(self, pieces: Iterator[bytes]) -> Iterator[bytes]:
        for piece in pieces:
            if self._stopping():
                raise Stopped("stopped while the input was unpacked")
            yield piece


@contextmanager
def readable(lines: Lines, row: int) -> Iterator[None]:
    """Turn what the engine says of a damaged Parquet file into BadInput; it began to read at the place ``row``."""
    try:
        yield
    except duckdb.Error as error:
        if not (is_damage(error) and lines.file and lines.file.format == "parquet"):
            raise
        reason = f"is damaged: its data cannot be read from row {lines.first + row - lines.rows[0] + 1} on"
        raise BadInput(reason, file=lines.file.address) from None
