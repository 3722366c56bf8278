"""What may be wrong with a row, and with rows that do not fit together as an order.

Most chunks hold nothing but good rows, which costs one pass to see. Orders that this pass doubts are looked at again,
row by row, in ``judge``: there every problem gets its row, its column and its words.
"""

import duckdb

from patterns_batch.engine.lines import MAX_LINES

__all__ = ["GOOD_ROW", "IS_CAUSE", "IS_RETURN", "PART_KEY", "create_tables", "duplicate", "good_order", "judge"]

_MAX_TEXT = 128
_MAX_QUANTITY = 999
_MAX_PRICE = 1_000_000_000
_STATUSES = "('PLACED', 'FULFILLED', 'REJECTED', 'CANCELLED')"
_IS_CURRENCY = "currency GLOB '[A-Z][A-Z][A-Z]'"  # in two thirds of a regular expression's time

IS_RETURN = "(quantity < 0 OR unit_price < 0)"
"""Whether a row takes back what was sold: units, or an amount."""
PART_KEY = f"""CASE WHEN bool_or({IS_RETURN})
    THEN hash(order_id, list(hash(placed_us, currency, status, sku, quantity, unit_price) ORDER BY row))
    ELSE hash(order_id) END"""
"""What a part of an order has once in a file, in terms of a group of its rows.

All sales of an order that stand together are one part, all its returns there another. Sales under an id are the same
order, whatever they are of; a return comes again only where all of it does, since an order may have several.
"""
_RETURNS = """
    WHEN quantity < 0 AND unit_price < 0 THEN 'unit_price: must not be negative where the quantity is negative, too'"""
_NO_RETURNS = """
    WHEN quantity < 0 THEN 'quantity: must not be negative'
    WHEN unit_price < 0 THEN 'unit_price: must not be negative'"""

GOOD_ROW = f"""(malformed IS NULL AND length(order_id) BETWEEN 1 AND {_MAX_TEXT}
    AND length(customer_id) BETWEEN 1 AND {_MAX_TEXT} AND length(sku) BETWEEN 1 AND {_MAX_TEXT}
    AND quantity BETWEEN 1 AND {_MAX_QUANTITY} AND unit_price BETWEEN 0 AND {_MAX_PRICE})"""
"""Whether the row is a sale with good values of its own, but for those of ``good_order``; null when one is missing."""


def good_order(before: int) -> str:
    """Return whether what all rows of an order share is good; it is looked at once for an order, not for each row."""
    placed = f"placed_us >= 0 AND placed_us < {before}"
    return f"(status IN {_STATUSES} AND {_IS_CURRENCY} AND {placed})"


def _row_problem(before: int, *, returns: bool) -> str:
    texts = "\n".join(
        f"""WHEN coalesce({name}, '') = '' THEN '{name}: is missing'
            WHEN length({name}) > {_MAX_TEXT} THEN '{name}: is longer than {_MAX_TEXT} characters'"""
        for name in ("order_id", "customer_id", "sku")
    )
    return f"""
        CASE WHEN malformed IS NOT NULL THEN malformed
            {texts}
            WHEN placed_us IS NULL THEN 'placed_at: is missing'
            WHEN placed_us >= {before} THEN 'placed_at: is in the future'
            WHEN placed_us < 0 THEN 'placed_at: is before 1970'
            WHEN status IS NULL THEN 'status: is missing'
            WHEN status NOT IN {_STATUSES} THEN 'status: must be PLACED, FULFILLED, REJECTED or CANCELLED'
            WHEN currency IS NULL THEN 'currency: is missing'
            WHEN NOT {_IS_CURRENCY} THEN 'currency: must be an ISO 4217 code, such as EUR'
            WHEN quantity IS NULL THEN 'quantity: is missing'
            WHEN unit_price IS NULL THEN 'unit_price: is missing'
            {_RETURNS if returns else _NO_RETURNS}
            WHEN abs(quantity) NOT BETWEEN 1 AND {_MAX_QUANTITY} THEN 'quantity: must be 1 to {_MAX_QUANTITY}'
            WHEN abs(unit_price) > {_MAX_PRICE} THEN 'unit_price: must be at most {_MAX_PRICE}'
        END"""


# A run is what stands together under one order id. Its first row says what the others must agree with; returns have a
# time and a status of their own.
_RUNS = """
    CREATE OR REPLACE TEMP TABLE doubtful_runs AS
    SELECT *, sum(begins) OVER (ORDER BY row ROWS UNBOUNDED PRECEDING) AS run FROM (
        SELECT *, (order_id IS DISTINCT FROM lag(order_id) OVER (ORDER BY row)
                   OR row - 1 IS DISTINCT FROM lag(row) OVER (ORDER BY row))::INTEGER AS begins
        FROM doubtful
    )"""

_JUDGED = """
    CREATE OR REPLACE TEMP TABLE judged AS
    SELECT *, CASE
            WHEN row_problem IS NOT NULL THEN row_problem
            WHEN currency <> first_value(currency) OVER whole
                THEN 'currency: is not that of the order''s first row; an order has one currency'
            WHEN customer_id <> first_value(customer_id) OVER whole
                THEN 'customer_id: is not that of the order''s first row'
            WHEN part > 0 AND placed_us <> first_value(placed_us) OVER sold
                THEN 'placed_at: is not that of the order''s first row'
            WHEN part > 0 AND status <> first_value(status) OVER sold
                THEN 'status: is not that of the order''s first row'
            WHEN row_number() OVER whole > {most} THEN 'order_id: the order has more than {most} lines'
        END AS problem
    FROM (SELECT *, {row_problem} AS row_problem, CASE WHEN {is_return} THEN -run ELSE run END AS part
          FROM doubtful_runs)
    WINDOW whole AS (PARTITION BY run ORDER BY row), sold AS (PARTITION BY part ORDER BY row)"""

_BAD_PARTS = f"""
    CREATE OR REPLACE TEMP TABLE bad_parts AS
    WITH bad_runs AS (SELECT run, min(number) AS bad_number FROM judged WHERE problem IS NOT NULL GROUP BY run)
    SELECT DISTINCT part, bad_number, NULL AS earlier_number FROM judged JOIN bad_runs USING (run)
    UNION ALL
    SELECT part, NULL, earlier_number FROM (
        SELECT part, first_number, min(first_number) OVER (PARTITION BY order_id, key) AS earlier_number
        FROM (SELECT part, order_id, min(number) AS first_number, {PART_KEY} AS key
              FROM judged ANTI JOIN bad_runs USING (run) GROUP BY part, order_id)
    ) WHERE first_number > earlier_number"""

_CONSEQUENCE = "'order_id: the order has a bad row, row '"
IS_CAUSE = f"NOT starts_with(problem, {_CONSEQUENCE})"
"""Whether a row is listed for what it is, and not since it belongs to the order of one that is."""


def duplicate(of_returns: str, place: str = "(earlier_number + 1)") -> str:
    """Return the problem of a row of an order, or of returns, that stand in the row ``place`` already."""
    what = f"CASE WHEN {of_returns} THEN 'return' ELSE 'order' END"
    return f"'order_id: is a duplicate, the ' || {what} || ' stands in row ' || {place} || ' already'"


_REASONS = f"""
    SELECT file, number, order_id, coalesce(
        problem, {duplicate("part < 0")}, {_CONSEQUENCE} || (bad_number + 1)) AS problem
    FROM judged JOIN bad_parts USING (part)"""


def create_tables(database: duckdb.DuckDBPyConnection) -> None:
    """Create the list of bad rows, empty."""
    database.execute('CREATE TABLE rejects (file INTEGER, "row" BIGINT, order_id VARCHAR, problem VARCHAR)')


def judge(database: duckdb.DuckDBPyConnection, *, before: int, listed: int, returns: bool) -> int:
    """Judge the rows in ``doubtful``: list the bad ones, leave the others in ``doubtful``, return how many were bad.

    What is left has a number for each ``run``, rows of one order that stand together, and for each ``part`` of it, its
    sales or its returns.

    A bad row takes its run with it: half an order would be counted as a smaller one. Of several good parts with one
    ``PART_KEY`` the first counts. At most ``listed`` bad rows are listed, the first ones.
    """
    database.execute(_RUNS)
    row_problem = _row_problem(before, returns=returns)
    database.execute(_JUDGED.format(most=MAX_LINES, row_problem=row_problem, is_return=IS_RETURN))
    database.execute(_BAD_PARTS)
    (bad,) = database.execute("SELECT count(*) FROM judged SEMI JOIN bad_parts USING (part)").fetchall()[0]
    (kept,) = database.execute("SELECT count(*) FROM rejects").fetchall()[0]
    database.execute(f"INSERT INTO rejects {_REASONS} ORDER BY row LIMIT {max(0, listed - kept)}")
    database.execute("CREATE OR REPLACE TEMP TABLE doubtful AS SELECT * FROM judged ANTI JOIN bad_parts USING (part)")
    return int(bad)
