"""Damaged files by the thousand: the program ends with 0 or 2, and what it counts is what plain loops count."""

import os
from collections.abc import Callable
from datetime import date
from random import Random
from typing import Any

import duckdb
import pytest

from patterns_batch.errors import BadInput
from patterns_batch.testing import COLUMNS, csv_of, json_lines_of, lines_of, make_orders
from patterns_batch.testing.plain_reading import PlainSums, Row, plain_csv, plain_json_lines, plain_report

World = Any
FILES = int(os.environ.get("FUZZ_FILES", "90"))
SEED = int(os.environ.get("FUZZ_SEED", "20261130"))
_NOTES = ("Coffee", 'Tea "Assam"; loose', "", "two\nlines", "5,60", 'a "b"', "Grüße", "x")
_SALES = lines_of(make_orders(12, day=date(2026, 11, 22)))
# Of orders in front of them, right behind them, and behind all others.
_BACK = [{**_SALES[place], "quantity": -1, "placed_at": "2026-11-23T09:00:00+00:00"} for place in (0, -1, 4)]
_LINES = [
    {**line, "note": _NOTES[row % 8]} for row, line in enumerate([*_SALES[:9], _BACK[0], *_SALES[9:], *_BACK[1:]])
]
_ONE_LINE = [{**line, "note": line["note"].replace("\n", " ")} for line in _LINES]
_COLUMNS = (*COLUMNS, "note")
_PIECES = [b'"', b'""', b",", b";", b"\n", b"\r", b"\r\n", b"\t", b" ", b"-", b".", b"0", b"{", b"}", b"[", b"\\", b":"]
_PIECES += [
    b"\xff",
    b"\xc3",
    b"\x00",
    b"null",
    b"NaN",
    b"e9",
    b'"\n',
    b',"',
    b'",',
    b"\xef\xbf\xbd",
    b"\\ud800",
    b"\xe2\x80\xa8",
]
BASES: list[tuple[str, bytes, Callable[[bytes], list[tuple[int, Row]]]]] = [
    ("a.csv", csv_of(_LINES, _COLUMNS), lambda content: plain_csv(content, ",")),
    # Without a line break in a value: what the engine reads itself.
    ("a.csv", csv_of(_ONE_LINE, _COLUMNS), lambda content: plain_csv(content, ",")),
    ("a.csv", csv_of(_ONE_LINE, ("note", *COLUMNS)), lambda content: plain_csv(content, ",")),
    ("a.csv", csv_of(_LINES, ("note", *COLUMNS), delimiter=";"), lambda content: plain_csv(content, ";")),
    ("a.jsonl", json_lines_of(_LINES), plain_json_lines),
]


def mutated(content: bytes, random: Random) -> bytes:
    """Change, insert, delete or repeat a few bytes behind the first line, whose damage is seen by the plan."""
    begin = content.index(b"\n") + 1
    for _ in range(random.choice((1, 1, 1, 2, 3, 8))):
        place = random.randrange(begin, len(content))
        length = random.choice((0, 1, 1, 1, 3, 40))
        new = random.choice((random.choice(_PIECES), random.choice(_PIECES), bytes([random.randrange(256)]), b""))
        if random.random() < 0.1:
            other = random.randrange(begin, len(content))
            new = content[other : other + random.randrange(200)]
        content = content[:place] + new + content[place + length :]
    return content


@pytest.mark.fuzz
def test_a_mutated_file_is_counted_as_plain_loops_count_it(make_world: Callable[[], World]) -> None:
    """Or refused as a whole; ``FUZZ_FILES`` says how many files, and ``FUZZ_SEED`` which."""
    random = Random(SEED)
    refused = 0
    with duckdb.connect() as engine:
        engine.execute("SET TimeZone = 'UTC'")
        for number in range(FILES):
            key, base, plain = BASES[number % len(BASES)]
            content = mutated(base, random)
            world = make_world()
            world.drop(key, content)
            try:
                manifest = world.plan(key)
                found = _counted(world, manifest)
            except BadInput:
                refused += 1
                continue
            expected = plain_report(plain(content), lambda text: _moment(engine, text), manifest.before)
            assert found == expected, f"file {number} of seed {SEED}: {content!r}"
    print(f"{FILES} files, {refused} refused")  # noqa: T201 - the run's figure
    assert refused < FILES / 10


def _counted(world: World, manifest: Any) -> PlainSums:  # noqa: ANN401
    """Return what the shard's sums come to."""
    done = world.steps.sharder.work(manifest, 0)
    sums = PlainSums(done.read, done.bad)
    folder = next(key for key in world.objects.kept if key.endswith("/baskets.parquet")).rpartition("/")[0]
    sums.orders, sums.revenue = _added(world, f"{folder}/baskets.parquet", "orders", "revenue")
    sums.return_lines, sums.return_amount = _added(world, f"{folder}/returns.parquet", "lines", "amount")
    return sums


def _added(world: World, key: str, *columns: str) -> list[int]:
    """Return the sums of columns of a file in the bucket."""
    path = world.settings.scratch / "sums.parquet"
    path.write_bytes(world.objects.kept[key])
    with duckdb.connect() as engine:
        table = engine.read_parquet(str(path))
        return [int(table.sum(column).fetchall()[0][0] or 0) for column in columns]


def _moment(engine: duckdb.DuckDBPyConnection, text: str) -> int | None:
    (found,) = engine.execute("SELECT epoch_us(TRY_CAST(nullif(?, '') AS TIMESTAMPTZ))", [text]).fetchall()[0]
    return None if found is None else int(found)
