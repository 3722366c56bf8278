"""Sums of order lines, chunk by chunk: what they take grows with products, hours and customers, not with lines.

Tables: ``products`` by slot, product, currency and status; ``baskets`` by slot, currency and status; ``customers`` by
customer and currency; ``returns`` by what products are by; ``rejects``. Sums are 64-bit integers; one that does not fit
is an error, never a wrong figure.
"""

from pathlib import Path

import duckdb

from patterns_batch.engine import problems
from patterns_batch.engine.database import quoted
from patterns_batch.engine.lines import MAX_LINES
from patterns_batch.engine.terms import STANDING, Terms

__all__ = ["TABLES", "Totals"]

TABLES = {
    "products": ("slot", "sku", "currency", "status"),
    "baskets": ("slot", "currency", "status"),
    "customers": ("customer", "currency"),
    "returns": ("slot", "sku", "currency", "status"),
}
"""The tables of sums, with the columns that they are by."""
_SUMS = {
    "products": ("orders", "units", "revenue"),
    "baskets": ("orders", "revenue"),
    "customers": ("orders", "revenue"),
    "returns": ("lines", "units", "amount"),
}
_TYPES = {"slot": "INTEGER", "customer": "UBIGINT", "sku": "VARCHAR", "currency": "VARCHAR", "status": "VARCHAR"}
_MANY = 1_500_000
"""Rows of a table of sums after which rows of the same group are added up."""

# An order's products are kept as two small masks of bits. Where both have fewer bits than the order has lines, a
# product may be there twice, and its lines are more than its orders: few orders are looked at again.
_REPEATS = "bit_count(bit_or(1::UBIGINT << (hash(sku) & 63))) < count(*)"
_REPEATS_TOO = "bit_count(bit_or(1::UBIGINT << ((hash(sku) >> 20) & 63))) < count(*)"
_AMOUNT = "sum(CASE WHEN {good} THEN quantity * unit_price ELSE 0 END)::BIGINT"
_ORDERS = """
    SELECT {key} AS order_key, hash($key, customer_id) AS customer, placed_us, currency, status,
           min(row) AS first_row, count(*) AS lines, count(*) FILTER ({good}) AS sales, {amount} AS revenue,
           {repeats} AND {repeats_too} AS repeats,
           bool_and(coalesce({good}, false)) AND max(row) - min(row) + 1 = count(*) AND count(*) <= {most} AS good
    FROM {rows} GROUP BY ALL"""


_PLACE = "hash(order_id, first_row)"
"""Of orders that are taken back: one that is there three times was counted three times."""
_SALES = f"(SELECT * FROM doubtful WHERE NOT {problems.IS_RETURN})"


class Totals:
    """The sums of what was added so far."""

    def __init__(self, database: duckdb.DuckDBPyConnection, terms: Terms) -> None:
        """Create the tables, empty, in a database that has the view ``lines``."""
        self._database = database
        self._terms = terms
        self._compacted = dict.fromkeys(TABLES, 0)
        """Rows that a table had when each of its groups was there once: the table only grows."""
        self.read = 0
        self.bad = 0
        for table, by in TABLES.items():
            columns = [f"{name} {_TYPES[name]}" for name in by] + [f"{name} BIGINT" for name in _SUMS[table]]
            database.execute(f"CREATE TABLE {table} ({', '.join(columns)})")
        problems.create_tables(database)

    def add(self, begin: int, end: int, ids: Path | None = None) -> None:
        """Add the rows from ``begin`` up to ``end``, which hold whole orders; ``ids`` gets the orders' ids, hashed."""
        chunk, first = f"(SELECT * FROM lines WHERE row >= {begin} AND row < {end})", not self.read
        self._read_orders(chunk)
        doubted = self._doubt(chunk)
        if doubted:
            self._judge(chunk)
            self._add_products(f"(SELECT * FROM {chunk} ANTI JOIN doubted ON hash(order_id) = order_key)")
            self._add_returns("doubtful")
            self._add_products(_SALES, orders="count(DISTINCT run)")
        else:
            self._add_products(chunk)
        self._add_orders()
        if ids:
            self._write_ids(ids, judged=bool(doubted))
        if first and not doubted:
            self._compacted = {table: self._rows(table) for table in TABLES}
        self._compact()

    def take_back(self, rows: str) -> None:
        """Count rows, added before as good ones, as bad.

        ``rows`` is a relation with the columns of ``lines``, and ``first_row`` of the row's order.
        """
        self._database.execute(f"CREATE OR REPLACE TEMP TABLE doubtful AS SELECT * FROM {rows}")
        (bad,) = self._database.execute("SELECT count(*) FROM doubtful").fetchall()[0]
        self.bad += int(bad)
        self._database.execute(
            "CREATE OR REPLACE TEMP TABLE orders AS " + self._orders_of("doubtful", _PLACE), self._key
        )
        self._add_returns("doubtful", sign=-1)
        self._add_products(_SALES, orders="count(DISTINCT first_row)", sign=-1)
        self._add_orders(sign=-1)

    def _read_orders(self, rows: str) -> None:
        self._database.execute("CREATE OR REPLACE TEMP TABLE orders AS " + self._orders_of(rows), self._key)
        (read,) = self._database.execute("SELECT coalesce(sum(lines), 0) FROM orders").fetchall()[0]
        self.read += int(read)

    def _orders_of(self, rows: str, key: str = "hash(order_id)") -> str:
        good = problems.GOOD_ROW
        return _ORDERS.format(
            rows=rows,
            key=key,
            good=good,
            amount=_AMOUNT.format(good=good),
            most=MAX_LINES,
            repeats=_REPEATS,
            repeats_too=_REPEATS_TOO,
        )

    def _doubt(self, chunk: str) -> int:
        """Keep in ``doubted`` the keys of orders that are not plainly good, and return how many they are."""
        good = f"coalesce(good AND {problems.good_order(self._terms.before)}, false)"
        self._database.execute(
            f"""
            CREATE OR REPLACE TEMP TABLE doubted AS
            SELECT order_key FROM orders WHERE NOT {good}
            UNION SELECT order_key FROM orders GROUP BY order_key HAVING count(*) > 1
            """
        )
        self._database.execute(
            f"""
            INSERT INTO doubted SELECT DISTINCT order_key FROM (
                SELECT order_key FROM {chunk} JOIN (
                    SELECT order_key, unnest(range(first_row, first_row + lines)) AS row
                    FROM orders WHERE repeats AND good
                ) USING (row) GROUP BY order_key, sku HAVING count(*) > 1
            ) ANTI JOIN doubted USING (order_key)
            """
        )
        (doubted,) = self._database.execute("SELECT count(*) FROM doubted").fetchall()[0]
        return int(doubted)

    def _judge(self, chunk: str) -> None:
        """Put in ``doubtful`` the good rows of the doubted orders, and in ``orders`` what they come to."""
        rows = f"{chunk} SEMI JOIN doubted ON hash(order_id) = order_key"
        self._database.execute(f"CREATE OR REPLACE TEMP TABLE doubtful AS SELECT * FROM {rows}")
        self.bad += problems.judge(
            self._database, before=self._terms.before, listed=self._terms.rejects_listed, returns=self._terms.returns
        )
        self._database.execute("DELETE FROM orders WHERE order_key IN (FROM doubted)")
        self._database.execute("INSERT INTO orders " + self._orders_of("doubtful"), self._key)

    def _add_returns(self, rows: str, sign: int = 1) -> None:
        self._database.execute(
            f"""
            INSERT INTO returns
            SELECT {self._slot}, sku, currency, status,
                   {sign} * count(*), {sign} * sum(abs(quantity)), {sign} * sum(abs(quantity * unit_price))
            FROM {rows} WHERE {problems.IS_RETURN} GROUP BY ALL
            """
        )

    def _add_products(self, rows: str, *, orders: str = "count(*)", sign: int = 1) -> None:
        """Add lines; ``orders`` counts them once for each order where an order may have a product in several."""
        self._database.execute(
            f"""
            INSERT INTO products
            SELECT {self._slot}, sku, currency, status,
                   {sign} * {orders}, {sign} * sum(quantity), {sign} * sum(quantity * unit_price)
            FROM {rows} GROUP BY ALL
            """
        )

    def _add_orders(self, sign: int = 1) -> None:
        counted = f"{sign} * count(*), {sign} * sum(revenue) FROM orders"  # of returns alone, an order is none
        self._database.execute(
            f"INSERT INTO baskets SELECT {self._slot}, currency, status, {counted} WHERE sales > 0 GROUP BY ALL"
        )
        begin, end = self._terms.reported or (0, self._terms.before)
        self._database.execute(
            f"""
            INSERT INTO customers SELECT customer, currency, {counted}
            WHERE sales > 0 AND status IN {STANDING} AND placed_us >= {begin} AND placed_us < {end} GROUP BY ALL
            """
        )

    def _write_ids(self, ids: Path, *, judged: bool) -> None:
        """Write what comes once in a file: each part of an order by its key, first row and reach in rows."""
        parts = "SELECT order_key, first_row, lines::UTINYINT AS lines FROM orders"
        if judged:
            parts += f""" ANTI JOIN doubted USING (order_key)
                UNION ALL
                SELECT {problems.PART_KEY}, min(row), (max(row) - min(row) + 1)::UTINYINT
                FROM doubtful GROUP BY part, order_id"""
        self._database.execute(
            f"COPY (SELECT * FROM ({parts}) ORDER BY first_row) "
            f"TO {quoted(ids)} (FORMAT parquet, COMPRESSION uncompressed)"
        )

    @property
    def _key(self) -> dict[str, str]:
        return {"key": self._terms.key}

    @property
    def _slot(self) -> str:
        return f"(placed_us // {self._terms.slot_seconds * 1_000_000})::INTEGER"

    def _compact(self) -> None:
        for table in TABLES:
            if self._rows(table) > 2 * self._compacted[table] + _MANY:
                self._database.execute(f"CREATE OR REPLACE TABLE {table} AS {self.summed(table)}")
                self._compacted[table] = self._rows(table)

    def _rows(self, table: str) -> int:
        (rows,) = self._database.execute(f"SELECT count(*) FROM {table}").fetchall()[0]
        return int(rows)

    def summed(self, table: str) -> str:
        """Return the query for the table's sums, each group once; groups that were taken back as a whole are gone."""
        by = ", ".join(TABLES[table])
        if self._rows(table) == self._compacted[table]:
            return f"SELECT {by}, {', '.join(_SUMS[table])} FROM {table}"
        sums = ", ".join(f"sum({name})::BIGINT AS {name}" for name in _SUMS[table])
        return f"SELECT {by}, {sums} FROM {table} GROUP BY {by} HAVING sum({table}.{_SUMS[table][0]}) <> 0"
