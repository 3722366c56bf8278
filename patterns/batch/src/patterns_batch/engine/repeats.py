"""Orders and returns that come again: keys that are there twice, their rows, and which really are duplicates."""

from collections.abc import Sequence
from pathlib import Path

import duckdb

from patterns_batch.engine.database import quoted
from patterns_batch.engine.problems import IS_RETURN, duplicate
from patterns_batch.engine.totals import Totals

__all__ = ["find", "read_again", "take_back", "touched"]

_EARLIER = "(earlier_number + 1) || CASE WHEN earlier_file <> file THEN ' of ' || $files[earlier_file + 1] ELSE '' END"


def find(database: duckdb.DuckDBPyConnection, ids: Sequence[Path]) -> int:
    """Find the keys that are in the files more than once, and return how many places they have."""
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


def touched(database: duckdb.DuckDBPyConnection, begins: Sequence[int]) -> set[int]:
    """Return which of the parts that begin at these places, in ascending order, have any of the repeated ones."""
    database.execute("CREATE OR REPLACE TEMP TABLE begins AS SELECT unnest(?::BIGINT[]) AS begin", [list(begins)])
    found = database.execute("SELECT DISTINCT begin FROM repeated ASOF JOIN begins ON first_row >= begin").fetchall()
    return {int(begin) for (begin,) in found}


def read_again(database: duckdb.DuckDBPyConnection) -> None:
    """Keep the rows of these places, as far as ``lines`` has them: of an order's sales, or of its returns."""
    database.execute(
        f"""
        CREATE TEMP TABLE IF NOT EXISTS again AS
        SELECT *, 0::BIGINT AS first_row, 0::UBIGINT AS order_key FROM lines LIMIT 0;
        INSERT INTO again
        SELECT lines.*, first_row, order_key FROM lines
        JOIN (SELECT order_key, first_row, unnest(range(first_row, first_row + count)) AS row FROM repeated) USING (row)
        WHERE {IS_RETURN} = (order_key <> hash(order_id))
        """
    )


def take_back(database: duckdb.DuckDBPyConnection, totals: Totals, *, files: Sequence[str], listed: int) -> bool:
    """Take back, and list, the rows of every order whose id an earlier row has; return whether there were any.

    ``files`` are the names of the input files, by their numbers.
    """
    database.execute(
        """
        CREATE TEMP TABLE later AS
        SELECT * FROM (
            SELECT *, first_value(first_row) OVER whole AS earlier_row,
                   first_value(number) OVER whole AS earlier_number, first_value(file) OVER whole AS earlier_file
            FROM again WINDOW whole AS (PARTITION BY order_id, order_key ORDER BY row)
        ) WHERE first_row > earlier_row
        """
    )
    (kept,) = database.execute("SELECT count(*) FROM rejects").fetchall()[0]
    database.execute(
        f"INSERT INTO rejects SELECT file, number, order_id, {duplicate(IS_RETURN, _EARLIER)} FROM later "
        f"ORDER BY row LIMIT {max(0, listed - kept)}",
        {"files": list(files)},
    )
    # A chunk that has an order twice knows its own first row of it alone: the reason must not depend on chunks.
    database.execute(
        f"""
        UPDATE rejects SET problem = earliest.problem FROM (
            SELECT rejects.rowid AS listed, {duplicate("returned", _EARLIER)} AS problem
            FROM (SELECT order_id, file, min(number) + 1 AS place, bool_and({IS_RETURN}) AS returned,
                         any_value(earlier_file) AS earlier_file, any_value(earlier_number) AS earlier_number
                  FROM later GROUP BY order_id, order_key, file, first_row)
            JOIN rejects USING (order_id, file) WHERE rejects.problem = {duplicate("returned", "place")}
        ) AS earliest WHERE rejects.rowid = earliest.listed
        """,
        {"files": list(files)},
    )
    before = totals.bad
    totals.take_back("later")
    return totals.bad > before
