"""Blocks of text by the engine's own readers, in one query each; what they may get wrong is left to the exact ones.

The engine's reader of CSV leaves bad rows out and says nothing of a value that has swallowed others. So a block is only
taken as the engine read it when it has exactly one row for each line.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from patterns_batch.engine.database import quoted
from patterns_batch.engine.lines import COLUMNS
from patterns_batch.engine.typed_rows import write_typed

__all__ = ["JsonLines", "doubtful_json", "stage_csv", "stage_json", "stage_records"]

_BUFFER = 8 << 20
"""Bytes that a reader takes at a time: the engine's own 32 MB are no faster, and two readers have some of them each."""
_OPTIONS = (
    "auto_detect = false, new_line = '\\n', header = false, ignore_errors = true, null_padding = false, "
    f"strict_mode = true, buffer_size = {_BUFFER}"
)
_LINE_OPTIONS = (
    f"auto_detect = false, new_line = '\\n', header = false, quote = '', escape = '', buffer_size = {_BUFFER}"
)
_TRAILING_COMMA = r",\s*[}\]]"
_NO_TEXT = "('true', 'false')"


def stage_csv(
    database: duckdb.DuckDBPyConnection,
    source: Path,
    target: Path,
    *,
    width: int,
    places: Sequence[int],
    delimiter: str,
    first_row: int,
    first_line: int,
    quoting: bool,
    replaced: bool,
    prices: str,
) -> int:
    """Write the rows of lines without a header, numbered from ``first_row`` and ``first_line``; return how many.

    A row has ``width`` values; ``places`` are those of ``COLUMNS``, from 0.

    What cannot be read as CSV is left out, or the number is -1.
    """
    # By number: a header may have any name, and one name twice.
    read = ", ".join(f"'c{number}': 'VARCHAR'" for number in range(width))
    raw = ", ".join(f"nullif(c{place}, '') AS {name}" for name, place in zip(COLUMNS, places, strict=True))
    quote = "quote = '\"', escape = '\"', parallel = false" if quoting else "quote = '', escape = ''"
    try:
        return write_typed(
            database,
            f"SELECT row_number() OVER () - 1 + {first_row} AS row, row + {first_line - first_row} AS number, {raw}, "
            "NULL AS unreadable "
            f"FROM read_csv({quoted(source)}, columns = {{{read}}}, delim = {quoted(delimiter)}, {quote}, {_OPTIONS})",
            target,
            prices=prices,
            replaced=replaced,
        )
    except duckdb.InvalidInputException:
        return -1


def stage_records(
    database: duckdb.DuckDBPyConnection, source: Path, target: Path, *, replaced: bool, prices: str
) -> int:
    """Write the rows that an exact reader has written as CSV: row, number, problem, values; return how many."""
    read = ", ".join(f"'{name}': 'VARCHAR'" for name in COLUMNS)
    raw = ", ".join(f"nullif({name}, '') AS {name}" for name in COLUMNS)
    return write_typed(
        database,
        f"SELECT row, number, {raw}, nullif(problem, '') AS unreadable FROM read_csv({quoted(source)}, "
        f"columns = {{'row': 'BIGINT', 'number': 'BIGINT', 'problem': 'VARCHAR', {read}}}, delim = ',', "
        "header = false, auto_detect = false, new_line = '\\n', quote = '\"', escape = '\"', parallel = false)",
        target,
        prices=prices,
        replaced=replaced,
    )


@dataclass(frozen=True, slots=True)
class JsonLines:
    """Lines with an object each.

    Attributes:
        path: their file.
        delimiter: a character that the lines do not have.
        first_row: the row of the first one.
        first_line: its line.
        usual: names that most objects have, in this order, each once; perhaps none.
    """

    path: Path
    delimiter: str
    first_row: int
    first_line: int
    usual: tuple[str, ...] = ()


def stage_json(
    database: duckdb.DuckDBPyConnection, lines: JsonLines, target: Path, *, replaced: bool, prices: str
) -> int:
    """Write the rows of lines, but for the doubtful ones; return how many were written."""
    raw = ", ".join(f"nullif(object.{name}, '') AS {name}" for name in COLUMNS)
    return write_typed(
        database,
        f"SELECT row, number, {raw}, NULL AS unreadable FROM {_objects(lines)} WHERE NOT doubtful",
        target,
        prices=prices,
        replaced=replaced,
    )


def doubtful_json(database: duckdb.DuckDBPyConnection, lines: JsonLines) -> Iterable[tuple[int, int, str]]:
    """Return the row, its line's number and the text of each line that ``stage_json`` left out."""
    found = database.execute(f"SELECT row, number, line FROM {_objects(lines)} WHERE doubtful")
    while rows := found.fetchmany(1000):
        yield from rows


def _objects(lines: JsonLines) -> str:
    """Return the relation of a file's lines: ``row``, ``line``, ``object`` and whether it is ``doubtful``.

    Doubtful is what RFC 8259 does not allow, but the engine's reader does, and of which another reader might make
    something else: a comma too many, NaN, a member that is there twice, a value that is no text.
    """
    usual = ", ".join(map(quoted, lines.usual))
    shape = "{" + ", ".join(f'"{name}": "VARCHAR"' for name in COLUMNS) + "}"
    no_text = " OR ".join(
        f"coalesce(object.{name} IN {_NO_TEXT} OR starts_with(object.{name}, '{{') OR starts_with(object.{name}, '[') "
        f"OR contains(object.{name}, chr(10)) OR contains(object.{name}, chr(13)), false)"
        for name in ("order_id", "customer_id", "sku")
    )
    return f"""(
        SELECT row, row + {lines.first_line - lines.first_row} AS number, line, object,
               valid IS NULL OR json_type(valid) <> 'OBJECT'
               OR contains(line, 'NaN') OR contains(line, 'Infinity') OR regexp_matches(line, {quoted(_TRAILING_COMMA)})
               OR CASE WHEN names = usual THEN false ELSE len(names) <> len(list_distinct(names)) END
               OR {no_text} AS doubtful
        FROM (
            SELECT row, line, valid, from_json(valid, {quoted(shape)}) AS object, json_keys(valid) AS names,
                   [{usual}]::VARCHAR[] AS usual
            FROM (
                SELECT row_number() OVER () - 1 + {lines.first_row} AS row, line,
                       CASE WHEN json_valid(line) THEN line END AS valid
                FROM read_csv({quoted(lines.path)}, columns = {{'line': 'VARCHAR'}}, delim = {quoted(lines.delimiter)},
                              {_LINE_OPTIONS})
            )
        )
    )"""
