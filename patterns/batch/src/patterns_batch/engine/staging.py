"""Lines of text, or pages of a table, as one Parquet file that the engine reads like any other.

Every line of a CSV or JSON Lines file is one row, so that a row's number is that of its line,
whatever is wrong with it.
"""

import gzip
from collections.abc import Sequence
from pathlib import Path

import duckdb

from patterns_batch.engine.database import quoted
from patterns_batch.engine.lines import COLUMNS

__all__ = ["count_lines", "stage_csv", "stage_export", "stage_json_lines", "stage_pages"]

_FIELD = r'"(?:[^"]|"")*"|[^",{delimiter}]*'
_WHOLE = r"[+-]?[0-9]{1,18}"
_TEXTS = ("order_id", "customer_id", "status", "currency", "sku")
_NUMBERS = ("quantity", "unit_price")

_LINE = "STRUCT(sku STRUCT(S VARCHAR), quantity STRUCT(N VARCHAR), unit_price STRUCT(N VARCHAR))"
_ATTRIBUTES = ("order_id", "customer_id", "placed_at", "status", "currency")
_TEXTS_OF_ITEM = ", ".join(f'"{name}" STRUCT(S VARCHAR)' for name in _ATTRIBUTES)
_ITEM = f"STRUCT({_TEXTS_OF_ITEM}, lines STRUCT(L STRUCT(M {_LINE})[]))"
"""An order in DynamoDB's JSON, as far as it is read."""


def count_lines(database: duckdb.DuckDBPyConnection, source: Path) -> int:
    """Return how many lines the engine sees in a text file."""
    (count,) = database.execute(f"SELECT count(*) FROM {_lines_of(source)}").fetchall()[0]
    return int(count)


def stage_csv(
    database: duckdb.DuckDBPyConnection, source: Path, target: Path, *, columns: Sequence[str], delimiter: str
) -> int:
    """Write the rows of a CSV file, without its header, and return how many there are."""
    field = _FIELD.format(delimiter=delimiter)
    form = rf"(?:{field})(?:{delimiter}(?:{field}))*"
    values = f"""
        CASE WHEN NOT contains(line, '"') THEN string_split(line, {quoted(delimiter)})
             WHEN regexp_full_match(line, {quoted(form)}) THEN list_transform(
                 regexp_extract_all(line, {quoted(f"(?:^|{delimiter})({field})")}, 1),
                 lambda v: CASE WHEN v[1] = '"' THEN replace(v[2:-2], '""', '"') ELSE v END)
        END"""
    raw = ", ".join(f"nullif(v[{columns.index(name) + 1}], '') AS {name}" for name in COLUMNS)
    malformed = f"""
        CASE WHEN v IS NULL THEN 'row: its quotes do not pair; a value must not contain a line break'
             WHEN len(v) < {len(columns)} THEN 'row: has fewer values than the header'
             WHEN len(v) > {len(columns)} THEN 'row: has more values than the header' END"""
    return _stage(
        database,
        f"SELECT row - 1 AS row, {raw}, {malformed} AS unreadable "
        f"FROM (SELECT row, {values} AS v FROM {_lines_of(source)} WHERE row > 0 AND line <> '')",
        target,
    )


def stage_json_lines(database: duckdb.DuckDBPyConnection, source: Path, target: Path) -> int:
    """Write the rows of a file with a JSON object on each line, and return how many there are; empty lines are none."""
    raw = ", ".join(f"CASE WHEN good THEN line ->> '$.{name}' END AS {name}" for name in COLUMNS)
    return _stage(
        database,
        f"SELECT row, {raw}, CASE WHEN NOT good THEN 'row: is no JSON object' END AS unreadable "
        f"FROM (SELECT row, line, json_valid(line) AND coalesce(json_type(line) = 'OBJECT', false) AS good "
        f"FROM {_lines_of(source)} WHERE line <> '')",
        target,
    )


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
    return _stage(
        database,
        f"""
        SELECT row_number() OVER (ORDER BY order_id, position) - 1 AS row, {raw}
        FROM (
            SELECT item, item.order_id.S AS order_id, unnest(coalesce(item.lines.L, [NULL])) AS line,
                   generate_subscripts(coalesce(item.lines.L, [NULL]), 1) AS position
            FROM ({items})
        )
        """,
        target,
    )


def _lines_of(source: Path) -> str:
    """Return the relation of a text file's lines: ``row`` from 0, and ``line`` (null when empty)."""
    return (
        "(SELECT row_number() OVER () - 1 AS row, rtrim(line, chr(13)) AS line "
        f"FROM read_csv({quoted(source)}, auto_detect = false, header = false, delim = '\\x00', quote = '', "
        "escape = '', columns = {'line': 'VARCHAR'}))"
    )


def _stage(database: duckdb.DuckDBPyConnection, rows: str, target: Path) -> int:
    """Write rows whose columns are texts in the types that the engine wants, noting what cannot be read."""
    numbers = ", ".join(
        f"CASE WHEN regexp_full_match({name}, {quoted(_WHOLE)}) THEN {name}::BIGINT END AS {name}" for name in _NUMBERS
    )
    unread = " ".join(
        f"WHEN {name} IS NOT NULL AND NOT regexp_full_match({name}, {quoted(_WHOLE)}) "
        f"THEN '{name}: must be a whole number'"
        for name in _NUMBERS
    )
    placed = "epoch_us(TRY_CAST(placed_at AS TIMESTAMPTZ))"
    database.execute(
        f"""
        COPY (
            SELECT row, {", ".join(_TEXTS)}, {placed} AS placed_us, {numbers},
                   CASE WHEN unreadable IS NOT NULL THEN unreadable {unread}
                        WHEN placed_at IS NOT NULL AND {placed} IS NULL
                        THEN 'placed_at: must be a time such as 2026-11-22T09:30:00Z' END AS malformed
            FROM ({rows})
        ) TO {quoted(target)} (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 122880)
        """
    )
    (count,) = database.execute(f"SELECT count(*) FROM read_parquet({quoted(target)})").fetchall()[0]
    return int(count)
