"""Sums as files: a shard's partial, or a checkpoint. The same sums are the same bytes: in order, by one thread."""

import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import duckdb

from patterns_batch.engine.database import one_thread, quoted, session, threads_of
from patterns_batch.engine.totals import TABLES, Totals

__all__ = ["FILES", "load", "save", "write_rows"]

FILES = (*(f"{table}.parquet" for table in TABLES), "rejects.parquet", "counts.json")
"""What the sums are kept in."""


def write_rows(database: duckdb.DuckDBPyConnection, query: str, path: Path) -> None:
    """Write the rows of a query that orders them, as Parquet."""
    with one_thread(database):
        _write(database, query, path)


def save(database: duckdb.DuckDBPyConnection, totals: Totals, folder: Path) -> None:
    """Write the sums and the list of bad rows as ``FILES`` into the folder, several files at once."""
    queries = [(f"{totals.summed(table)} ORDER BY ALL", folder / f"{table}.parquet") for table in TABLES]
    queries.append(('SELECT * FROM rejects ORDER BY file, "row"', folder / "rejects.parquet"))
    _write_each(database, queries)
    (folder / "counts.json").write_text(json.dumps({"read": totals.read, "bad": totals.bad}))


def load(database: duckdb.DuckDBPyConnection, totals: Totals, folder: Path) -> None:
    """Add what ``save`` wrote to the sums."""
    for table in (*TABLES, "rejects"):
        database.execute(f"INSERT INTO {table} FROM read_parquet({quoted(folder / f'{table}.parquet')})")
    counts = json.loads((folder / "counts.json").read_text())
    totals.read += counts["read"]
    totals.bad += counts["bad"]


def _write_each(database: duckdb.DuckDBPyConnection, queries: Sequence[tuple[str, Path]]) -> None:
    with ThreadPoolExecutor(threads_of(database)) as pool, one_thread(database):
        written = [pool.submit(_write_apart, session(database), query, path) for query, path in queries]
        for each in written:
            each.result()


def _write_apart(connection: duckdb.DuckDBPyConnection, query: str, path: Path) -> None:
    with connection:
        _write(connection, query, path)


def _write(connection: duckdb.DuckDBPyConnection, query: str, path: Path) -> None:
    connection.execute(f"COPY ({query}) TO {quoted(path)} (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 122880)")
