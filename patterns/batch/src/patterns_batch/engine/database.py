"""One DuckDB database for one step: in memory up to a limit, beyond it on the scratch disk."""

from pathlib import Path

import duckdb

__all__ = ["connect", "quoted"]

_ENGINE_SHARE = 0.55
"""Of the process's memory: the rest is the interpreter, the engine's own code and what it does not count."""


def connect(scratch: Path, *, memory_mb: int, threads: int) -> duckdb.DuckDBPyConnection:
    """Return an empty database that keeps to this memory, spills below ``scratch``, and never asks the network."""
    database = duckdb.connect(
        config={
            "memory_limit": f"{int(memory_mb * _ENGINE_SHARE)}MiB",
            "threads": threads,
            "temp_directory": str(scratch / "spill"),
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
            "allow_community_extensions": False,
        }
    )
    database.execute("SET TimeZone = 'UTC'")
    return database


def quoted(text: str | Path) -> str:
    """Return the text as a literal of SQL, for the places that take no parameter."""
    return "'" + str(text).replace("'", "''") + "'"
