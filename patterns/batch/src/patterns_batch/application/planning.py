"""Planning a run: everything it depends on is looked up once, and frozen."""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from zoneinfo import ZoneInfo

from patterns_batch.application.exports import plan_export
from patterns_batch.application.parquet_files import FOOTER_TAIL, cut, footer_range, read_footer
from patterns_batch.application.ports import Inputs, Objects, OrdersTable, Pseudonyms
from patterns_batch.application.run_keys import RunKeys
from patterns_batch.application.text_files import csv_header, first_line
from patterns_batch.application.workplace import workplace
from patterns_batch.days import compared_days, day_range, microseconds, slot_seconds
from patterns_batch.engine.lines import COLUMNS
from patterns_batch.errors import BadInput
from patterns_batch.manifest import ExportSource, FileSource, Manifest, Range, Shard, TableSource
from patterns_batch.settings import Settings

__all__ = ["Planner", "parse_address", "parse_date"]

_HEAD = 1 << 18
"""Bytes of a text file that are looked at when a run is planned; more than a block of zstd takes (128 KiB)."""
_CLOCKS_DIFFER = timedelta(days=1)
"""By how much an order's time may be ahead of ours."""
_FORMATS = {".csv": "csv", ".jsonl": "jsonl", ".ndjson": "jsonl", ".json": "jsonl", ".parquet": "parquet"}
_COMPRESSIONS = {".gz": "gzip", ".zst": "zstd"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Planner:
    """Plans runs, given what a plan is looked up from."""

    settings: Settings
    objects: Objects
    inputs: Inputs
    table: OrdersTable
    pseudonyms: Pseudonyms
    now: Callable[[], datetime]

    def plan_date(self, run: str, day: date, export: str = "") -> Manifest:
        """Plan the report of a day from the orders table, or from this export of it.

        Raises:
            BadInput: the day lies ahead, the web API is not deployed, or the export is not whole.
        """
        return self._existing(run, f"date={day}") or self._freeze(self._of_date(run, day, export))

    def plan_input(self, run: str, bucket: str, key: str) -> Manifest:
        """Plan the report of a file.

        Raises:
            BadInput: the file is not there, is empty, cut short, of an unknown format, or lacks a column.
        """
        return self._existing(run, _report_of(bucket, key)) or self._freeze(self._of_input(run, bucket, key))

    def _existing(self, run: str, report: str) -> Manifest | None:
        """Return what the run was planned as before: it stays so, whatever has changed since."""
        text = self.objects.read(RunKeys(run).manifest)
        manifest = Manifest.decode(text) if text else None
        if manifest and manifest.report != report:
            raise BadInput(
                f"run {run} was planned for {manifest.report}, and cannot become {report}: start another run"
            )
        return manifest

    def _freeze(self, manifest: Manifest) -> Manifest:
        if self.objects.create(RunKeys(manifest.run).manifest, manifest.encode()):
            return manifest
        return self._existing(manifest.run, manifest.report) or manifest

    def _of_date(self, run: str, day: date, export: str = "") -> Manifest:
        zone = self.settings.time_zone
        today = self.now().astimezone(ZoneInfo(zone)).date()
        if day > today:
            raise BadInput(f"--date {day} is in the future: it is {today} in {zone}")
        source, shards = plan_export(self.objects, RunKeys(run), export, self.settings) if export else self._segments()
        days = tuple(day_range(each_day, zone) for each_day in (day, *compared_days(day)))
        return self._manifest(run, report=f"date={day}", source=source, shards=shards, day=day, days=days)

    def _segments(self) -> tuple[TableSource, tuple[Shard, ...]]:
        found = self.table.find()
        shards = max(1, min(self.settings.max_shards, -(-found.size // self.settings.shard_bytes)))
        each = self.settings.segments
        return TableSource(table=found.name, arn=found.arn, segments=shards * each), tuple(
            Shard(number=number, segments=tuple(range(number * each, (number + 1) * each))) for number in range(shards)
        )

    def _of_input(self, run: str, bucket: str, key: str) -> Manifest:
        file_format, compression = _format_of(key)
        found = self.inputs.describe(bucket, key)
        source = FileSource(
            bucket=bucket,
            key=key,
            version_id=found.version_id,
            etag=found.etag,
            size=found.size,
            format=file_format,
            compression=compression,
        )
        if not found.size:
            raise BadInput("is empty", file=source.address)
        source, shards = self._parquet(source) if file_format == "parquet" else self._text(source)
        return self._manifest(run, report=_report_of(bucket, key), source=source, shards=shards, day=None, days=())

    def _parquet(self, source: FileSource) -> tuple[FileSource, tuple[Shard, ...]]:
        tail = self.inputs.read(source, (max(0, source.size - FOOTER_TAIL), source.size))
        footer = footer_range(tail, source.size, source.address)
        with workplace(self.settings) as place:
            path = place.folder / "input.parquet"
            self.inputs.fetch(source, [(0, 4), footer], path)
            rows = read_footer(place.database, path, source.address)
            source = replace(source, footer=footer, rows=rows)
            limits = {"most_rows": self.settings.shard_lines, "most_shards": self.settings.max_shards}
            return source, cut(place.database, self.inputs, source, path, **limits)

    def _text(self, source: FileSource) -> tuple[FileSource, tuple[Shard, ...]]:
        """Text is one shard: to know the number of a line, all lines before it must have been read."""
        start = self.inputs.read(source, (0, min(_HEAD, source.size)))
        line = first_line(start, source.compression, source.address)
        if source.format == "csv":
            columns, delimiter = csv_header(line, list(COLUMNS), source.address)
            source = replace(source, columns=columns, delimiter=delimiter)
        return source, (Shard(number=0),)

    def _manifest(
        self,
        run: str,
        *,
        report: str,
        source: TableSource | ExportSource | FileSource,
        shards: tuple[Shard, ...],
        day: date | None,
        days: tuple[Range, ...],
    ) -> Manifest:
        settings = self.settings
        return Manifest(
            run=run,
            program=settings.version,
            report=report,
            source=source,
            shards=shards,
            date=day,
            days=days,
            time_zone=settings.time_zone,
            slot_seconds=slot_seconds(settings.time_zone),
            before=microseconds(self.now().astimezone(UTC) + _CLOCKS_DIFFER),
            pseudonym_version=self.pseudonyms.current_version(),
            chunk_lines=settings.chunk_lines,
            reject_share=settings.reject_share,
            rejects_listed=settings.rejects_listed,
            top_customers=settings.top_customers,
        )


def parse_date(text: str) -> date:
    """Return the day.

    Raises:
        BadInput: it is none.
    """
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = None
    # The form is looked at, too: other forms of ISO 8601 would name the same report in another way.
    if day is None or str(day) != text:
        raise BadInput(f"--date must be a day such as 2026-11-22, not {text!r}")
    return day


def parse_address(text: str) -> tuple[str, str]:
    """Return bucket and key.

    Raises:
        BadInput: the text is no ``s3://bucket/key``.
    """
    bucket, _, key = text.removeprefix("s3://").partition("/")
    if not text.startswith("s3://") or not bucket or not key:
        raise BadInput(f"--input must be s3://bucket/key, not {text!r}")
    return bucket, key


def _format_of(key: str) -> tuple[str, str]:
    name = key.rpartition("/")[2].lower()
    for ending, compression in {**_COMPRESSIONS, "": "none"}.items():
        for extension, file_format in _FORMATS.items():
            if name.endswith(extension + ending) and not (ending and file_format == "parquet"):
                return file_format, compression
    raise BadInput(
        "is of no known format: its name must end in .csv, .jsonl, .ndjson, .json (with .gz or .zst "
        "behind it when compressed) or .parquet",
        file=key,
    )


def _report_of(bucket: str, key: str) -> str:
    """Return a name that people recognise and that no other file has."""
    name = re.sub(r"[^A-Za-z0-9._-]+", "-", key.rpartition("/")[2])[:80].strip("-.")
    return f"input={name}-{sha256(f's3://{bucket}/{key}'.encode()).hexdigest()[:8]}"
