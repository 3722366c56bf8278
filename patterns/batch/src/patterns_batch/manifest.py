"""What a run depends on, frozen when it is planned; every later step, and every retry, goes by it alone."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from datetime import date
from typing import Any

__all__ = ["SCHEMA_VERSION", "ExportSource", "FileSource", "Manifest", "Range", "Shard", "TableSource"]

SCHEMA_VERSION = 1
Range = tuple[int, int]
"""Begin and end, the end not included."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TableSource:
    """The orders table.

    Attributes:
        table: its name, as it was published when the run was planned.
        arn: its ARN.
        segments: into how many the scan is divided, over all shards.
    """

    table: str
    arn: str
    segments: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportSource:
    """The orders table as it was at one moment: a point-in-time export, in the run's own folder of the bucket.

    Attributes:
        table: the table's name.
        arn: its ARN.
        export: the export's id, last part of its ARN.
        exported_at: the moment, in ISO 8601.
        files_sha256: of the list of its data files, in hex.
    """

    table: str
    arn: str
    export: str
    exported_at: str
    files_sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FileSource:
    """One version of one object.

    Attributes:
        bucket: where it is.
        key: its key.
        version_id: its version; None in a bucket without versions.
        etag: what it must still be when it is read.
        size: in bytes.
        format: ``parquet``, ``csv`` or ``jsonl``.
        compression: ``none``, ``gzip`` or ``zstd``; of a Parquet file always ``none``.
        columns: of a CSV file, its header; else empty.
        delimiter: of a CSV file; else empty.
        footer: of a Parquet file, the bytes that hold its metadata.
        rows: of a Parquet file, how many it has.
    """

    bucket: str
    key: str
    version_id: str | None
    etag: str
    size: int
    format: str
    compression: str
    columns: tuple[str, ...] = ()
    delimiter: str = ""
    footer: Range = (0, 0)
    rows: int = 0

    @property
    def address(self) -> str:
        """How people name it."""
        return f"s3://{self.bucket}/{self.key}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Shard:
    """One part of the input.

    Attributes:
        number: from 0.
        rows: of a Parquet file, counted from 0; no order is in two shards.
        data: of a Parquet file, the bytes of the row groups that hold these rows.
        segments: of the table.
        files: of an export, counted from 0 in the list of its data files.
    """

    number: int
    rows: Range = (0, 0)
    data: Range = (0, 0)
    segments: tuple[int, ...] = ()
    files: Range = (0, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """A planned run.

    Attributes:
        run: the run's id.
        program: version of the code that planned it, and that must do the rest.
        report: where the report goes, ``date=2026-11-22`` or ``input=…``.
        source: what is read.
        shards: its parts.
        date: the day that is reported; None reports every day of a file.
        days: begin and end of each day that is read, in UTC microseconds; empty for a file, of which all is read.
        time_zone: whose days and hours are reported.
        slot_seconds: how finely the engine counts time.
        before: no order may be placed at or after this moment, in UTC microseconds.
        pseudonym_version: of the secret that keys the customers' pseudonyms.
        chunk_lines, reject_share, rejects_listed, top_customers: as in the settings.
    """

    run: str
    program: str
    report: str
    source: TableSource | ExportSource | FileSource
    shards: tuple[Shard, ...]
    date: date | None
    days: tuple[Range, ...]
    time_zone: str
    slot_seconds: int
    before: int
    pseudonym_version: str
    chunk_lines: int
    reject_share: float
    rejects_listed: int
    top_customers: int

    def encode(self) -> bytes:
        """Return the manifest as JSON."""
        (kind,) = (kind for kind, of in _KINDS.items() if isinstance(self.source, of))
        document = {"schema_version": SCHEMA_VERSION, **asdict(self)}
        document["source"] = {"kind": kind, **document["source"]}
        return json.dumps(document, indent=1, default=str).encode() + b"\n"

    @classmethod
    def decode(cls, text: bytes) -> "Manifest":
        """Return the manifest that ``encode`` wrote.

        Raises:
            ValueError: it is of another schema version.
        """
        document = json.loads(text)
        if document.pop("schema_version") != SCHEMA_VERSION:
            raise ValueError("the manifest is of another version of this program")
        source = dict(document["source"])
        document["source"] = _KINDS[source.pop("kind")](**_tuples(source))
        document["shards"] = tuple(Shard(**_tuples(shard)) for shard in document["shards"])
        document["days"] = tuple(tuple(day) for day in document["days"])
        document["date"] = document["date"] and date.fromisoformat(document["date"])
        return cls(**{field.name: document[field.name] for field in fields(cls)})


_KINDS: Mapping[str, type[TableSource | ExportSource | FileSource]] = {
    "table": TableSource,
    "export": ExportSource,
    "file": FileSource,
}


def _tuples(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: tuple(value) if isinstance(value, list) else value for name, value in values.items()}
