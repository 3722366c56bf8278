"""Lines of a file or pipe that somebody else wrote: any number of them, any length, with constant memory."""

import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import IO

__all__ = ["BadLine", "TextLine", "read_lines"]

_BOM = b"\xef\xbb\xbf"
_SKIPPED_AT_ONCE = io.DEFAULT_BUFFER_SIZE


@dataclass(frozen=True, slots=True)
class TextLine:
    """One line and its number, counted from 1; its text may be somebody's personal data."""

    number: int
    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class BadLine:
    """A line that cannot be used, and why; the reason does not quote it."""

    number: int
    reason: str

    def __str__(self) -> str:
        """Return what a person should read."""
        return f"line {self.number}: {self.reason}"


def read_lines(stream: IO[bytes], *, max_bytes: int) -> Iterator[TextLine | BadLine]:
    """Yield the lines without their ends; empty ones are left out, and so is a byte order mark.

    A line over ``max_bytes`` is bad, and read only to find its end.
    """
    number = 0
    while line := stream.readline(max_bytes + len(_BOM) + len(b"\r\n")):
        number += 1
        ended = line.endswith(b"\n")
        if number == 1:
            line = line.removeprefix(_BOM)
        line = line.strip(b" \t\r\n")
        longer = not ended and _skip(stream)
        if longer or len(line) > max_bytes:
            yield BadLine(number, f"is over the limit of {max_bytes} bytes")
        elif line:
            yield _decoded(number, line)


def _decoded(number: int, line: bytes) -> TextLine | BadLine:
    try:
        return TextLine(number, line.decode())
    except UnicodeDecodeError:
        return BadLine(number, "is not UTF-8")


def _skip(stream: IO[bytes]) -> bool:
    """Read to the end of the line and return whether there was anything but its end."""
    skipped = False
    while part := stream.readline(_SKIPPED_AT_ONCE):
        skipped = skipped or bool(part.strip())
        if part.endswith(b"\n"):
            break
    return skipped
