"""Order lines in Parquet, as many as asked for: skewed as a shop's are, and the same for the same number.

Everything is a hash of the order's number, so that neither a clock nor a thread has a say: products by Zipf's law over
200, customers over 400,000 of whom few buy often, an evening peak, baskets of one to ten lines, 8 days.
"""

import subprocess
import sys
from pathlib import Path

import duckdb

__all__ = ["SEED", "write_csv", "write_csv_apart", "write_json", "write_json_apart", "write_lines", "write_lines_apart"]

SEED = 20261122
_PRODUCTS = 200
_MEAN_LINES = 2.216
"""Of a basket: geometric with 0.45, cut off at ten."""

_LINES = f"""
    WITH raw AS (
        SELECT i, {{unit_1}} AS u1, {{unit_2}} AS u2, {{unit_3}} AS u3,
               {{unit_4}} AS u4, {{unit_5}} AS u5, {{unit_6}} AS u6
        FROM range({{orders}}) t(i)
    ), orders AS (
        SELECT i, least(10, 1 + floor(ln(1 - u1) / ln(0.55)))::INTEGER AS size,
               floor(400000 * pow(u2, 2.5))::BIGINT AS customer,
               1793404800 + (i * 691200 // {{orders}}) // 86400 * 86400
                   + least(86399, greatest(0, floor(86400 * (0.35 + 0.6 * (u3 + u4) / 2))))::BIGINT AS placed,
               CASE WHEN u5 < 0.1 THEN 'PLACED' WHEN u5 < 0.9 THEN 'FULFILLED'
                    WHEN u5 < 0.94 THEN 'REJECTED' ELSE 'CANCELLED' END AS status,
               CASE WHEN u6 < 0.8 THEN 'EUR' WHEN u6 < 0.95 THEN 'USD' ELSE 'GBP' END AS currency,
               floor(exp(u4 * ln({_PRODUCTS})))::INTEGER - 1 AS popular
        FROM raw
    ), lines AS (
        SELECT *, unnest(range(size)) AS position FROM orders
    )
    SELECT uuid_of(i, 7) AS order_id, uuid_of(customer, 4) AS customer_id, to_timestamp(placed) AS placed_at,
           status, currency, 'SKU-' || lpad(((popular + position * 7) % {_PRODUCTS})::VARCHAR, 5, '0') AS sku,
           (1 + (hash(i, position, {SEED}) % 1000 < 350)::INTEGER
            + (hash(position, i) % 1000 < 40)::INTEGER * 7) AS quantity,
           (290 + hash((popular + position * 7) % {_PRODUCTS}, {SEED}) % 8900)::BIGINT AS unit_price
    FROM lines LIMIT {{count}}"""


def write_lines(path: Path, count: int) -> None:
    """Write ``count`` order lines; ten million take a quarter of a minute and 190 MB."""
    units = {f"unit_{n}": f"(hash(i, {n}, {SEED}) >> 11) / 9007199254740992.0" for n in range(1, 7)}
    query = _LINES.format(orders=int(count / _MEAN_LINES * 1.02) + 20, count=count, **units)
    with duckdb.connect() as database:
        database.execute("SET TimeZone = 'UTC'")
        database.execute(
            """
            CREATE MACRO uuid_of(number, version) AS
                format('{:08x}-{:04x}-', number, hash(number, version) % 65536) || version
                || format('{:03x}-8{:03x}-{:012x}', hash(number) % 4096, hash(number, 1) % 4096,
                          hash(number, 2) % 281474976710656)
            """
        )
        database.execute(f"COPY ({query}) TO '{path}' (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 122880)")


def write_json(path: Path, target: Path) -> None:
    """Write the order lines of a Parquet file as JSON Lines."""
    columns = "* REPLACE (strftime(placed_at, '%Y-%m-%dT%H:%M:%S+00:00') AS placed_at)"
    with duckdb.connect() as database:
        database.execute("SET TimeZone = 'UTC'")
        database.execute(f"COPY (SELECT {columns} FROM '{path}') TO '{target}' (FORMAT json)")


def write_csv(path: Path, target: Path) -> None:
    """Write the order lines of a Parquet file as CSV."""
    columns = "* REPLACE (strftime(placed_at, '%Y-%m-%dT%H:%M:%SZ') AS placed_at)"
    with duckdb.connect() as database:
        database.execute("SET TimeZone = 'UTC'")
        database.execute(f"COPY (SELECT {columns} FROM '{path}') TO '{target}' (FORMAT csv, HEADER)")


def write_lines_apart(path: Path, count: int) -> None:
    """Write them in a process of its own: a process that is started later would count our peak of memory as its own."""
    _apart("write_lines", path, count)


def write_json_apart(path: Path, target: Path) -> None:
    """Write them in a process of its own, for the same reason."""
    _apart("write_json", path, target)


def write_csv_apart(path: Path, target: Path) -> None:
    """Write them in a process of its own, for the same reason."""
    _apart("write_csv", path, target)


def _apart(what: str, path: Path, argument: object) -> None:
    subprocess.run([sys.executable, "-m", "benchmarks.batch.order_lines", what, str(path), str(argument)], check=True)


if __name__ == "__main__":
    written = {"write_json": write_json, "write_csv": write_csv}
    if sys.argv[1] in written:
        written[sys.argv[1]](Path(sys.argv[2]), Path(sys.argv[3]))
    else:
        write_lines(Path(sys.argv[2]), int(sys.argv[3]))
