"""Parquet files of other producers: their metadata, and where to cut them into parts."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import duckdb

from patterns_batch.application.ports import Inputs
from patterns_batch.engine.database import quoted
from patterns_batch.engine.lines import MAX_LINES, create_view, order_start
from patterns_batch.engine.parquet_columns import parquet_lines, parquet_problem
from patterns_batch.errors import BadInput, NoRows
from patterns_batch.manifest import FileSource, Part, Range

__all__ = ["FOOTER_TAIL", "cut", "footer_range", "is_damage", "read_footer"]

FOOTER_TAIL = 8
"""Bytes at the end of a Parquet file: the length of its metadata, and ``PAR1``."""
_MAGIC = b"PAR1"
_REACH = MAX_LINES + 1
"""Rows within which an order begins, unless one is too long."""


@dataclass(frozen=True, slots=True)
class _RowGroup:
    """A row group: its rows, its bytes, and those of its column ``order_id``."""

    rows: Range
    data: Range
    ids: Range


def footer_range(tail: bytes, size: int, file: str) -> Range:
    """Return which bytes hold the file's metadata, from its last bytes.

    Raises:
        BadInput: the file does not end as a Parquet file does.
    """
    begin = size - FOOTER_TAIL - int.from_bytes(tail[:4], "little")
    if len(tail) != FOOTER_TAIL or tail[4:] != _MAGIC or begin < len(_MAGIC):
        raise BadInput("is cut short, or is no Parquet file: it does not end as one", file=file)
    return begin, size


def read_footer(database: duckdb.DuckDBPyConnection, path: Path, file: str, prices: str) -> int:
    """Return how many rows the file has; of the file at ``path`` only the metadata has to be there.

    Raises:
        BadInput: naming a column that is missing or of a wrong type; or the file is empty.
    """
    try:
        problem = parquet_problem(database, path, prices)
        (rows,) = database.execute(f"SELECT num_rows FROM parquet_file_metadata({quoted(path)})").fetchall()[0]
    except duckdb.Error:
        raise BadInput("is no sound Parquet file: its metadata cannot be read", file=file) from None
    if problem:
        raise BadInput(problem[1], file=file, column=problem[0])
    if not rows:
        raise NoRows("is empty: it has no rows", file=file)
    return int(rows)


def is_damage(error: duckdb.Error) -> bool:
    """Whether the engine could not decode a file's pages, or not convert what they hold.

    Out of memory, a full disk, a sum that is too large: those are other errors of the engine, and no fault of the file.
    """
    return isinstance(error, duckdb.InvalidInputException | duckdb.ConversionException) or type(error) is duckdb.Error


def cut(
    database: duckdb.DuckDBPyConnection,
    inputs: Inputs,
    source: FileSource,
    path: Path,
    *,
    prices: str,
    number: int,
    parts: int,
) -> tuple[Part, ...]:
    """Cut the file, with this number in the source, into parts of whole row groups: at most so many.

    Then each cut is moved to where an order begins.

    For that the order ids around each cut are fetched into the file at ``path``.

    Raises:
        BadInput: the ids cannot be read.
    """
    groups = _row_groups(database, path)
    starts = _even_starts(groups, max(1, min(parts, len(groups))))
    near = {start: (start - 1, min(start + _REACH, source.rows)) for start in starts}
    around = [group.ids for group in groups if any(_meet(group.rows, rows) for rows in near.values())]
    if around:
        inputs.fetch(source, around, path)
    try:
        if around:
            create_view(database, [parquet_lines(database, path, prices)])
        found = {start: order_start(database, start, end) for start, (_, end) in near.items()}
    except duckdb.Error as error:
        if not is_damage(error):
            raise
        raise BadInput("is damaged: its data cannot be read", file=source.address) from None
    # Where no order begins within reach stands one that is too long: it is left whole, and rejected by its shard.
    cuts = [0, *(found[start] for start in starts if found[start] < near[start][1]), source.rows]
    ranges = [(begin, end) for begin, end in pairwise(cuts) if begin < end]
    return tuple(Part(file=number, rows=rows, data=_data(groups, rows)) for rows in ranges)


def _even_starts(groups: Sequence[_RowGroup], parts: int) -> list[int]:
    """Return the first rows of the row groups at which the second and later parts may begin, about evenly."""
    total = groups[-1].rows[1]
    starts = {
        next(group.rows[0] for group in groups if group.rows[1] * parts > total * part) for part in range(1, parts)
    }
    return sorted(starts - {0})


def _meet(one: Range, other: Range) -> bool:
    return one[0] < other[1] and other[0] < one[1]


def _data(groups: Sequence[_RowGroup], rows: Range) -> Range:
    touched = [group.data for group in groups if _meet(group.rows, rows)]
    return min(begin for begin, _ in touched), max(end for _, end in touched)


def _row_groups(database: duckdb.DuckDBPyConnection, path: Path) -> list[_RowGroup]:
    begin = "coalesce(least(dictionary_page_offset, data_page_offset), data_page_offset)"
    found = database.execute(
        f"""
        WITH chunks AS (
            SELECT row_group_id, row_group_num_rows, path_in_schema, total_compressed_size AS size,
                   CASE WHEN dictionary_page_offset > 0 THEN {begin} ELSE data_page_offset END AS begin
            FROM parquet_metadata({quoted(path)})
        )
        SELECT any_value(row_group_num_rows), min(begin), max(begin + size),
               min(begin) FILTER (path_in_schema = 'order_id'), max(begin + size) FILTER (path_in_schema = 'order_id')
        FROM chunks GROUP BY row_group_id ORDER BY row_group_id
        """
    ).fetchall()
    groups, row = [], 0
    for count, data_begin, data_end, ids_begin, ids_end in found:
        groups.append(_RowGroup((row, row + count), (data_begin, data_end), (ids_begin, ids_end)))
        row += count
    return groups
