"""Orders in DynamoDB's JSON, pages of a table's scan or files of its export, as typed rows."""

import gzip
from collections.abc import Sequence
from pathlib import Path

import duckdb

from patterns_batch.engine.database import quoted
from patterns_batch.engine.typed_rows import write_typed

__all__ = ["stage_export", "stage_pages"]

_LINE = "STRUCT(sku STRUCT(S VARCHAR), quantity STRUCT(N VARCHAR), unit_price STRUCT(N VARCHAR))"
_ATTRIBUTES = ("order_id", "customer_id", "placed_at", "status", "currency")
_TEXTS_OF_ITEM = ", ".join(f'"{name}" STRUCT(S VARCHAR)' for name in _ATTRIBUTES)
_ITEM = f"STRUCT({_TEXTS_OF_ITEM}, lines STRUCT(L STRUCT(M {_LINE})[]))"
"""An order in DynamoDB's JSON, as far as it is read."""


def stage_pages(database: duckdb.DuckDBPyConnection, pages: Sequence[Path], target: Path) -> int:
    """Write the order lines in answers of a table's scan, one answer a line, in DynamoDB's JSON; return how many."""
    return _stage_items(
        database,
        f"SELECT unnest(Items) AS item FROM read_json([{', '.join(map(quoted, pages))}], "
        f"format = 'newline_delimited', columns = {{'Items': {quoted(_ITEM + '[]')}}})",
        target,
    )


def stage_export(
    database: duckdb.DuckDBPyConnection, files: Sequence[Path], target: Path, days: Sequence[tuple[str, str]]
) -> int:
    """Write the order lines in files of a table's export, one packed item a line; return how many.

    Of orders placed between these texts only: an export has all that the table had.
    """
    if not files:
        empty = target.with_name("no-items.json.gz")
        empty.write_bytes(gzip.compress(b""))
        files = [empty]
    placed = " OR ".join(f"Item.placed_at.S BETWEEN {quoted(begin)} AND {quoted(end)}" for begin, end in days)
    return _stage_items(
        database,
        f"SELECT Item AS item FROM read_json([{', '.join(map(quoted, files))}], format = 'newline_delimited', "
        f"compression = 'gzip', columns = {{'Item': {quoted(_ITEM)}}}) WHERE {placed}",
        target,
    )


def _stage_items(database: duckdb.DuckDBPyConnection, items: str, target: Path) -> int:
    raw = """
        order_id, item.customer_id.S AS customer_id, item.placed_at.S AS placed_at, item.status.S AS status,
        item.currency.S AS currency, line.M.sku.S AS sku, line.M.quantity.N AS quantity,
        line.M.unit_price.N AS unit_price, NULL AS unreadable"""
    return write_typed(
        database,
        f"""
        SELECT row_number() OVER (ORDER BY order_id, position) - 1 AS row, row AS number, {raw}
        FROM (
            SELECT item, item.order_id.S AS order_id, unnest(coalesce(item.lines.L, [NULL])) AS line,
                   generate_subscripts(coalesce(item.lines.L, [NULL]), 1) AS position
            FROM ({items})
        )
        """,
        target,
    )
