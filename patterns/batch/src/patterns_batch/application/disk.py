"""How much scratch disk a run's tasks need: what the plan asks of Fargate, and what a full disk is told with.

The disk holds an input as it came and its rows in Parquet; the engine spills sums that do not fit its memory.
The merge has a hash of every order's id, and reads a shard again for orders that come twice.
"""

from collections.abc import Sequence
from typing import NamedTuple

from patterns_batch.errors import BadInput
from patterns_batch.manifest import FileSource, FilesSource, Shard, Source
from patterns_batch.settings import LEAST_GIB, MOST_GIB

__all__ = ["GIB", "Disk", "disk_for", "gib"]

GIB = 1 << 30
_ALWAYS = 4 * GIB
"""The image, which counts, and what the engine spills of sums."""
_STAGED = 1.0
"""Bytes of Parquet for a byte of text, when its ids are long and each is there once; usually it is two thirds."""
_UNPACKED = 15
"""Bytes of text that are expected of a byte of gzip or zstd; order lines have ten, those of one customer more."""
_ITEMS = 3
"""Bytes for a byte of the table: DynamoDB's JSON names each attribute and its type, and the rows are staged, too."""
_ORDER_ID = 17
"""Bytes of an order in the list of ids: its hash, its first row, its lines."""
_COMPARED = 3
"""The ids, and the engine's table of them, which has 32 bytes for an id and is spilled."""
_LINE = 64
"""Bytes of a line of text at least: a row has two ids and a time."""


class Disk(NamedTuple):
    """GiB for a task that works on a shard or a group, and for the merge."""

    shard: int
    merge: int


def disk_for(source: Source, shards: Sequence[Shard], *, least_gib: int) -> Disk:
    """Return what to ask for, at least ``least_gib``.

    Of compressed text it is a guess, and no reason to refuse it.

    Raises:
        BadInput: Fargate has no task with as much.
    """
    each: float = max(_shard_bytes(source, shard, len(shards)) for shard in shards)
    files = source.files if isinstance(source, FilesSource) else ()
    compared: float = _COMPARED * _ORDER_ID * sum(_most_orders(file) for file in files)
    if any(file.compression != "none" for file in files):
        most = MOST_GIB * GIB - _ALWAYS
        each = min(each, most)
        compared = min(compared, most - each)
    disk = Disk(*(max(least_gib, LEAST_GIB, gib(_ALWAYS + needed)) for needed in (each, each + compared)))
    for what, needed in (("a shard", disk.shard), ("the merge", disk.merge)):
        if needed > MOST_GIB:
            raise BadInput(
                f"is too large: {what} of it needs {needed} GiB of disk, and a task on Fargate has at most {MOST_GIB}",
                file=source.address,
            )
    return disk


def gib(size: float) -> int:
    """Return whole GiB that hold so many bytes."""
    return int(-(-size // GIB))


def _shard_bytes(source: Source, shard: Shard, shards: int) -> float:
    if not isinstance(source, FilesSource):
        return _ITEMS * source.size / shards
    kept, packed = 0.0, 0
    for part in shard.parts:
        file, size = source.files[part.file], part.data[1] - part.data[0]
        if file.format == "parquet":
            kept += size + file.footer[1] - file.footer[0]
        else:
            # Text is taken away once its rows are staged.
            kept += _STAGED * _unpacked(file, size)
            packed = max(packed, size)
    return kept + packed


def _unpacked(file: FileSource, size: int) -> int:
    return size * (1 if file.compression == "none" else _UNPACKED)


def _most_orders(file: FileSource) -> int:
    return file.rows if file.format == "parquet" else _unpacked(file, file.size) // _LINE
