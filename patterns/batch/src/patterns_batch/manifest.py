"""What a run depends on, frozen when it is planned; every later step, and every retry, goes by it alone."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from datetime import date
from itertools import pairwise
from typing import Any

from patterns_batch.source import ExportSource, FileSource, FilesSource, Range, Source, TableSource

__all__ = [
    "SCHEMA_VERSION",
    "EarlierReport",
    "ExportSource",
    "FileSource",
    "FilesSource",
    "Manifest",
    "Part",
    "Range",
    "Shard",
    "Source",
    "TableSource",
]

SCHEMA_VERSION = 5
_FILE_BITS = 40
"""A row's place has the file's number above these bits, and the row's place in the file in them."""


@dataclass(frozen=True, slots=True)
class EarlierReport:
    """The report of the version that a file had before: its name, and the key of its page."""

    report: str
    page: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Rows of one file; no order is in two parts of a file.

    Attributes:
        file: its number in the source, from 0.
        data: bytes of a text file, whole rows; of a Parquet file, the row groups that hold its rows.
        rows: of a Parquet file, counted from 0.
        line: of a text file, the number of the first line, from 0, without those before the first row.
    """

    file: int
    data: Range
    rows: Range = (0, 0)
    line: int = 0

    @property
    def place(self) -> int:
        """The place of its first row among all rows: places ascend with files and rows, with gaps between parts."""
        return (self.file << _FILE_BITS) + max(self.rows[0], self.line)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shard:
    """One portion of the input, worked on by one task.

    Attributes:
        number: from 0.
        parts: of files, in the order of their rows.
        segments: of the table.
        files: of an export, counted from 0 in the list of its data files.
    """

    number: int
    parts: tuple[Part, ...] = ()
    segments: tuple[int, ...] = ()
    files: Range = (0, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """A planned run.

    Attributes:
        run: the run's id.
        program: version of the code that planned it, and that must do the rest.
        report: where the report goes, ``date=2026-11-22`` or ``input=…``.
        previous: of a file that was overwritten, the report of its version before, if there was one at planning.
        source: what is read.
        shards: its parts.
        date: the day that is reported; None reports every day of a file.
        days: begin and end of each day that is read, in UTC microseconds; empty for a file, of which all is read.
        time_zone: whose days and hours are reported.
        slot_seconds: how finely the engine counts time.
        before: no order may be placed at or after this moment, in UTC microseconds.
        pseudonym_version: of the secret that keys the customers' pseudonyms.
        merge_group: most shards that one merge adds up; of more, groups are added up before.
        disk_gib: scratch disk of a task for a shard or a group, in GiB.
        merge_disk_gib: the same for the merge.
        chunk_lines, reject_share, rejects_listed, top_customers, prices, returns, locale: as in the settings.
    """

    run: str
    program: str
    report: str
    previous: EarlierReport | None
    source: Source
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
    prices: str = "auto"
    returns: str = "apart"
    locale: str = "en"
    merge_group: int = 32
    disk_gib: int = 21
    merge_disk_gib: int = 21

    @property
    def groups(self) -> tuple[Range, ...]:
        """Begin and end, among the shards, of each group that is added up before the merge; empty for few shards."""
        shards = len(self.shards)
        groups = -(-shards // self.merge_group)
        borders = [shards * number // groups for number in range(groups + 1)]
        return tuple(pairwise(borders)) if groups > 1 else ()

    def encode(self) -> bytes:
        """Return the manifest as JSON."""
        (kind,) = (kind for kind, of in _KINDS.items() if isinstance(self.source, of))
        document = {"schema_version": SCHEMA_VERSION, **asdict(self)}
        document["source"] = {"kind": kind, **document["source"]}
        return json.dumps(document, separators=(",", ":"), default=str).encode() + b"\n"

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
        if "files" in source:
            source["files"] = tuple(FileSource(**_tuples(file)) for file in source["files"])
        document["source"] = _KINDS[source.pop("kind")](**_tuples(source))
        document["shards"] = tuple(_shard(shard) for shard in document["shards"])
        document["days"] = tuple(tuple(day) for day in document["days"])
        document["date"] = document["date"] and date.fromisoformat(document["date"])
        document["previous"] = document["previous"] and EarlierReport(**document["previous"])
        return cls(**{field.name: document[field.name] for field in fields(cls) if field.name in document})


_KINDS: Mapping[str, type[Source]] = {
    "table": TableSource,
    "export": ExportSource,
    "files": FilesSource,
}


def _shard(values: Mapping[str, Any]) -> Shard:
    return Shard(**{**_tuples(values), "parts": tuple(Part(**_tuples(part)) for part in values["parts"])})


def _tuples(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: tuple(value) if isinstance(value, list) else value for name, value in values.items()}
