"""The top customers, under pseudonyms: exact, though no step holds every customer's name.

Sums are kept by a keyed 64-bit hash. A pseudonym (SHA-256 over the secret key and the customer's id, shortened) is made
only for who may be among the top: whoever is, has in some shard at least that shard's share of what it takes.
"""

from collections.abc import Sequence
from pathlib import Path

import duckdb

from patterns_batch.engine.database import quoted
from patterns_batch.engine.files import write_rows
from patterns_batch.engine.totals import Totals

__all__ = ["candidates", "create_names", "find_names", "read_names", "top_customers", "write_names"]

_MOST_BARRED = 100_000
"""Top customers up to which the last of them is looked for: the engine's aggregate for it takes at most a million."""


def create_names(database: duckdb.DuckDBPyConnection) -> None:
    """Create the table of pseudonyms, empty."""
    database.execute("CREATE TABLE names (customer UBIGINT, pseudonym VARCHAR)")


def candidates(database: duckdb.DuckDBPyConnection, totals: Totals, *, top: int, shards: int) -> list[int]:
    """Return the customers of this shard who may be among the top ones of all shards."""
    if not top:
        return []
    bar = f"list_min(max(revenue, {top}))" if top <= _MOST_BARRED else "0"
    found = database.execute(
        f"""
        WITH summed AS ({totals.summed("customers")}), bars AS (
            SELECT currency, CASE WHEN count(*) >= {top} THEN {bar} ELSE 0 END AS bar
            FROM summed GROUP BY currency
        )
        SELECT DISTINCT customer FROM summed JOIN bars USING (currency) WHERE revenue * {shards} >= bar
        """
    ).fetchall()
    return [int(customer) for (customer,) in found]


def find_names(database: duckdb.DuckDBPyConnection, customers: Sequence[int], key: str) -> None:
    """Keep these customers' pseudonyms, as far as ``lines`` has their ids."""
    if customers:
        database.execute(
            """
            INSERT INTO names
            SELECT customer, left(sha256($key || ':' || customer_id), 16)
            FROM (SELECT DISTINCT hash($key, customer_id) AS customer, customer_id FROM lines
                  WHERE list_contains($customers::UBIGINT[], hash($key, customer_id)))
            """,
            {"key": key, "customers": customers},
        )


def write_names(database: duckdb.DuckDBPyConnection, path: Path) -> None:
    """Write the pseudonyms."""
    write_rows(database, "SELECT DISTINCT * FROM names ORDER BY ALL", path)


def read_names(database: duckdb.DuckDBPyConnection, path: Path) -> None:
    """Add pseudonyms that ``write_names`` wrote."""
    database.execute(f"INSERT INTO names FROM read_parquet({quoted(path)})")


def top_customers(
    database: duckdb.DuckDBPyConnection, totals: Totals, *, top: int
) -> list[tuple[str, int, str | None]]:
    """Return currency, customer and pseudonym of the top customers and of those level with the last of them."""
    return database.execute(
        f"""
        SELECT currency, customer, min(pseudonym) FROM (
            SELECT *, rank() OVER (PARTITION BY currency ORDER BY revenue DESC) AS place
            FROM ({totals.summed("customers")})
        ) LEFT JOIN names USING (customer) WHERE place <= {top} GROUP BY ALL
        """
    ).fetchall()
