"""The report's tables as one Parquet file a day, for engines that read folders: `TABLES` says what is in each.

The day is in the folder's name (``day=2026-11-22``), as Hive has it, and not in the file. The same rows are the same
bytes: in order, by one thread.
"""

from collections.abc import Iterable
from pathlib import Path

import duckdb

from patterns_batch.engine.database import one_thread, quoted

__all__ = ["TABLES", "write_days", "write_empty"]

TABLES = {
    "orders": {
        "hour": "INTEGER",
        "currency": "VARCHAR",
        "status": "VARCHAR",
        "orders": "BIGINT",
        "revenue": "BIGINT",
        "version": "VARCHAR",
    },
    "products": {
        "hour": "INTEGER",
        "sku": "VARCHAR",
        "currency": "VARCHAR",
        "status": "VARCHAR",
        "orders": "BIGINT",
        "units": "BIGINT",
        "revenue": "BIGINT",
        "version": "VARCHAR",
    },
    "returns": {
        "hour": "INTEGER",
        "sku": "VARCHAR",
        "currency": "VARCHAR",
        "status": "VARCHAR",
        "lines": "BIGINT",
        "units": "BIGINT",
        "amount": "BIGINT",
        "version": "VARCHAR",
    },
}
"""Columns and types of each table's files, as the Glue tables have them; what they hold is that of ``write_tables``."""
_FORMAT = "FORMAT parquet, COMPRESSION zstd"


def write_days(
    database: duckdb.DuckDBPyConnection, table: str, source: Path, folder: Path, version: str
) -> dict[str, Path]:
    """Write a file for each day of a table's file as a report has it, and return them by their days."""
    columns = [f"{quoted(version)} AS version" if name == "version" else name for name in TABLES[table]]
    typed = ", ".join(f"{name}::{kind} AS {name}" for name, kind in TABLES[table].items())
    rows = f"SELECT day, {', '.join(columns)} FROM read_parquet({quoted(source)})"
    with one_thread(database):
        database.execute(
            f"COPY (SELECT day, {typed} FROM ({rows}) ORDER BY ALL) TO {quoted(folder)} ({_FORMAT}, PARTITION_BY (day))"
        )
    found = {}
    for each in sorted(folder.iterdir()) if folder.exists() else ():
        (found[each.name.removeprefix("day=")],) = each.iterdir()
    return found


def write_empty(database: duckdb.DuckDBPyConnection, tables: Iterable[str], folder: Path) -> dict[str, Path]:
    """Write a file without rows for each of the tables."""
    paths = {table: folder / f"no-{table}.parquet" for table in tables}
    for table, path in paths.items():
        typed = ", ".join(f"NULL::{kind} AS {name}" for name, kind in TABLES[table].items())
        database.execute(f"COPY (SELECT {typed} WHERE false) TO {quoted(path)} ({_FORMAT})")
    return paths
