"""What may be wrong with a row, and with rows that do not fit together as an order.

Most chunks hold nothing but good rows, which costs one pass to see. Orders that this pass doubts are looked at again,
row by row, in ``judge``: there every problem gets its row, its column and its words.
"""

import duckdb

from patterns_batch.engine.lines import MAX_LINES

__all__ = ["GOOD_ROW", "create_tables", "good_order", "judge"]

_MAX_TEXT = 128
_MAX_PRICE = 1_000_000_000
_STATUSES = "('PLACED', 'FULFILLED', 'REJECTED', 'CANCELLED')"
_CURRENCY = "'[A-Z]{3}'"

GOOD_ROW = f"""(malformed IS NULL AND length(order_id) BETWEEN 1 AND {_MAX_TEXT}
    AND length(customer_id) BETWEEN 1 AND {_MAX_TEXT} AND length(sku) BETWEEN 1 AND {_MAX_TEXT}
    AND quantity BETWEEN 1 AND 999 AND unit_price BETWEEN 0 AND {_MAX_PRICE})"""
"""Whether the row's own values are good, but for those that ``good_order`` looks at; null when one is missing."""


def good_order(before: int) -> str:
    """Return whether what all rows of an order share is good; it is looked at once for an order, not for each row."""
    placed = f"placed_us >= 0 AND placed_us < {before}"
    return f"(status IN {_STATUSES} AND regexp_full_match(currency, {_CURRENCY}) AND {placed})"


def _row_problem(before: int) -> str:
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
            WHEN NOT regexp_full_match(currency, {_CURRENCY}) THEN 'currency: must be an ISO 4217 code, such as EUR'
            WHEN quantity IS NULL THEN 'quantity: is missing'
            WHEN quantity < 0 THEN 'quantity: must not be negative'
            WHEN quantity NOT BETWEEN 1 AND 999 THEN 'quantity: must be 1 to 999'
            WHEN unit_price IS NULL THEN 'unit_price: is missing'
            WHEN unit_price < 0 THEN 'unit_price: must not be negative'
            WHEN unit_price > {_MAX_PRICE} THEN 'unit_price: must be at most {_MAX_PRICE}'
        END"""


# A run is what stands together under one order id. Its first row says what the others must agree with.
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
            WHEN placed_us <> first_value(placed_us) OVER whole THEN 'placed_at: is not that of the order''s first row'
            WHEN status <> first_value(status) OVER whole THEN 'status: is not that of the order''s first row'
            WHEN row_number() OVER whole > {most} THEN 'order_id: the order has more than {most} lines'
            WHEN row_number() OVER (PARTITION BY run, sku ORDER BY row) > 1
                THEN 'sku: is in the order already; an order has each product once'
        END AS problem
    FROM (SELECT *, {row_problem} AS row_problem FROM doubtful_runs)
    WINDOW whole AS (PARTITION BY run ORDER BY row)"""

_RUN_PROBLEMS = """
    CREATE OR REPLACE TEMP TABLE bad_runs AS
    WITH runs AS (
        SELECT run, any_value(order_id) AS order_id, min(row) AS first_row,
               min(row) FILTER (problem IS NOT NULL) AS bad_row
        FROM judged GROUP BY run
    )
    SELECT run, bad_row, NULL AS earlier_row FROM runs WHERE bad_row IS NOT NULL
    UNION ALL
    SELECT run, NULL, earlier_row FROM (
        SELECT run, first_row, min(first_row) OVER (PARTITION BY order_id) AS earlier_row
        FROM runs WHERE bad_row IS NULL
    ) WHERE first_row > earlier_row"""

_REASONS = """
    SELECT row, order_id, coalesce(
        problem,
        'order_id: is a duplicate, the order stands in row ' || (earlier_row + 1) || ' already',
        'order_id: the order has a bad row, row ' || (bad_row + 1)) AS problem
    FROM judged JOIN bad_runs USING (run)"""


def create_tables(database: duckdb.DuckDBPyConnection) -> None:
    """Create the list of bad rows, empty."""
    database.execute('CREATE TABLE rejects ("row" BIGINT, order_id VARCHAR, problem VARCHAR)')


def judge(database: duckdb.DuckDBPyConnection, *, before: int, listed: int) -> int:
    """Judge the rows in ``doubtful``: list the bad ones, leave the others in ``doubtful``, return how many were bad.

    A bad row takes its order with it: half an order would be counted as a smaller one. Of several good orders with one
    id the first counts. At most ``listed`` bad rows are listed, the first ones.
    """
    database.execute(_RUNS)
    database.execute(_JUDGED.format(most=MAX_LINES, row_problem=_row_problem(before)))
    database.execute(_RUN_PROBLEMS)
    (bad,) = database.execute("SELECT count(*) FROM judged SEMI JOIN bad_runs USING (run)").fetchall()[0]
    (kept,) = database.execute("SELECT count(*) FROM rejects").fetchall()[0]
    database.execute(f"INSERT INTO rejects {_REASONS} ORDER BY row LIMIT {max(0, listed - kept)}")
    database.execute("CREATE OR REPLACE TEMP TABLE doubtful AS SELECT * FROM judged ANTI JOIN bad_runs USING (run)")
    return int(bad)
