"""Opening a shard's lines, whatever they come from: afterwards the view ``lines`` has them, by row number."""

from collections.abc import Iterator
from contextlib import contextmanager

import duckdb

from patterns_batch.application.exports import fetch_export
from patterns_batch.application.ports import Inputs, Objects, OrdersTable, Stopping
from patterns_batch.application.run_keys import RunKeys
from patterns_batch.application.table_scan import scan
from patterns_batch.application.text_files import write_plain
from patterns_batch.application.workplace import Workplace
from patterns_batch.days import day_texts
from patterns_batch.engine.lines import create_view
from patterns_batch.engine.staging import count_lines, stage_csv, stage_export, stage_json_lines, stage_pages
from patterns_batch.errors import BadInput
from patterns_batch.manifest import ExportSource, FileSource, Manifest, Range, Shard

__all__ = ["Sources", "readable"]


class Sources:
    """Where lines come from."""

    def __init__(self, inputs: Inputs, table: OrdersTable, objects: Objects, stopping: Stopping) -> None:
        """Take where files and orders are, where progress is kept, and what tells of the end."""
        self._inputs = inputs
        self._table = table
        self._objects = objects
        self._stopping = stopping

    def open(self, place: Workplace, manifest: Manifest, shard: Shard) -> Range:
        """Bring the shard's lines into the view ``lines``, and return between which rows they are.

        Raises:
            BadInput: the input is empty, cut short, or no longer what it was when the run was planned.
            Stopped: the container is being stopped.
        """
        source = manifest.source
        staged = place.folder / "lines.parquet"
        if isinstance(source, ExportSource):
            keys, folder = RunKeys(manifest.run), place.made("export")
            files = fetch_export(self._objects, keys, source, shard, folder, stopping=self._stopping)
            end = stage_export(place.database, files, staged, day_texts(manifest.days))
        elif not isinstance(source, FileSource):
            pages = scan(self._table, self._objects, manifest, shard, place.made("pages"), stopping=self._stopping)
            end = stage_pages(place.database, pages, staged)
        elif source.format == "parquet":
            self._inputs.fetch(source, [source.footer, shard.data], staged)
            create_view(place.database, staged, staged=False, rows=shard.rows)
            return shard.rows
        else:
            end = self._stage_text(place, source)
        create_view(place.database, staged, staged=True)
        return 0, end

    def _stage_text(self, place: Workplace, source: FileSource) -> int:
        packed, plain, staged = (place.folder / name for name in ("packed", "plain", "lines.parquet"))
        self._inputs.fetch(source, [(0, source.size)], packed)
        lines = write_plain(packed, plain, source.compression, source.address, self._stopping)
        try:
            if count_lines(place.database, plain) != lines:
                raise BadInput("has lines that cannot be told apart: they must end in LF or CR LF", file=source.address)
            if source.format == "csv":
                rows = stage_csv(place.database, plain, staged, columns=source.columns, delimiter=source.delimiter)
            else:
                rows = stage_json_lines(place.database, plain, staged)
        except duckdb.InvalidInputException as error:
            raise _unreadable(error, source) from None
        plain.unlink()
        if not rows:
            raise BadInput("is empty: it has no rows", file=source.address)
        return lines


@contextmanager
def readable(manifest: Manifest, row: int) -> Iterator[None]:
    """Turn what the engine says of pages that it cannot decode into BadInput; ``row`` is where it began to read.

    Out of memory, a full disk, a sum that is too large: those are other errors of the engine, and no fault of the file.
    """
    try:
        yield
    except duckdb.Error as error:
        source = manifest.source
        decoding = isinstance(error, duckdb.InvalidInputException) or type(error) is duckdb.Error
        if not (decoding and isinstance(source, FileSource) and source.format == "parquet"):
            raise
        reason = f"is damaged: its data cannot be read from row {row + 1} on"
        raise BadInput(reason, file=source.address) from None


def _unreadable(error: duckdb.Error, source: FileSource) -> BadInput:
    """Tell the line from the engine's message, and nothing else: the message quotes what is in it."""
    place = str(error).partition("CSV Error on Line: ")[2].partition("\n")[0]
    row = int(place) - (source.format == "csv") if place.isdigit() else None
    reason = "is not in UTF-8, or longer than a line of text may be (2 MB)"
    return BadInput(reason, file=source.address, row=row)
