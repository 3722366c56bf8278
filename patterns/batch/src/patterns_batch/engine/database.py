"""One DuckDB database for one step: in memory up to a limit, beyond it on the scratch disk."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

__all__ = ["connect", "one_thread", "quoted", "session", "threads_of"]

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
    return _in_utc(database)


def session(database: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyConnection:
    """Return another connection to the database, for a thread of its own; temporary tables are not seen by it."""
    ((name,),) = database.execute("SELECT current_database()").fetchall()
    cursor = _in_utc(database.cursor())
    cursor.execute(f'USE "{name}"')
    return cursor


def threads_of(database: duckdb.DuckDBPyConnection) -> int:
    """Return how many threads the database works with."""
    (threads,) = database.execute("SELECT current_setting('threads')").fetchall()[0]
    return int(threads)


def _in_utc(database: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyConnection:
    database.execute("SET TimeZone = 'UTC'")  # each connection has a zone of its own
    return database


@contextmanager
def one_thread(database: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """Let the database work with one thread: what it writes then are the same bytes each time."""
    threads = threads_of(database)
    database.execute("SET threads = 1")
    try:
        yield
    finally:
        database.execute(f"SET threads = {threads}")


def quoted(text: str | Path) -> str:
    """Return the text as a literal of SQL, for the places that take no parameter."""
    return "'" + str(text).replace("'", "''") + "'"
