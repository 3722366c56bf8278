"""Compressed files, unpacked piece by piece: everything up to a damaged place comes out before the damage is raised."""

import gzip
import io
import sys
import zlib
from collections.abc import Iterator
from typing import IO

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

__all__ = ["Damaged", "unpack"]

_PIECE = 1 << 18
"""Bytes: of larger pieces, the allocator gives each copy back to the system, and gets it anew."""
_CUT_SHORT = "is cut short: the compressed data ends before its end mark"
_ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"
_LARGEST_WINDOW = 27
"""Binary logarithm of the largest zstd window: 128 MiB, the zstd command's own limit, which a task's memory allows."""

_MAGIC = {"gzip": b"\x1f\x8b", "zstd": _ZSTD_MAGIC}
"""How data of each format begins: RFC 1952, section 2.3.1, and RFC 8878, section 3.1.1."""


class Damaged(Exception):
    """The compressed data cannot be read on; ``cut_short`` when it only ends too early."""

    def __init__(self, reason: str, *, cut_short: bool = False) -> None:
        """Say what is wrong."""
        super().__init__(reason)
        self.cut_short = cut_short


def unpack(packed: IO[bytes], compression: str) -> Iterator[bytes]:
    """Return the content in pieces of at most 256 KiB; ``compression`` is ``none``, ``gzip`` or ``zstd``.

    Raises:
        Damaged: when the next piece is asked for: the data is cut short, or is not compressed so.
    """
    begins_so = _begins_so(packed, compression)
    try:
        yield from _pieces(packed, compression)
    except EOFError:
        raise Damaged(_CUT_SHORT, cut_short=True) from None
    except (gzip.BadGzipFile, zlib.error, zstd.ZstdError):
        reason = f"is no sound {compression} file" if begins_so else f"is no {compression} file"
        raise Damaged(reason) from None


def _begins_so(packed: IO[bytes], compression: str) -> bool:
    """Whether the data has the format's magic number, and so is damaged where it cannot be unpacked."""
    place = packed.tell()
    first = packed.read(4)
    packed.seek(place)
    return first.startswith(_MAGIC.get(compression, b""))


def _pieces(packed: IO[bytes], compression: str) -> Iterator[bytes]:
    plain: io.BufferedIOBase | IO[bytes]
    if compression == "gzip":
        plain = gzip.GzipFile(fileobj=packed)
    elif compression == "zstd":
        _check_window(packed)
        plain = zstd.ZstdFile(packed)
    else:
        plain = packed
    # read1 returns what one read of the packed data gives: read would drop what came before the damage.
    read = plain.read1 if isinstance(plain, io.BufferedIOBase) else plain.read
    while piece := read(_PIECE):
        yield piece


def _check_window(packed: IO[bytes]) -> None:
    """Look at the first frame's header (RFC 8878, section 3.1.1.1), and go back to where the file was.

    Raises:
        Damaged: unpacking it would take more memory than is allowed.
    """
    place = packed.tell()
    header = packed.read(6)
    packed.seek(place)
    single_segment = len(header) == 6 and header[4] & 0x20  # noqa: PLR2004 - magic, descriptor, window
    if not header.startswith(_ZSTD_MAGIC) or len(header) < 6 or single_segment:  # noqa: PLR2004 - as above
        return
    window = 10 + (header[5] >> 3)
    if window > _LARGEST_WINDOW or (window == _LARGEST_WINDOW and header[5] & 7):
        raise Damaged(
            f"needs {(1 << window) >> 20} MiB of memory to be unpacked, and may take {1 << (_LARGEST_WINDOW - 20)}: "
            f"compress it with --long={_LARGEST_WINDOW} or less"
        )
