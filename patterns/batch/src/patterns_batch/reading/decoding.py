"""Texts in UTF-8 or UTF-16, as lines of sound UTF-8: whatever a file holds, the engine is given nothing else."""

import codecs
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from patterns_batch.errors import BadInput

__all__ = ["LONGEST_LINE", "REPLACED", "Chunk", "chunks", "encoding_of", "in_utf8"]

LONGEST_LINE = 1 << 20
"""Bytes of a line. A longer one is one bad row: it is cut one byte behind this, and its rest is dropped."""
_HALF = 1 << 19
REPLACED = "\ufffd"
"""Stands for every byte that is not UTF-8."""
_MARKS = (
    (codecs.BOM_UTF32_LE, "UTF-32"),
    (codecs.BOM_UTF32_BE, "UTF-32"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


@dataclass(frozen=True, slots=True)
class Chunk:
    """Whole lines, each with LF at its end.

    Attributes:
        text: the lines in UTF-8.
        replaced: whether there is a ``REPLACED``, as for bytes that were not UTF-8.
        cut: whether some line was too long, or is so after replacements.
    """

    text: bytes
    replaced: bool = False
    cut: bool = False


def encoding_of(start: bytes, file: str) -> str:
    """Return ``utf-8`` or ``utf-16`` by the mark at the beginning; a file without a mark is UTF-8.

    Raises:
        BadInput: it is UTF-32, or UTF-16 without a mark, which has a zero byte in every second place.
    """
    for mark, name in _MARKS:
        if start.startswith(mark):
            if name == "UTF-32":
                raise BadInput("is in UTF-32 and must be in UTF-8, or in UTF-16 with a byte order mark", file=file)
            return name
    head = start[:64]
    if len(head) > 1 and (not any(head[1::2]) or not any(head[::2])):
        raise BadInput("is not in UTF-8; UTF-16 is read when it begins with a byte order mark", file=file)
    return "utf-8"


def chunks(pieces: Iterable[bytes], encoding: str, *, cr_ends: bool, begins: bool = True) -> Iterator[Chunk]:
    """Return a file's pieces, each at most 1 MiB, as chunks of whole lines.

    Lines end in LF or CR LF, both in one file as well; with ``cr_ends``, in CR alone, too. Unless it ``begins`` the
    file, what looks like a byte order mark is text.
    """
    pending, dropping = b"", False
    for piece in in_utf8(pieces, encoding) if begins else pieces:
        text = pending + piece
        held = b"\r" if cr_ends and text.endswith(b"\r") else b""  # an LF may follow it
        if cr_ends:
            text = text.removesuffix(held).replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        if dropping:
            end = text.find(b"\n")
            if end < 0:
                pending = held
                continue
            text, dropping = text[end + 1 :], False
        whole = text.rfind(b"\n") + 1
        lines, pending = text[:whole], text[whole:] + held
        if len(pending) > LONGEST_LINE:
            lines, pending, dropping = lines + pending[: LONGEST_LINE + 1] + b"\n", held, True
        if lines:
            yield _chunk(lines)
    if pending:
        yield _chunk(pending + b"\n")


def _chunk(lines: bytes) -> Chunk:
    # Only the first line can be longer than a piece, and only the last one was cut before.
    first, last = lines.find(b"\n"), len(lines) - 1 - (lines.rfind(b"\n", 0, -1) + 1)
    if first > LONGEST_LINE:
        lines = lines[: LONGEST_LINE + 1] + lines[first:]
    cut = first > LONGEST_LINE or last > LONGEST_LINE
    replaced = False
    if not lines.isascii():
        try:
            lines.decode()
        except UnicodeDecodeError:
            # A replacement never takes the ASCII byte behind it, so that delimiters and quotes stay.
            lines = lines.decode(errors="replace").encode()
            # It is three times as long as what it stands for.
            cut = cut or max(map(len, lines.split(b"\n"))) > LONGEST_LINE
        replaced = REPLACED.encode() in lines
    # A look for one byte takes a tenth of what a look for two does.
    return Chunk(lines.replace(b"\r\n", b"\n") if b"\r" in lines else lines, replaced=replaced, cut=cut)


def in_utf8(pieces: Iterable[bytes], encoding: str) -> Iterator[bytes]:
    """Return the pieces without the mark, and those of UTF-16 in UTF-8."""
    if encoding == "utf-16":
        decoder = codecs.getincrementaldecoder("utf-16")(errors="replace")
        for piece in pieces:
            for begin in range(0, len(piece), _HALF):  # in UTF-8 it may be half as long again
                yield decoder.decode(piece[begin : begin + _HALF]).encode()
        yield decoder.decode(b"", final=True).encode()
        return
    begun, mark = b"", True
    for piece in pieces:
        begun += piece
        if not mark or len(begun) >= len(codecs.BOM_UTF8):
            yield begun.removeprefix(codecs.BOM_UTF8) if mark else begun
            begun, mark = b"", False
    if begun:
        yield begun
