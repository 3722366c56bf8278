"""Files that are no good files of orders, each with what the batch must say of it."""

import gzip
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from patterns_batch.testing.order_lines import COLUMNS, csv_of, json_lines_of, lines_of, make_orders, parquet_of

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

__all__ = ["BAD_FILES", "GOOD_ENOUGH", "ROWS", "BadFile"]

_GOOD = lines_of(make_orders(400, day=date(2026, 1, 5)))
ROWS = len(_GOOD)
"""Of the files that have rows."""
Line = dict[str, Any]


@dataclass(frozen=True, slots=True)
class BadFile:
    """A file, and its outcome.

    Attributes:
        why: what is wrong with it.
        ending: of its name.
        content: of the file.
        step: that refuses it.
        told: what its reason says, in addition to its address.
        rejects: bad rows that are listed.
    """

    why: str
    ending: str
    content: bytes
    step: str
    told: Sequence[str]
    rejects: int = 0


def _all(**changes: object) -> list[Line]:
    """Return lines of which a tenth is changed, every tenth order's: more than may be bad."""
    ids = sorted({line["order_id"] for line in _GOOD})[::10]
    return [{**line, **changes} if line["order_id"] in ids else line for line in _GOOD]


def _of_many(column: str, reason: str, **changes: object) -> BadFile:
    lines = _all(**changes)
    bad = [row for row, (line, good) in enumerate(zip(lines, _GOOD, strict=True), 1) if line != good]
    told = (f"{len(bad)} of {ROWS} rows are bad", f"row {bad[0]}, column {column}: {reason}")
    return BadFile(f"{column} {reason}", ".csv", csv_of(lines), "Merge", told, len(bad))


def _mixed_currencies() -> BadFile:
    """Return a file with an order in ten whose second row has another currency than its first."""
    seen, lines, bad = set[str](), [], list[int]()
    for row, line in enumerate(_GOOD, 1):
        second = line["order_id"] in seen and _GOOD[row - 2]["order_id"] == line["order_id"]
        if second and len(bad) < ROWS // 50 and _GOOD[row - 3]["order_id"] != line["order_id"]:
            bad.append(row)
            line = {**line, "currency": "USD"}  # noqa: PLW2901 - the changed line is what is meant
        seen.add(line["order_id"])
        lines.append(line)
    told = ("rows are bad", f"row {bad[0]}, column currency: is not that of the order's first row")
    orders = {_GOOD[row - 1]["order_id"] for row in bad}
    return BadFile(
        "mixed currencies", ".csv", csv_of(lines), "Merge", told, sum(x["order_id"] in orders for x in _GOOD)
    )


def _damaged() -> bytes:
    content = bytearray(parquet_of(_GOOD))
    content[100:400] = bytes(300)
    return bytes(content)


_PACKED = gzip.compress(csv_of(_GOOD))
_WITHOUT = [name for name in COLUMNS if name != "customer_id"]
_TOMORROW = (datetime.now(UTC) + timedelta(days=3)).isoformat()

BAD_FILES = [
    BadFile("missing column", ".csv", csv_of(_GOOD, _WITHOUT), "Plan", ["column customer_id: is missing"]),
    BadFile(
        "missing column of a Parquet file",
        ".parquet",
        parquet_of(_GOOD, columns=_WITHOUT),
        "Plan",
        ["column customer_id: is missing"],
    ),
    BadFile(
        "wrong type",
        ".parquet",
        parquet_of(_GOOD, types={"quantity": "BLOB"}),
        "Plan",
        ["column quantity: is BLOB and must be an integer"],
    ),
    _of_many("quantity", "must be a whole number", quantity="three"),
    _of_many("quantity", "must be 1 to 999", quantity=0),
    _of_many("placed_at", "is in the future", placed_at=_TOMORROW),
    _mixed_currencies(),
    BadFile(
        "duplicate order ids",
        ".jsonl",
        json_lines_of([*_GOOD, *_GOOD[:200]]),
        "Merge",
        [f"row {ROWS + 1}, column order_id: is a duplicate, the order stands in row 1 already"],
    ),
    BadFile("empty", ".csv", b"", "Plan", ["is empty"]),
    BadFile("no rows", ".csv", csv_of([]), "Shard", ["is empty: it has no rows"]),
    BadFile("truncated gzip", ".csv.gz", _PACKED[: len(_PACKED) // 2], "Shard", ["is cut short", "after line"]),
    BadFile("no zstd", ".csv.zst", csv_of(_GOOD), "Plan", ["is no zstd file"]),
    BadFile(
        "corrupt zstd",
        ".csv.zst",
        zstd.compress(csv_of(_GOOD), options={zstd.CompressionParameter.checksum_flag: 1})[:-4] + b"oops",
        "Plan",
        ["is no sound zstd file"],
    ),
    BadFile("truncated Parquet", ".parquet", parquet_of(_GOOD)[:-100], "Plan", ["is cut short, or is no Parquet file"]),
    BadFile("corrupt Parquet", ".parquet", _damaged(), "Shard", ["is damaged: its data cannot be read from row 1 on"]),
    BadFile("unknown extension", ".xlsx", b"anything", "Plan", ["is of no known format: its name must end in .csv"]),
]

_ONE_BAD = [{**line, "quantity": 1000} if number == ROWS - 1 else line for number, line in enumerate(_GOOD)]
GOOD_ENOUGH = BadFile(
    "bad rows under the threshold",
    ".csv",
    csv_of(_ONE_BAD),
    "",
    (),
    sum(line["order_id"] == _GOOD[-1]["order_id"] for line in _GOOD),
)
