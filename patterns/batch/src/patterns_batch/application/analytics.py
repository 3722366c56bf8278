"""The published reports as tables for analysts: one file a day and source, below ``analytics/TABLE/day=…/source=…/``.

A source is the shop's own table, or one file or prefix by its address, whatever version it has. What is published
last of a source's day takes the place of what was there: one object, put at once, so that no reader of a day sees
both. Which version that is, is said by ``analytics/published/…``, put before the files of the days; rows of another
version do not count for those who ask for the published one (decision record 0054).
"""

import json
import re
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field, replace
from hashlib import sha256
from pathlib import Path
from typing import Any

from patterns_batch.application.pointers import NamedFile, fetch
from patterns_batch.application.ports import Objects
from patterns_batch.application.workplace import Workplace
from patterns_batch.engine.day_files import TABLES, write_days, write_empty
from patterns_batch.errors import TryAgain
from patterns_batch.manifest import FilesSource, Manifest

__all__ = ["SHOP", "Analytics", "source_of"]

SHOP = "shop"
"""The source of reports of days."""
_ROUNDS = 10
"""Looks at what is published before others that publish the same source at the same time are left to end."""
_AT_ONCE = 8


def source_of(manifest: Manifest) -> str:
    """Return the source's name: letters, digits, dots, hyphens and underscores, the same for all versions.

    Of the files below a prefix it is the prefix's, whichever files were there.
    """
    if not isinstance(manifest.source, FilesSource):
        return SHOP
    address = manifest.source.address
    name = re.sub(r"[^A-Za-z0-9._-]+", "-", address.rstrip("/").rpartition("/")[2])[:80].strip("-.")
    return f"{name}-{sha256(address.encode()).hexdigest()[:16]}"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Published:
    """What is published of a source: of one day of the shop, or of a file.

    Attributes:
        source: the source's name.
        version: that all its rows have.
        report: the report's name.
        days: how many days have orders or returns.
        first_day: the first of them; empty without any.
        last_day: the last of them.
        age: what says which of two is the later one: when the file was put, and when the run was planned.
        files: the report's files that the rows come from.
        placed: by table, the days that have a file, also of versions before.
    """

    source: str
    version: str
    report: str
    days: int = 0
    first_day: str = ""
    last_day: str = ""
    age: tuple[str, int] = ("", 0)
    files: Mapping[str, NamedFile] = field(default_factory=dict)
    placed: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def with_days(self, days: Mapping[str, Mapping[str, Path]], before: "_Published | None") -> "_Published":
        """Return it with these days, by table; those of ``before`` stay placed."""
        held = sorted({day for table in TABLES for day in days[table]})
        placed = before.placed if before else {}
        return replace(
            self,
            days=len(held),
            first_day=held[0] if held else "",
            last_day=held[-1] if held else "",
            placed={table: tuple(sorted({*days[table], *placed.get(table, ())})) for table in TABLES},
        )

    def encode(self) -> bytes:
        """Return it as JSON on one line, as Athena reads it."""
        return json.dumps(asdict(self), ensure_ascii=False).encode() + b"\n"

    @classmethod
    def decode(cls, text: bytes) -> "_Published":
        """Return what ``encode`` wrote."""
        document: dict[str, Any] = json.loads(text)
        document["age"] = tuple(document["age"])
        document["files"] = {name: NamedFile(**file) for name, file in document["files"].items()}
        document["placed"] = {table: tuple(days) for table, days in document["placed"].items()}
        return cls(**document)


@dataclass(frozen=True, slots=True)
class Analytics:
    """Writes the tables."""

    objects: Objects

    def publish(self, place: Workplace, manifest: Manifest, files: Mapping[str, NamedFile], version: str) -> None:
        """Put the days of a report that was published as these files, unless a later version of its source was.

        Then its days are put again: a task that was killed, or two at the same time, may have left others.

        Raises:
            TryAgain: others publish the same source without an end.
        """
        source = source_of(manifest)
        key = f"analytics/published/{source if source != SHOP else f'{SHOP}-{manifest.date}'}.json"
        modified = manifest.source.modified if isinstance(manifest.source, FilesSource) else ""
        named = {f"{table}.parquet": files[f"{table}.parquet"] for table in TABLES}
        age = (modified, manifest.before)
        mine = _Published(source=source, version=version, report=manifest.report, age=age, files=named)
        wanted, days = mine, self._days(place, version, place.folder)
        for number in range(_ROUNDS):
            text = self.objects.read(key)
            there = _Published.decode(text) if text else None
            if there and there.age > wanted.age:
                folder = place.made(f"later-{number}")
                try:
                    fetch(self.objects, there.files, folder)
                except KeyError:
                    return  # the report was deleted since: there is nothing to put its days again from
                wanted, days = there, self._days(place, there.version, folder)
            wanted = wanted.with_days(days, there)
            if self._name(key, wanted.encode(), text):
                self._put(place, wanted, days)
                if self.objects.read(key) == wanted.encode():
                    return
        raise TryAgain(f"{source} is published by others at the same time: {key} changes")

    def _name(self, key: str, wanted: bytes, seen: bytes | None) -> bool:
        """Record what is published, unless the record has changed since ``seen`` was read."""
        if seen is None:
            return self.objects.create(key, wanted)
        return seen == wanted or self.objects.replace(key, wanted, seen)

    def _days(self, place: Workplace, version: str, report: Path) -> dict[str, dict[str, Path]]:
        """Return the files of the days of a report whose files are in a folder, by table and day."""
        return {
            table: write_days(place.database, table, report / f"{table}.parquet", report / f"days-of-{table}", version)
            for table in TABLES
        }

    def _put(self, place: Workplace, wanted: _Published, days: Mapping[str, Mapping[str, Path]]) -> None:
        """Put a file for each day: where this version has nothing any more, one without rows."""
        empty = write_empty(place.database, TABLES, place.folder)
        puts = [
            (f"analytics/{table}/day={day}/source={wanted.source}/{table}.parquet", days[table].get(day, empty[table]))
            for table in TABLES
            for day in wanted.placed[table]
        ]
        with ThreadPoolExecutor(_AT_ONCE) as threads:
            for _ in threads.map(lambda put: self.objects.upload(*put), puts):
                pass
