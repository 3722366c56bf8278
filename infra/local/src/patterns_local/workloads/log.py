"""What a workload prints, line by line, in a file: for readers that come later and for those that wait for more."""

import asyncio
import struct
import time
from collections import deque
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path
from typing import BinaryIO

__all__ = ["Line", "Output", "WorkloadLog"]

_HEADER = struct.Struct(">BdL")


class Output(IntEnum):
    """Which of its two outputs a program wrote to; the numbers are the file descriptors'."""

    STANDARD = 1
    ERROR = 2


@dataclass(frozen=True, slots=True)
class Line:
    """One line, with its end unless it is a part of a very long one or the last.

    Attributes:
        output: where it was written to.
        at: when it was read, seconds since the epoch.
        text: as it was written; no encoding is assumed.
    """

    output: Output
    at: float
    text: bytes


class WorkloadLog:
    """One workload's output. Written and read in one event loop."""

    def __init__(self, path: Path) -> None:
        """Begin a new log in this file."""
        self._path = path
        self._file = path.open("wb", buffering=0)
        self._news = asyncio.Event()

    def write(self, output: Output, text: bytes) -> None:
        """Add a line."""
        self._file.write(_HEADER.pack(output, time.time(), len(text)) + text)
        self._wake()

    def close(self) -> None:
        """Nothing more will be written; those who follow come to the end."""
        self._file.close()
        self._wake()

    async def lines(self, *, follow: bool = False, tail: int | None = None) -> AsyncIterator[Line]:
        """Yield the lines, from the first or from the last few on.

        Args:
            follow: wait for more until the log is closed.
            tail: of what is there already, only so many lines.
        """
        with self._path.open("rb") as file:
            for line in deque(_read(file), maxlen=tail):
                yield line
            while follow:
                ended, news = self._file.closed, self._news
                for line in _read(file):
                    yield line
                if ended:
                    return
                await news.wait()

    def _wake(self) -> None:
        self._news.set()
        self._news = asyncio.Event()


def _read(file: BinaryIO) -> Iterator[Line]:
    """Yield what is there now; each line is written in one piece."""
    while header := file.read(_HEADER.size):
        output, at, length = _HEADER.unpack(header)
        yield Line(Output(output), at, file.read(length))
