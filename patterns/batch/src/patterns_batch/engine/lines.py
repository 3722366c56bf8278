"""Order lines as the engine reads them: the view ``lines``, whatever they came from.

Its columns: ``row`` (from 0), ``order_id``, ``customer_id``, ``placed_us`` (UTC microseconds), ``status``,
``currency``, ``sku``, ``quantity``, ``unit_price`` (minor units), and ``malformed``: for values that could not be read
at all, the column and what it must be; else null.
"""

from pathlib import Path

import duckdb

from patterns_batch.engine.database import quoted

__all__ = ["COLUMNS", "MAX_LINES", "create_view", "order_start", "parquet_problem"]

MAX_LINES = 50
"""Lines in one order, as in the shop's domain."""

_TEXT = ("VARCHAR", "a text")
_WHOLE = ("TINYINT SMALLINT INTEGER BIGINT UTINYINT USMALLINT UINTEGER", "an integer")
_TIME = ("TIMESTAMP,TIMESTAMP WITH TIME ZONE,TIMESTAMP_NS,TIMESTAMP_MS,TIMESTAMP_S", "a timestamp in UTC")
COLUMNS = {
    "order_id": _TEXT,
    "customer_id": _TEXT,
    "placed_at": _TIME,
    "status": _TEXT,
    "currency": _TEXT,
    "sku": _TEXT,
    "quantity": _WHOLE,
    "unit_price": _WHOLE,
}
"""The input's columns, with the types that they may have in a Parquet file."""


def parquet_problem(database: duckdb.DuckDBPyConnection, path: Path) -> tuple[str, str] | None:
    """Return the first column that is missing or has a wrong type, and what is wrong; None when all are right."""
    described = database.execute(f"DESCRIBE SELECT * FROM read_parquet({quoted(path)})").fetchall()
    types = {str(name): str(kind) for name, kind, *_ in described}
    for name, (allowed, meant) in COLUMNS.items():
        if name not in types:
            return name, f"is missing; the file has {', '.join(sorted(types)) or 'no columns'}"
        if types[name] not in allowed.replace(" ", ",").split(",") and types[name] not in allowed.split(","):
            return name, f"is {types[name]} and must be {meant}"
    return None


def create_view(
    database: duckdb.DuckDBPyConnection, path: Path, *, staged: bool, rows: tuple[int, int] | None = None
) -> None:
    """Create the view on a Parquet file: somebody's, or one that ``staging`` wrote; on some of its rows, or all."""
    placed, malformed = ("placed_us", "malformed") if staged else ("epoch_us(placed_at)", "NULL::VARCHAR")
    row = "row" if staged else "file_row_number"
    only = f"WHERE {row} >= {rows[0]} AND {row} < {rows[1]}" if rows else ""
    database.execute(
        f"""
        CREATE OR REPLACE VIEW lines AS
        SELECT {row} AS row, order_id, customer_id, {placed} AS placed_us, status, currency, sku,
               quantity::BIGINT AS quantity, unit_price::BIGINT AS unit_price, {malformed} AS malformed
        FROM read_parquet({quoted(path)}, file_row_number = {not staged}) {only}
        """
    )


def order_start(database: duckdb.DuckDBPyConnection, row: int, end: int) -> int:
    """Return the first row from ``row`` on that begins an order, ``end`` if none does before it.

    So a chunk that begins and ends at such rows has whole orders. It reads a few rows more than an order may have,
    and further only for an order that is too long.
    """
    reach = MAX_LINES + 1
    while 0 < row < end:
        (found,) = database.execute(
            """
            SELECT min(row) FROM (
                SELECT row, order_id, lag(order_id) OVER (ORDER BY row) AS previous
                FROM lines WHERE row >= $row - 1 AND row < $reached
            ) WHERE row >= $row AND order_id IS DISTINCT FROM previous
            """,
            {"row": row, "reached": row + reach},
        ).fetchall()[0]
        if found is not None:
            return int(found)
        if row + reach >= end:
            return end
        reach *= 8
    return row
