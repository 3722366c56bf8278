"""Blocks that the engine reads in threads of their own, while the blocks behind them are written.

The engine works without Python's lock. A row's place is foretold, as if each block before its own had one row for each
line; a block whose place was foretold wrongly is read again.
"""

from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

import duckdb

from patterns_batch.engine.database import session, threads_of
from patterns_batch.reading.blocks import Block

__all__ = ["NOT_READ", "EngineReads", "ReadBlock"]

NOT_READ = -1
"""Rows of a block that the engine did not read, or could not."""
_MOST_THREADS = 2
"""Blocks that are read at once: each takes memory for a reader's buffers and a row group."""
_Read = Callable[[duckdb.DuckDBPyConnection, Block, int, Path], int]


@dataclass(frozen=True, slots=True)
class ReadBlock:
    """A block, how many rows the engine wrote of it, and the file that has them unless it is ``NOT_READ``."""

    block: Block
    rows: int
    target: Path


@dataclass(slots=True)
class _UnderWay:
    block: Block
    first_row: int
    target: Path
    rows: Future[int]


class EngineReads:
    """Reads blocks, as many at once as the engine has threads, and hands them back in their order."""

    def __init__(self, database: duckdb.DuckDBPyConnection, folder: Path, read: _Read) -> None:
        """Write into the folder by ``read``: it is given a connection, a block, the place of its first row, a file."""
        self._database, self._folder, self._read = database, folder, read
        self._threads = min(threads_of(database), _MOST_THREADS)
        self._pool = ThreadPoolExecutor(self._threads)
        self._under_way: deque[_UnderWay] = deque()
        self._begun = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pool.shutdown(cancel_futures=True)

    @property
    def full(self) -> bool:
        """Whether each thread has a block, and one waits."""
        return len(self._under_way) > self._threads

    @property
    def empty(self) -> bool:
        """Whether all blocks were handed back."""
        return not self._under_way

    def begin(self, block: Block, next_row: int) -> None:
        """Let a thread read the block; ``next_row`` is the place of the first row that was not handed back."""
        first_row = next_row + sum(each.block.lines for each in self._under_way)
        target = self._folder / f"rows-{self._begun:05}.parquet"
        self._begun += 1
        rows = self._pool.submit(self._read_apart, session(self._database), block, first_row, target)
        self._under_way.append(_UnderWay(block, first_row, target, rows))

    def next(self, next_row: int) -> ReadBlock:
        """Wait for the first block; the place of its first row is ``next_row``."""
        first = self._under_way.popleft()
        if first.block.before:
            wait([first.rows])  # without its beginning the block may be anything, an error included
            return ReadBlock(first.block, NOT_READ, first.target)
        rows = first.rows.result()
        if first.first_row != next_row and rows != NOT_READ:
            rows = self._read(self._database, first.block, next_row, first.target)
        return ReadBlock(first.block, rows, first.target)

    def put_back(self, rest: list[str], block: Block) -> bool:
        """Let the next block begin with what ``block`` ended with; False when there is none yet."""
        if not self._under_way:
            return False
        following = self._under_way[0]
        following.block = following.block.behind(rest, block)
        return True

    def _read_apart(self, connection: duckdb.DuckDBPyConnection, block: Block, first_row: int, target: Path) -> int:
        with connection:
            return self._read(connection, block, first_row, target)
