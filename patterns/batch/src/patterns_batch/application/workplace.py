"""Where one step works: its folder on the scratch disk, and its database. Both are gone when it ends."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkdtemp

import duckdb

from patterns_batch.application.scratch_disk import ScratchDisk
from patterns_batch.engine.database import connect
from patterns_batch.settings import Settings

__all__ = ["Workplace", "workplace"]


@dataclass(frozen=True, slots=True)
class Workplace:
    """An empty folder, and an empty database that spills into it."""

    folder: Path
    database: duckdb.DuckDBPyConnection
    disk: ScratchDisk

    def made(self, name: str) -> Path:
        """Return a folder of this name in the folder, made if need be."""
        path = self.folder / name
        path.mkdir(exist_ok=True, parents=True)
        return path

    def emptied(self, name: str) -> Path:
        """Return a folder of this name in the folder, without what was in it."""
        shutil.rmtree(self.folder / name, ignore_errors=True)
        return self.made(name)


@contextmanager
def workplace(settings: Settings, planned_gib: int = 0) -> Iterator[Workplace]:
    """Make a place to work, and clear it away afterwards; ``planned_gib`` is the disk that the plan asked for.

    Raises:
        BadInput: the disk is full.
    """
    folder = Path(mkdtemp(prefix="patterns-batch-", dir=settings.scratch))
    database = connect(folder, memory_mb=settings.memory_mb, threads=settings.threads)
    try:
        disk = ScratchDisk(folder, planned_gib)
        with disk.refusing_when_full():
            yield Workplace(folder, database, disk)
    finally:
        database.close()
        shutil.rmtree(folder, ignore_errors=True)
