"""Dividing a text file into parts by ranges of bytes: each of whole rows, with no order in two of them."""

from bisect import bisect_left
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from itertools import pairwise

from patterns_batch.application.ports import Inputs
from patterns_batch.application.workplace import Workplace
from patterns_batch.engine.lines import count_decimals, create_view, order_start, staged_lines
from patterns_batch.manifest import FileSource, Part, Range
from patterns_batch.reading.row_starts import RowStart, is_divisible, row_starts
from patterns_batch.reading.text_rows import Portion, TextRows
from patterns_batch.source import TextHead

__all__ = ["divide_text"]

_PIECE = 1 << 20
_REQUEST = 8 << 20
_AHEAD = 3
"""Requests under way while a file is looked through."""
_UNIT = 1 << 20
_UNITS = 8
"""Of a part, at least: cuts are made between units."""
_READ_WHOLE = 8 << 20
"""Bytes of a file up to which all of its prices say how they are written."""
_WINDOWS, _WINDOW = 8, 64 << 10
"""Places of a larger one that say it, and bytes of each."""
_NO_ROW_BEFORE = -1
_FARTHEST = 32 << 20
"""Bytes after a cut within which an order has to begin."""


def divide_text(
    place: Workplace, inputs: Inputs, file: FileSource, *, prices: str, number: int, parts: int
) -> tuple[FileSource, tuple[Part, ...]]:
    """Return the file, and at most so many parts of it; it has this number in the source.

    Where it cannot be proven that a row begins, nothing is cut; compressed text, UTF-16 and arrays are one part.
    """
    head: TextHead = file
    whole = (Part(file=number, data=(0, file.size)),)
    if not is_divisible(head, file.compression):
        return file, whole
    text = _Text(place, inputs, file, head, prices)
    cuts = text.cuts(parts) if parts > 1 else []
    if not cuts and file.size <= _READ_WHOLE:
        return file, whole  # the shard reads all of its prices
    bounds = [RowStart(0, 0), *cuts, RowStart(file.size, 0)]
    divided = (Part(file=number, data=(begin.offset, end.offset), line=begin.line) for begin, end in pairwise(bounds))
    return replace(file, decimals=text.decimals()), tuple(divided)


class _Text:
    """One file, looked at in places."""

    def __init__(self, place: Workplace, inputs: Inputs, file: FileSource, head: TextHead, prices: str) -> None:
        self._place, self._inputs, self._file, self._head, self._prices = place, inputs, file, head, prices
        self._staged = 0

    def cuts(self, parts: int) -> list[RowStart]:
        """Return where the second and later parts begin: each at a row that begins an order."""
        size = self._file.size
        unit = max(1, min(_UNIT, size // (parts * _UNITS)))
        starts = [RowStart(0, 0), *row_starts(self._pieces(), self._head, unit)]
        cuts: list[RowStart] = []
        for part in range(1, parts):
            at = bisect_left(starts, size * part // parts, key=lambda start: start.offset)
            cut = self._order_start(starts, at) if 0 < at < len(starts) else None
            if cut and cut.offset < size and (not cuts or cut.offset > cuts[-1].offset):
                cuts.append(cut)
        return cuts

    def decimals(self) -> bool:
        """Return whether most prices have decimals: of the whole file, or of places all over a large one."""
        size = self._file.size
        if size <= _READ_WHOLE:
            windows = [self._read((0, size))]
        else:
            begins = [size * window // _WINDOWS for window in range(_WINDOWS)]
            texts = [self._read((begin, min(begin + _WINDOW, size))) for begin in begins]
            first, *others = (text[: text.rfind(b"\n") + 1] for text in texts)
            windows = [first, *(text[text.find(b"\n") + 1 :] for text in others)]
        rows = self._rows([window for window in windows if window], Portion())
        major, minor = count_decimals(self._place.database, rows.files) if rows.files else (0, 0)
        return major > minor

    def _order_start(self, starts: Sequence[RowStart], at: int) -> RowStart | None:
        """Return where the first order begins from ``starts[at]`` on, None when none begins soon enough."""
        before, cut = starts[at - 1], starts[at]
        reach = 1
        while True:
            end = starts[at + reach].offset if at + reach < len(starts) else self._file.size
            text = self._read((before.offset, end))
            begins = before.offset == 0
            rows = self._rows([text], Portion(begins=begins, first_line=before.line))
            found = self._row_of_order(rows, cut.line)
            if found == _NO_ROW_BEFORE:
                return None
            if found is not None:
                header = self._head.header_lines if begins else 0
                return RowStart(before.offset + _line_offset(text, found - before.line + header), found)
            if end == self._file.size or end - cut.offset > _FARTHEST:
                return None
            reach *= 4

    def _row_of_order(self, rows: TextRows, line: int) -> int | None:
        """Return the line of the first row from this line on that begins an order; None when none of these does."""
        database = self._place.database
        create_view(database, [staged_lines(database, rows.files, decimals=False)])
        (row,) = database.execute("SELECT min(row) FROM lines WHERE number >= ?", [line]).fetchall()[0]
        if row is None or row == 0:
            return None if row is None else _NO_ROW_BEFORE
        begin = order_start(database, int(row), rows.rows)
        if begin >= rows.rows:
            return None
        (number,) = database.execute("SELECT number FROM lines WHERE row = ?", [begin]).fetchall()[0]
        return int(number)

    def _rows(self, texts: Sequence[bytes], portion: Portion) -> TextRows:
        self._staged += 1
        folder = self._place.made(f"looked-at-{self._staged}")
        rows = TextRows(
            self._place.database, folder, self._head, file=self._file.address, prices=self._prices, portion=portion
        )
        rows.stage(text[at : at + _PIECE] for text in texts for at in range(0, len(text), _PIECE))
        return rows

    def _read(self, part: Range) -> bytes:
        return self._inputs.read(self._file, part)

    def _pieces(self) -> Iterator[bytes]:
        """Return all of the file; some requests are under way while a piece is looked at."""
        ranges = ((begin, min(begin + _REQUEST, self._file.size)) for begin in range(0, self._file.size, _REQUEST))
        under_way: deque[Future[bytes]] = deque()
        with ThreadPoolExecutor(_AHEAD) as threads:
            for part in ranges:
                under_way.append(threads.submit(self._read, part))
                if len(under_way) > _AHEAD:
                    yield under_way.popleft().result()
            while under_way:
                yield under_way.popleft().result()


def _line_offset(text: bytes, line: int) -> int:
    """Return where a line begins in the text, the first one being 0."""
    offset = 0
    for _ in range(line):
        offset = text.index(b"\n", offset) + 1
    return offset
