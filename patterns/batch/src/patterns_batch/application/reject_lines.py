"""The bad rows as lines of JSON: where, and why; no value of theirs, since values may be personal."""

import json

import duckdb

from patterns_batch.engine.problems import IS_CAUSE
from patterns_batch.manifest import FilesSource, Manifest

__all__ = ["reject_lines", "rejects"]


def rejects(
    database: duckdb.DuckDBPyConnection, manifest: Manifest, causes: int | None = None
) -> list[dict[str, object]]:
    """Return the listed bad rows, in order: file, row (from 1), column and reason; as many as a run lists.

    With ``causes``, as many of those that are bad themselves, and not since their order has a bad row.

    Of a table it is the order instead of the row: an order's id there is ours to tell; in a file it may be anything.
    """
    source = manifest.source
    order = "file" if isinstance(source, FilesSource) else "order_id"
    chosen, most = ("", manifest.rejects_listed) if causes is None else (f"WHERE {IS_CAUSE}", causes)
    found = database.execute(
        f'SELECT file, "row", order_id, problem FROM rejects {chosen} ORDER BY {order}, "row" LIMIT {most}'
    ).fetchall()
    listed = []
    for file, row, order_id, problem in found:
        column, _, reason = problem.partition(": ")
        place = (
            {"file": source.files[file].address, "row": row + 1}
            if isinstance(source, FilesSource)
            else {"table": source.table, "order": order_id}
        )
        listed.append({**place, "column": None if column == "row" else column, "reason": reason})
    return listed


def reject_lines(database: duckdb.DuckDBPyConnection, manifest: Manifest) -> bytes:
    """Return them as JSON Lines; nothing when there are none."""
    return b"".join(json.dumps(each, ensure_ascii=False).encode() + b"\n" for each in rejects(database, manifest))
