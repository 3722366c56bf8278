"""Lines that somebody else wrote."""

import io
import tracemalloc

import pytest

from patterns_cli.text_lines import BadLine, TextLine, read_lines


def lines(data: bytes, *, max_bytes: int = 10) -> list[TextLine | BadLine]:
    """Read them all."""
    return list(read_lines(io.BytesIO(data), max_bytes=max_bytes))


@pytest.mark.parametrize(
    ("data", "read"),
    [
        (b"", []),
        (b"\n", []),
        (b"a", [TextLine(1, "a")]),
        (b"a\n\n \t\r\nb\n", [TextLine(1, "a"), TextLine(4, "b")]),
        (b"\xef\xbb\xbfa\r\nb", [TextLine(1, "a"), TextLine(2, "b")]),
        (b"\xef\xbb\xbf\n\xef\xbb\xbfa\n", [TextLine(2, "\ufeffa")]),
        ("é\n".encode(), [TextLine(1, "é")]),
        (b"a\n\xff\xfe\nb\n", [TextLine(1, "a"), BadLine(2, "is not UTF-8"), TextLine(3, "b")]),
        (b"a\x0bb\x85c\x1cd".replace(b"\x85", b""), [TextLine(1, "a\x0bbc\x1cd")]),
    ],
)
def test_what_is_a_line(data: bytes, read: list[TextLine | BadLine]) -> None:
    """Ended by a line feed and nothing else; empty ones are counted and left out; one byte order mark is none of it."""
    assert lines(data) == read


@pytest.mark.parametrize("length", [9, 10, 11, 12, 13, 14, 15, 16, 17, 100, 20_000])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"   \n", b""])
def test_a_line_over_the_limit_is_bad_and_the_next_one_is_read(length: int, mark: bytes, end: bytes) -> None:
    """To the byte; neither a mark before it nor spaces behind it count."""
    first = TextLine(1, "x" * length) if length <= 10 else BadLine(1, "is over the limit of 10 bytes")
    after = [TextLine(2, "b")] if end else []
    assert lines(mark + b"x" * length + end + (b"b\n" if end else b"")) == [first, *after]


def test_a_huge_line_takes_no_memory() -> None:
    """It is read to find its end, a buffer at a time."""

    class Huge(io.RawIOBase):
        left = 50_000_000

        def readable(self) -> bool:
            return True

        def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
            size = min(len(buffer), self.left)
            self.left -= size
            buffer[:size] = b"x" * size
            return size

    tracemalloc.start()
    try:
        read = list(read_lines(io.BufferedReader(Huge()), max_bytes=1000))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert read == [BadLine(1, "is over the limit of 1000 bytes")]
    assert peak < 1_000_000


def test_what_a_person_reads_quotes_nothing() -> None:
    """A line may hold somebody's address."""
    assert str(BadLine(7, "is not JSON")) == "line 7: is not JSON"
    assert "ada@example.com" not in repr(TextLine(1, "ada@example.com"))
