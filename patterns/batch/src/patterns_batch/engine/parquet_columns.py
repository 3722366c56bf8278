"""Parquet files of somebody else: which types a column may have, and how each becomes the engine's without a loss.

A type that loses nothing is taken: an instant in any unit, with a zone or without, INT96 too; whole numbers in
integers, decimals, floating point and texts, where a value that is none is a bad row. What a dictionary holds has its
own type.
"""

import re
from pathlib import Path

import duckdb

from patterns_batch.engine.database import quoted
from patterns_batch.engine.lines import COLUMNS
from patterns_batch.engine.prices import decimal_price, decimal_problem, text_price, text_problem
from patterns_batch.engine.typed_rows import WHOLE

__all__ = ["parquet_lines", "parquet_problem"]

_TEXTS = ("order_id", "customer_id", "status", "currency", "sku")
_INTEGER = re.compile(r"U?(TINYINT|SMALLINT|INTEGER|BIGINT|HUGEINT)")
_DECIMAL = re.compile(r"DECIMAL\((\d+),(\d+)\)")
_FLOATING = frozenset({"DOUBLE", "FLOAT"})
_WIDE = frozenset({"UBIGINT", "HUGEINT", "UHUGEINT"})
"""Integers of which not all are among the engine's."""
_RESERVED = "file_row_number"
_INSTANTS = {
    "TIMESTAMP": "epoch_us(placed_at)",
    "TIMESTAMP_S": "epoch_us(placed_at)",
    "TIMESTAMP_MS": "epoch_us(placed_at)",
    "TIMESTAMP_NS": "epoch_us(placed_at)",
    "TIMESTAMP WITH TIME ZONE": "epoch_us(placed_at)",
    # Nanoseconds with a zone have no functions of their own; the cast cuts off what is smaller than a microsecond.
    "TIMESTAMPTZ_NS": "epoch_us(placed_at::TIMESTAMPTZ)",
    "VARCHAR": "epoch_us(TRY_CAST(placed_at AS TIMESTAMPTZ))",
}


def parquet_problem(database: duckdb.DuckDBPyConnection, path: Path, prices: str) -> tuple[str, str] | None:
    """Return the first column that is missing or has a wrong type, and what is wrong; None when all are right."""
    types = _types(database, path)
    lower = {name.lower() for name in types}
    stored = database.execute(f"SELECT lower(name) FROM parquet_schema({quoted(path)})").fetchall()
    for name in COLUMNS:
        # The engine takes names that differ in capitals only for one, and gives the second another name.
        if f"{name}_1" in lower and stored.count((name,)) > 1:
            return name, "is there twice: names that differ in capitals only are one"
    if _RESERVED in lower:
        return _RESERVED, "has a name that the engine keeps for itself: rename the column"
    for name in COLUMNS:
        if name not in types:
            return name, f"is missing; the file has {', '.join(sorted(types)) or 'no columns'}"
        if _reading(name, types[name], prices) is None:
            return name, f"is {types[name]} and must be {_meant(name, types[name])}"
    return None


def parquet_lines(
    database: duckdb.DuckDBPyConnection,
    path: Path,
    prices: str,
    rows: tuple[int, int] | None = None,
    *,
    file: int = 0,
    offset: int = 0,
) -> str:
    """Return the relation of a file without a ``parquet_problem``: all of its rows or these.

    ``file`` is its number among the input files; a row's place is its number in the file and the ``offset``.
    """
    types = _types(database, path)
    readings = {name: _reading(name, types[name], prices) or ("", "") for name in COLUMNS}
    values = ", ".join(
        f"{value} AS {'placed_us' if name == 'placed_at' else name}" for name, (value, _) in readings.items()
    )
    problems = " ".join(problem for _, problem in readings.values() if problem)
    malformed = f"CASE {problems} END" if problems else "NULL::VARCHAR"
    only = f"WHERE file_row_number >= {rows[0]} AND file_row_number < {rows[1]}" if rows else ""
    place = f"file_row_number + {offset}" if offset else "file_row_number"
    return f"""
        SELECT {file}::INTEGER AS file, {place} AS row, file_row_number AS number, {values}, {malformed} AS malformed
        FROM read_parquet({quoted(path)}, file_row_number = true) {only}"""


def _types(database: duckdb.DuckDBPyConnection, path: Path) -> dict[str, str]:
    described = database.execute(f"DESCRIBE SELECT * FROM read_parquet({quoted(path)})").fetchall()
    return {str(name): str(kind) for name, kind, *_ in described}


def _reading(name: str, kind: str, prices: str) -> tuple[str, str] | None:
    """Return the value of a column of this type and, in terms of CASE, when it is none; None for a wrong type."""
    if name == "placed_at":
        wrong = "placed_at: must be a time such as 2026-11-22T09:30:00Z"
        instant = _INSTANTS.get(kind)
        if instant is None:
            return None
        return instant, _when(name, instant, wrong) if kind == "VARCHAR" else ""
    if name in _TEXTS:
        # What identifies something may be a number in somebody's books.
        whole = name not in {"status", "currency"} and (_INTEGER.fullmatch(kind) or kind == "UUID")
        return (name, "") if kind == "VARCHAR" else (f"{name}::VARCHAR", "") if whole else None
    return _quantity(kind) if name == "quantity" else _price(kind, prices)


def _quantity(kind: str) -> tuple[str, str] | None:
    if _INTEGER.fullmatch(kind) and kind not in _WIDE:
        return "quantity::BIGINT", ""
    decimal = _DECIMAL.fullmatch(kind)
    if kind in _WIDE or (decimal and decimal[2] == "0"):
        value = "TRY_CAST(quantity AS BIGINT)"
    elif kind in _FLOATING:
        value = "CASE WHEN trunc(quantity) = quantity THEN TRY_CAST(quantity AS BIGINT) END"
    elif kind == "VARCHAR":
        value = f"CASE WHEN regexp_full_match(quantity, {quoted(WHOLE)}) THEN split_part(quantity, '.', 1)::BIGINT END"
    else:
        return None
    return value, _when("quantity", value, "quantity: must be a whole number")


def _price(kind: str, prices: str) -> tuple[str, str] | None:
    """Return a price's reading; of floating point it cannot be told whether 690.0 is cents, and has to be set."""
    integer, decimal = _INTEGER.fullmatch(kind), _DECIMAL.fullmatch(kind)
    if integer and kind not in _WIDE and prices != "major":
        return "unit_price::BIGINT", ""
    if integer or decimal or (kind in _FLOATING and prices != "auto"):
        scale = int(decimal[2]) if decimal else 0
        value, problem = decimal_price(prices, scale=scale), decimal_problem(prices, scale=scale)
    elif kind == "VARCHAR":
        known = "minor" if prices == "auto" else prices
        value, problem = text_price(known), text_problem(known)
    else:
        return None
    return value, f"WHEN unit_price IS NOT NULL AND {value} IS NULL THEN {problem}"


def _when(name: str, value: str, wrong: str) -> str:
    return f"WHEN {name} IS NOT NULL AND {value} IS NULL THEN '{wrong}'"


def _meant(name: str, kind: str) -> str:
    if name == "placed_at":
        return "a timestamp in UTC"
    if kind in _FLOATING:
        return "an integer or a decimal: minor units (cents), or amounts such as 6.90 by the setting file_prices"
    return "a text" if name in _TEXTS else "an integer"
