"""Text files, plain or compressed: their first line, and all of them written out plainly."""

import codecs
import csv
import gzip
import io
import sys
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import IO

from patterns_batch.application.ports import Stopping
from patterns_batch.errors import BadInput, Stopped

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

__all__ = ["csv_header", "first_line", "write_plain"]

_PIECE = 1 << 20
_DELIMITERS = ",;\t"
_CUT_SHORT = "is cut short: the compressed data ends before its end mark"


def first_line(start: bytes, compression: str, file: str) -> str:
    """Return the first line of a file that begins with these bytes.

    Raises:
        BadInput: there is none, or it cannot be read.
    """
    try:
        with _plain(io.BytesIO(start), compression) as plain:
            text = plain.readline(_PIECE)
    except EOFError:
        raise BadInput(_CUT_SHORT, file=file) from None
    except (OSError, zlib.error, zstd.ZstdError):
        raise BadInput(f"is no {compression} file", file=file) from None
    try:
        line = text.removeprefix(codecs.BOM_UTF8).decode().strip("\r\n")
    except UnicodeDecodeError:
        raise BadInput("is not in UTF-8", file=file, row=1) from None
    if not line:
        raise BadInput("is empty", file=file)
    return line


def csv_header(line: str, wanted: Sequence[str], file: str) -> tuple[tuple[str, ...], str]:
    """Return the columns of a CSV file and the delimiter between them (comma, semicolon or tab).

    Raises:
        BadInput: naming the first column that is missing.
    """
    headers = {delimiter: next(csv.reader([line], delimiter=delimiter)) for delimiter in _DELIMITERS}
    delimiter = max(headers, key=lambda each: len(headers[each]))
    columns = tuple(name.strip() for name in headers[delimiter])
    for name in wanted:
        if columns.count(name) != 1:
            raise BadInput(
                "is missing from the header" if name not in columns else "is in the header twice",
                file=file,
                column=name,
            )
    return columns, delimiter


def write_plain(source: Path, target: Path, compression: str, file: str, stopping: Stopping) -> int:
    """Write the file's text without its compression, and return how many lines it has; the source is deleted.

    Raises:
        BadInput: it is cut short, or is not compressed so.
        Stopped: the container is being stopped.
    """
    lines, last = 0, b"\n"
    try:
        with source.open("rb") as compressed, _plain(compressed, compression) as plain, target.open("wb") as out:
            while piece := plain.read(_PIECE):
                if stopping():
                    raise Stopped("stopped while the input was unpacked")
                lines += piece.count(b"\n")
                last = piece[-1:]
                out.write(piece)
    except EOFError:
        raise BadInput(f"{_CUT_SHORT} (after line {lines})", file=file) from None
    except (gzip.BadGzipFile, zlib.error, zstd.ZstdError):
        raise BadInput(f"is no sound {compression} file (seen after line {lines})", file=file) from None
    source.unlink()
    return lines + (last != b"\n")


def _plain(compressed: IO[bytes], compression: str) -> io.BufferedIOBase | IO[bytes]:
    if compression == "gzip":
        return gzip.GzipFile(fileobj=compressed)
    if compression == "zstd":
        return zstd.ZstdFile(compressed)
    return compressed
