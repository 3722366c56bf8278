"""Rows of texts in the engine's types, as Parquet: what cannot be read is noted with its row."""

from pathlib import Path

import duckdb

from patterns_batch.engine.database import quoted
from patterns_batch.engine.prices import is_major, is_plain_whole, text_price, text_problem

__all__ = ["WHOLE", "write_typed"]

_TEXTS = ("order_id", "customer_id", "status", "currency", "sku")
WHOLE = r"[+-]?[0-9]{1,15}(\.0*)?"
"""A whole number, as programs write it that know floating point only, too."""
_REPLACED = "\ufffd"
_SCRATCH = """FORMAT parquet, PARQUET_VERSION v2, COMPRESSION uncompressed, DICTIONARY_SIZE_LIMIT 2000,
            WRITE_BLOOM_FILTER false, ROW_GROUP_SIZE 40960"""
"""How rows are written that are read a few times on this disk: numbers as differences, which version 2 has, and texts
as they are. Ids, of which there are more than the limit, are not collected into a dictionary that would be given up."""


def write_typed(
    database: duckdb.DuckDBPyConnection, rows: str, target: Path, *, prices: str = "minor", replaced: bool = False
) -> int:
    """Write the rows of a relation, and return how many there are.

    It has ``row``, ``number``, the input's columns as texts (null when empty), and ``unreadable``: null, or the column
    that could not be read with the reason. With ``replaced``, what was not UTF-8 in the input is U+FFFD in these texts.
    ``major`` of a row tells whether its price had decimals, as far as that matters.
    """
    foreign = " ".join(f"WHEN contains({name}, '{_REPLACED}') THEN '{name}: is not in UTF-8'" for name in _TEXTS)
    ((count,),) = database.execute(
        f"""
        COPY (
            SELECT row, number, {", ".join(_TEXTS)}, placed_us, units AS quantity, price AS unit_price, major,
                   CASE WHEN unreadable IS NOT NULL THEN unreadable {foreign if replaced else ""}
                        WHEN quantity IS NOT NULL AND units IS NULL THEN 'quantity: must be a whole number'
                        WHEN unit_price IS NOT NULL AND price IS NULL THEN {text_problem(prices)}
                        WHEN placed_at IS NOT NULL AND placed_us IS NULL
                        THEN 'placed_at: must be a time such as 2026-11-22T09:30:00Z' END AS malformed
            FROM (
                SELECT *, epoch_us(TRY_CAST(placed_at AS TIMESTAMPTZ)) AS placed_us,
                       CASE WHEN {is_plain_whole("quantity")} THEN quantity::BIGINT
                            WHEN regexp_full_match(quantity, {quoted(WHOLE)})
                            THEN split_part(quantity, '.', 1)::BIGINT END AS units,
                       {text_price(prices)} AS price, {is_major(prices)} AS major
                FROM ({rows})
            )
        ) TO {quoted(target)} ({_SCRATCH})
        """
    ).fetchall()
    return int(count)
