"""Order ids that come again: hashes that are there twice, their rows, and which of them really are duplicates."""

from collections.abc import Sequence
from pathlib import Path

import duckdb

from patterns_batch.engine.database import quoted
from patterns_batch.engine.totals import Totals

__all__ = ["find", "read_again", "take_back", "touches"]


def find(database: duckdb.DuckDBPyConnection, ids: Sequence[Path]) -> int:
    """Find the hashes that are in the files more than once, and return how many places they have."""
    files = f"read_parquet([{', '.join(map(quoted, ids))}])"
    database.execute(
        f"""
        CREATE TEMP TABLE repeated AS
        SELECT order_key, first_row, lines::INTEGER AS count FROM {files}
        SEMI JOIN (SELECT order_key FROM {files} GROUP BY order_key HAVING count(*) > 1) USING (order_key)
        """
    )
    (places,) = database.execute("SELECT count(*) FROM repeated").fetchall()[0]
    return int(places)


def touches(database: duckdb.DuckDBPyConnection, rows: tuple[int, int] | None) -> bool:
    """Whether any of the places is among these rows; None stands for all rows."""
    begin, end = rows or (0, 1 << 62)
    found = database.execute("SELECT 1 FROM repeated WHERE first_row >= ? AND first_row < ? LIMIT 1", [begin, end])
    return found.fetchone() is not None


def read_again(database: duckdb.DuckDBPyConnection) -> None:
    """Keep the rows of these places, as far as ``lines`` has them."""
    database.execute(
        """
        CREATE TEMP TABLE IF NOT EXISTS again AS SELECT *, 0::BIGINT AS first_row FROM lines LIMIT 0;
        INSERT INTO again
        SELECT lines.*, first_row FROM lines
        JOIN (SELECT first_row, unnest(range(first_row, first_row + count)) AS row FROM repeated) USING (row)
        """
    )


def take_back(database: duckdb.DuckDBPyConnection, totals: Totals, *, listed: int) -> bool:
    """Take back, and list, the rows of every order whose id an earlier row has; return whether there were any."""
    database.execute(
        """
        CREATE TEMP TABLE later AS
        SELECT * FROM (SELECT *, min(first_row) OVER (PARTITION BY order_id) AS earlier_row FROM again)
        WHERE first_row > earlier_row
        """
    )
    (kept,) = database.execute("SELECT count(*) FROM rejects").fetchall()[0]
    database.execute(
        f"""
        INSERT INTO rejects
        SELECT row, order_id, 'order_id: is a duplicate, the order stands in row ' || (earlier_row + 1) || ' already'
        FROM later ORDER BY row LIMIT {max(0, listed - kept)}
        """
    )
    before = totals.bad
    totals.take_back("later")
    return totals.bad > before
