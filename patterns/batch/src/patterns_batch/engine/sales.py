"""What the report tells, out of the sums: small, whatever the number of orders."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb

from patterns_batch.days import local_hour
from patterns_batch.engine.customers import top_customers
from patterns_batch.engine.files import write_rows
from patterns_batch.engine.terms import STANDING
from patterns_batch.engine.totals import Totals
from patterns_batch.manifest import Manifest

__all__ = ["Sales", "read_sales", "write_tables"]


@dataclass(frozen=True, slots=True)
class Sales:
    """Rows of sums, each list in a fixed order; revenue in minor units.

    Attributes:
        days: currency, day, status, orders, units, revenue; compared days included.
        hours: currency, hour, orders, units, revenue of standing orders on reported days.
        products: currency, SKU, orders, units, revenue of the same.
        customers: currency, pseudonym, orders, revenue of the same; best first.
        returns: currency, SKU, lines, units, amount that was taken back, of the same; the largest first.
    """

    days: list[tuple[str, date, str, int, int, int]]
    hours: list[tuple[str, int, int, int, int]]
    products: list[tuple[str, str, int, int, int]]
    customers: list[tuple[str, str, int, int]]
    returns: list[tuple[str, str, int, int, int]]


def read_sales(database: duckdb.DuckDBPyConnection, totals: Totals, manifest: Manifest) -> Sales:
    """Return what the report tells."""
    _place_slots(database, totals, manifest)
    reported = _reported(manifest)
    days = database.execute(
        f"""
        SELECT currency, day, status, orders::BIGINT, units::BIGINT, revenue::BIGINT FROM (
            SELECT currency, day, status, sum(orders) AS orders, sum(revenue) AS revenue
            FROM ({totals.summed("baskets")}) JOIN slots USING (slot) GROUP BY ALL
        ) JOIN (
            SELECT currency, day, status, sum(units) AS units
            FROM ({totals.summed("products")}) JOIN slots USING (slot) GROUP BY ALL
        ) USING (currency, day, status) ORDER BY ALL
        """
    ).fetchall()
    hours = database.execute(
        f"""
        SELECT currency, hour, orders::BIGINT, units::BIGINT, revenue::BIGINT FROM (
            SELECT currency, hour, sum(orders) AS orders, sum(revenue) AS revenue
            FROM ({totals.summed("baskets")}) JOIN slots USING (slot) WHERE {reported} GROUP BY ALL
        ) JOIN (
            SELECT currency, hour, sum(units) AS units
            FROM ({totals.summed("products")}) JOIN slots USING (slot) WHERE {reported} GROUP BY ALL
        ) USING (currency, hour) ORDER BY ALL
        """
    ).fetchall()
    products = database.execute(
        f"""
        SELECT currency, sku, sum(orders)::BIGINT, sum(units)::BIGINT, sum(revenue)::BIGINT AS revenue
        FROM ({totals.summed("products")}) JOIN slots USING (slot) WHERE {reported}
        GROUP BY currency, sku ORDER BY currency, revenue DESC, sku
        """
    ).fetchall()
    returns = database.execute(
        f"""
        SELECT currency, sku, sum(lines)::BIGINT, sum(units)::BIGINT, sum(amount)::BIGINT AS amount
        FROM ({totals.summed("returns")}) JOIN slots USING (slot) WHERE {reported}
        GROUP BY currency, sku ORDER BY currency, amount DESC, sku
        """
    ).fetchall()
    return Sales(days, hours, products, _customers(database, totals, manifest), returns)


def write_tables(database: duckdb.DuckDBPyConnection, totals: Totals, manifest: Manifest, folder: Path) -> None:
    """Write ``products``, ``orders`` and ``returns.parquet``: the reported days' sums for analysts, all statuses.

    They have ``day``, ``hour`` (0 to 23, by the manifest's time zone), ``currency``, ``status``, ``orders``,
    ``revenue`` (minor units), and the first also ``sku`` and ``units``. An order with several products is in several
    rows of the first, and in one of the second. The third has what the first has, with ``lines`` and ``amount``.
    """
    reported = "true" if manifest.date is None else f"day = DATE '{manifest.date}'"
    for name, table, columns, sums in (
        ("products.parquet", "products", "day, hour, sku, currency, status", ("orders", "units", "revenue")),
        ("orders.parquet", "baskets", "day, hour, currency, status", ("orders", "revenue")),
        ("returns.parquet", "returns", "day, hour, sku, currency, status", ("lines", "units", "amount")),
    ):
        summed = ", ".join(f"sum({each})::BIGINT AS {each}" for each in sums)
        write_rows(
            database,
            f"SELECT {columns}, {summed} FROM ({totals.summed(table)}) JOIN slots USING (slot) "
            f"WHERE {reported} GROUP BY {columns} ORDER BY {columns}",
            folder / name,
        )


def _place_slots(database: duckdb.DuckDBPyConnection, totals: Totals, manifest: Manifest) -> None:
    used = " UNION ".join(f"SELECT slot FROM ({totals.summed(table)})" for table in ("baskets", "returns"))
    found = database.execute(f"SELECT slot FROM ({used}) ORDER BY slot").fetchall()
    slots = [slot for (slot,) in found]
    placed = [local_hour(slot, manifest.slot_seconds, manifest.time_zone) for slot in slots]
    database.execute("CREATE OR REPLACE TABLE slots (slot INTEGER, day DATE, hour UTINYINT)")
    database.execute(
        "INSERT INTO slots SELECT unnest(?::INTEGER[]), unnest(?::DATE[]), unnest(?::UTINYINT[])",
        [slots, [day for day, _ in placed], [hour for _, hour in placed]],
    )


def _reported(manifest: Manifest) -> str:
    standing = f"status IN {STANDING}"
    return standing if manifest.date is None else f"{standing} AND day = DATE '{manifest.date}'"


def _customers(
    database: duckdb.DuckDBPyConnection, totals: Totals, manifest: Manifest
) -> list[tuple[str, str, int, int]]:
    """Return the top customers; of those level with each other, in the order of their pseudonyms."""
    names = {customer: name for _, customer, name in top_customers(database, totals, top=manifest.top_customers)}
    found = database.execute(
        f"""
        SELECT currency, customer, orders, revenue FROM ({totals.summed("customers")})
        WHERE list_contains(?::UBIGINT[], customer)
        """,
        [list(names)],
    ).fetchall()
    ranked = sorted((currency, -revenue, str(names[customer]), orders) for currency, customer, orders, revenue in found)
    best: dict[str, list[tuple[str, str, int, int]]] = {}
    for currency, revenue, name, orders in ranked:
        best.setdefault(currency, []).append((currency, name, orders, -revenue))
    return [row for rows in best.values() for row in rows[: manifest.top_customers]]
