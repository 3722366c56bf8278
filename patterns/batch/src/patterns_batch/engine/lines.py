"""Order lines as the engine reads them: the view ``lines``, whatever they came from.

Its columns: ``file`` (number of the input file; null for the table), ``row`` (its place; without gaps within one part
of a file), ``number`` (by which people find the row in its file, from 0), ``order_id``, ``customer_id``, ``placed_us``
(UTC microseconds), ``status``, ``currency``, ``sku``, ``quantity``, ``unit_price`` (minor units), and ``malformed``:
for values that could not be read at all, the column and what it must be; else null.
"""

from collections.abc import Sequence
from pathlib import Path

import duckdb

from patterns_batch.engine.database import quoted

__all__ = ["COLUMNS", "MAX_LINES", "count_decimals", "create_view", "order_start", "staged_lines"]

MAX_LINES = 50
"""Lines in one order, as in the shop's domain."""

_NO_DECIMALS = "unit_price: has no decimals, and most prices of the file have: it may be in minor units (cents)"
_DECIMALS = "unit_price: has decimals, and most prices of the file have none: those are in minor units (cents)"
COLUMNS = ("order_id", "customer_id", "placed_at", "status", "currency", "sku", "quantity", "unit_price")
"""The input's columns."""
_NO_ROWS = """
    SELECT NULL::INTEGER AS file, NULL::BIGINT AS row, NULL::BIGINT AS number, NULL::VARCHAR AS order_id,
           NULL::VARCHAR AS customer_id, NULL::BIGINT AS placed_us, NULL::VARCHAR AS status, NULL::VARCHAR AS currency,
           NULL::VARCHAR AS sku, NULL::BIGINT AS quantity, NULL::BIGINT AS unit_price, NULL::VARCHAR AS malformed
    WHERE false"""


def create_view(database: duckdb.DuckDBPyConnection, relations: Sequence[str]) -> None:
    """Create the view on the rows of these relations."""
    database.execute(f"CREATE OR REPLACE VIEW lines AS {' UNION ALL '.join(relations)}")


def staged_lines(
    database: duckdb.DuckDBPyConnection,
    files: Sequence[Path],
    *,
    file: int | None = None,
    decimals: bool | None = None,
) -> str:
    """Return the relation of Parquet files that were staged, of the input file with this number.

    A file's prices are in euros or in cents: where some have decimals and some do not, one kind is bad. ``decimals``
    says which kind is good; None for the one that most of these rows have.
    """
    if not files:
        return _NO_ROWS
    rows = f"read_parquet([{', '.join(map(quoted, files))}])"
    major, minor = count_decimals(database, files)
    good = major > minor if decimals is None else decimals
    bad, reason = ("NOT major", _NO_DECIMALS) if good else ("major", _DECIMALS)
    mixed = minor if good else major
    malformed = f"CASE WHEN malformed IS NULL AND {bad} THEN '{reason}' ELSE malformed END AS malformed"
    return f"""
        SELECT {"NULL" if file is None else file}::INTEGER AS file, row, number, order_id, customer_id, placed_us,
               status, currency, sku, quantity, unit_price, {malformed if mixed else "malformed"}
        FROM {rows}"""


def count_decimals(database: duckdb.DuckDBPyConnection, files: Sequence[Path]) -> tuple[int, int]:
    """Return how many prices of staged files have decimals, and how many have none though they could."""
    rows = f"read_parquet([{', '.join(map(quoted, files))}])"
    counted = database.execute(f"SELECT count(*) FILTER (major), count(*) FILTER (NOT major) FROM {rows}")
    major, minor = counted.fetchall()[0]
    return int(major), int(minor)


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
