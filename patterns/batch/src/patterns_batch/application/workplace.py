"""Where one step works: its folder on the scratch disk, and its database. Both are gone when it ends."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkdtemp

import duckdb

from patterns_batch.engine.database import connect
from patterns_batch.settings import Settings

__all__ = ["Workplace", "workplace"]


@dataclass(frozen=True, slots=True)
class Workplace:
    """An empty folder, and an empty database that spills into it."""

    folder: Path
    database: duckdb.DuckDBPyConnection

    def made(self, name: str) -> Path:
        """Return a folder of this name in the folder, made if need be."""
        path = self.folder / name
        path.mkdir(exist_ok=True)
        return path


@contextmanager
def workplace(settings: Settings) -> Iterator[Workplace]:
    """Make a place to work, and clear it away afterwards."""
    folder = Path(mkdtemp(prefix="patterns-batch-", dir=settings.scratch))
    database = connect(folder, memory_mb=settings.memory_mb, threads=settings.threads)
    try:
        yield Workplace(folder, database)
    finally:
        database.close()
        shutil.rmtree(folder, ignore_errors=True)
