"""The bad rows as lines of JSON: where, and why; no value of theirs, since values may be personal."""

import json

import duckdb

from patterns_batch.manifest import FileSource, Manifest

__all__ = ["reject_lines", "rejects"]


def rejects(
    database: duckdb.DuckDBPyConnection, manifest: Manifest, limit: int | None = None
) -> list[dict[str, object]]:
    """Return the listed bad rows, in order: file, row (from 1), column and reason.

    Of a table it is the order instead of the row: an order's id there is ours to tell; in a file it may be anything.
    """
    source = manifest.source
    of_file = isinstance(source, FileSource)
    order = '"row"' if of_file else "order_id"
    bounded = "" if limit is None else f" LIMIT {limit}"
    found = database.execute(
        f'SELECT "row", order_id, problem FROM rejects ORDER BY {order}, "row"{bounded}'
    ).fetchall()
    listed = []
    for row, order_id, problem in found:
        column, _, reason = problem.partition(": ")
        place = (
            {"file": source.address, "row": row + 1}
            if isinstance(source, FileSource)
            else {"table": source.table, "order": order_id}
        )
        listed.append({**place, "column": None if column == "row" else column, "reason": reason})
    return listed


def reject_lines(database: duckdb.DuckDBPyConnection, manifest: Manifest) -> bytes:
    """Return them as JSON Lines; nothing when there are none."""
    return b"".join(json.dumps(each, ensure_ascii=False).encode() + b"\n" for each in rejects(database, manifest))
