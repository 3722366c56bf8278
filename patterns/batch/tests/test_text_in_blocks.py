"""Text in blocks: however small they are and however many are read at once, the report is that of one block."""

import gzip
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from random import Random
from threading import Barrier
from typing import Any

import duckdb
import pytest

from patterns_batch.engine.database import connect
from patterns_batch.errors import BadInput
from patterns_batch.reading.blocks import Block
from patterns_batch.reading.engine_reads import NOT_READ, EngineReads
from patterns_batch.testing import COLUMNS, csv_of, json_lines_of, lines_of, make_orders

World = Any
DAY = date(2026, 11, 22)
ORDERS = lines_of(make_orders(40, day=DAY))
NOTED = (*COLUMNS, "note")
NOTES = ("", "plain", "a, b", "two\nlines", 'a "mark"', "Grüße")
SPOILED_JSON = (b"\n", b" \n", b"{}\n", b",,,\n", b"[]\n", b'{"order_id": "x"}\n', b"\xff\n")
SPOILED = (b"\n", b'"\n', b",,,,,,,,\n", b",,,,,,,\n", b'x"y"\n', b"\xff\xfe,1\n", b" \n", b"{}\n", b'"open\nonce"\n')


def _files() -> Iterator[tuple[str, bytes]]:
    random = Random(20261130)
    noted = [{**line, "note": random.choice(NOTES)} for line in ORDERS]
    without_end = [{**line, "note": ""} for line in ORDERS]
    for key, content in (
        ("a.csv", csv_of(ORDERS)),
        ("a.csv", csv_of(noted, NOTED)),
        ("a.csv", csv_of(without_end, NOTED)),
        ("a.csv", csv_of(noted, ("note", *COLUMNS), delimiter=";")),
        ("a.jsonl", json_lines_of(noted)),
    ):
        yield key, content
        spoiled = SPOILED if key == "a.csv" else SPOILED_JSON
        header, *lines = content.splitlines(keepends=True)
        for _ in range(6):
            lines.insert(random.randrange(len(lines)), random.choice(spoiled))
        yield key, b"".join([header, *lines])


def _report(world: World, key: str, content: bytes, threads: int) -> dict[str, bytes]:
    world.set(reject_share=1.0, threads=threads, max_shards=1)
    world.drop(key, content)
    world.merge(world.plan(key))
    return dict(world.files())


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("file", list(_files()), ids=lambda file: file[0])
def test_the_report_does_not_depend_on_blocks_and_threads(
    make_world: Callable[[], World], monkeypatch: pytest.MonkeyPatch, file: tuple[str, bytes], threads: int
) -> None:
    """Rows keep their numbers and reasons, whichever block and whichever reader they come from."""
    whole = _report(make_world(), *file, 1)
    monkeypatch.setattr("patterns_batch.reading.unpacking._PIECE", 200)
    monkeypatch.setattr("patterns_batch.reading.blocks.BLOCK_BYTES", 600)
    divided = _report(make_world(), *file, threads)
    assert divided["rejects.jsonl"].splitlines() == whole["rejects.jsonl"].splitlines()
    assert divided == whole


def test_a_damaged_file_names_its_last_good_line_whatever_is_read_ahead(
    make_world: Callable[[], World], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The line up to which the data is good is counted where it is unpacked, not where the engine has come to."""
    packed = gzip.compress(csv_of(ORDERS))
    reasons = set()
    for piece, block in ((1 << 20, 48 << 20), (200, 600)):
        monkeypatch.setattr("patterns_batch.reading.unpacking._PIECE", piece)
        monkeypatch.setattr("patterns_batch.reading.blocks.BLOCK_BYTES", block)
        world = make_world()
        world.set(threads=2)
        world.drop("a.csv.gz", packed[: len(packed) // 2])
        manifest = world.plan("a.csv.gz")
        with pytest.raises(BadInput, match="after line") as refused:
            world.steps.sharder.work(manifest, 0)
        reasons.add(str(refused.value))
    assert len(reasons) == 1


def _block(path: Path, first_line: int, lines: int) -> Block:
    return Block(
        path=path,
        first_line=first_line,
        lines=lines,
        plain=True,
        quoted=False,
        spaced=False,
        replaced=False,
        separator="",
        last=False,
    )


@pytest.fixture
def database(tmp_path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A database of two threads."""
    with connect(tmp_path, memory_mb=300, threads=2) as opened:
        yield opened


def test_two_blocks_are_read_at_once(database: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    """Neither read ends before the other one has begun; their connections take times without a zone for UTC."""
    both = Barrier(2)

    def read(connection: duckdb.DuckDBPyConnection, block: Block, first_row: int, target: Path) -> int:
        both.wait(timeout=120)
        assert connection.execute("SELECT current_setting('TimeZone')").fetchall() == [("UTC",)]
        target.write_text(str(first_row))
        return block.lines

    with EngineReads(database, tmp_path, read) as reads:
        for first_line in (0, 3):
            reads.begin(_block(tmp_path, first_line, 3), 10)
        first, second = reads.next(10), reads.next(13)
    assert (first.rows, second.rows) == (3, 3)
    assert (first.target.read_text(), second.target.read_text()) == ("10", "13")


def test_a_block_is_read_again_when_its_place_was_not_the_foretold_one(
    database: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    """The block before it had fewer rows than lines."""

    def read(_: duckdb.DuckDBPyConnection, block: Block, first_row: int, target: Path) -> int:
        target.write_text(str(first_row))
        return block.lines if block.first_line else NOT_READ

    with EngineReads(database, tmp_path, read) as reads:
        for first_line in (0, 3):
            reads.begin(_block(tmp_path, first_line, 3), 10)
        assert reads.next(10).rows == NOT_READ
        again = reads.next(12)
    assert (again.rows, again.target.read_text()) == (3, "12")


def test_what_one_block_ends_with_is_the_beginning_of_the_next(
    database: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    """What the engine made of that block without these lines is not taken, be it an error."""
    path = tmp_path / "block"
    path.write_text("b\nc\n")

    def read(_: duckdb.DuckDBPyConnection, block: Block, first_row: int, __: Path) -> int:
        if first_row:
            raise duckdb.ConversionException("what begins in the middle of a value")
        return block.lines

    with EngineReads(database, tmp_path, read) as reads:
        assert not reads.put_back(["a"], _block(path, 0, 3))
        reads.begin(_block(path, 0, 3), 0)
        reads.begin(_block(path, 3, 2), 0)
        first = reads.next(0)
        assert reads.put_back(["x", "a"], first.block)
        second = reads.next(1)
        assert reads.empty
    assert second.rows == NOT_READ
    assert (second.block.first_line, second.block.lines, second.block.plain) == (1, 4, False)
    assert list(second.block.texts()) == ["x", "a", "b", "c"]
