"""Sums as files: a shard's partial, or a checkpoint. The same sums are the same bytes: in order, by one thread."""

import json
from pathlib import Path

import duckdb

from patterns_batch.engine.database import one_thread, quoted
from patterns_batch.engine.totals import TABLES, Totals

__all__ = ["FILES", "load", "save", "write_rows"]

FILES = (*(f"{table}.parquet" for table in TABLES), "rejects.parquet", "counts.json")
"""What the sums are kept in."""


def write_rows(database: duckdb.DuckDBPyConnection, query: str, path: Path) -> None:
    """Write the rows of a query that orders them, as Parquet."""
    with one_thread(database):
        database.execute(f"COPY ({query}) TO {quoted(path)} (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 122880)")


def save(database: duckdb.DuckDBPyConnection, totals: Totals, folder: Path) -> None:
    """Write the sums and the list of bad rows as ``FILES`` into the folder."""
    for table in TABLES:
        write_rows(database, f"{totals.summed(table)} ORDER BY ALL", folder / f"{table}.parquet")
    write_rows(database, 'SELECT * FROM rejects ORDER BY file, "row"', folder / "rejects.parquet")
    (folder / "counts.json").write_text(json.dumps({"read": totals.read, "bad": totals.bad}))


def load(database: duckdb.DuckDBPyConnection, totals: Totals, folder: Path) -> None:
    """Add what ``save`` wrote to the sums."""
    for table in (*TABLES, "rejects"):
        database.execute(f"INSERT INTO {table} FROM read_parquet({quoted(folder / f'{table}.parquet')})")
    counts = json.loads((folder / "counts.json").read_text())
    totals.read += counts["read"]
    totals.bad += counts["bad"]
