"""Text files in parts: whatever the file and however many the parts, the report is that of one part, byte for byte."""

import csv
import io
from collections.abc import Callable
from datetime import date
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from patterns_batch.application.sources import Lines, Sources
from patterns_batch.application.workplace import Workplace
from patterns_batch.manifest import FilesSource
from patterns_batch.reading.csv_records import CsvRecords
from patterns_batch.reading.row_starts import row_starts
from patterns_batch.source import TextHead
from patterns_batch.testing import COLUMNS, csv_of, json_lines_of, lines_of, make_orders, parquet_of

DAY = date(2026, 11, 22)
World = Any
LINES = lines_of(make_orders(40, day=DAY, days=3))
MANY_LINES = lines_of(make_orders(1_500, day=DAY, days=3))
NOTES = [
    "",
    "plain",
    'ein größeres Stück, 5" lang',
    "two\nlines",
    "\r\n\r\n",
    '""',
    "日本語\n",
    "a" * 70,
    "x,y\nz",
    "\ufeff",
]
SPOILED = ['"', 'x"y"', "", ",,,,,,,,", '"a" b', "\x00", '""', "\r", "\ufeff", "é" * 40, '"open\nonce"', ","]


def report_of(world: World, key: str, content: bytes, **settings: int) -> tuple[int, dict[str, bytes]]:
    """Return how many shards a file has, and the files of its report."""
    world.set(reject_share=1.0, chunk_lines=40, **settings)
    world.drop(key, content)
    manifest = world.plan(key)
    world.merge(manifest)
    return len(manifest.shards), world.files()


def same_report(make_world: Callable[[], World], key: str, content: bytes, parts: int) -> int:
    """Hold the report of so many parts against that of one, and return how many there are."""
    _, whole = report_of(make_world(), key, content, max_shards=1)
    shards, divided = report_of(make_world(), key, content, shard_text_bytes=-(-len(content) // parts))
    assert divided == whole
    return shards


def noted(random: Random, lines: list[dict[str, Any]], ending: str, notes: list[str]) -> bytes:
    """Return a CSV file that has a column with notes, some of which need quotation marks."""
    text = io.StringIO()
    columns = [*COLUMNS[:4], "note", *COLUMNS[4:]]
    writer = csv.DictWriter(text, columns, lineterminator=ending)
    writer.writeheader()
    for line in lines:
        writer.writerow({**line, "note": random.choice(notes)})
    return text.getvalue().encode()


@pytest.mark.parametrize(("ending", "parts"), [("\n", 2), ("\r\n", 4)])
def test_a_large_csv_has_several_parts(make_world: Callable[[], World], ending: str, parts: int) -> None:
    """With quoted values, too, as long as none has a line break where it is cut."""
    content = noted(Random(1), LINES, ending, ["", "a, b", '5"', "größer"])
    assert same_report(make_world, "a.csv", content, parts) == parts


def test_large_json_lines_have_several_parts(make_world: Callable[[], World]) -> None:
    """Every line is a row, whatever is in it."""
    content = json_lines_of([{**line, "note": NOTES[row % len(NOTES)]} for row, line in enumerate(LINES)])
    assert same_report(make_world, "a.jsonl", content.replace(b"}\n", b"}\n\n", 3), 6) == 6


def test_values_over_several_lines_are_not_cut(make_world: Callable[[], World]) -> None:
    """Also where every note has line breaks: parts begin at rows, and row numbers are the file's."""
    lines = [{**line, "quantity": 0 if row in {40, 70} else line["quantity"]} for row, line in enumerate(LINES)]
    content = noted(Random(2), lines, "\n", ["one\ntwo\nthree", 'a "b"\n'])
    assert same_report(make_world, "a.csv", content, 4) > 1


def test_a_mark_that_is_never_closed_is_not_cut_wrongly(make_world: Callable[[], World]) -> None:
    """What would be swallowed is read as rows, in any part."""
    text = csv_of(LINES).splitlines()
    for row in (9, 40, 41, 70):
        text[row] = b'"' + text[row]
    same_report(make_world, "a.csv", b"\n".join(text), 5)


def test_rows_that_look_like_a_value_are_named_by_the_file_s_rows(
    make_world: Callable[[], World], monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a later part, and in a later block, as in the first one."""
    text = csv_of(LINES).splitlines()
    text[50] = text[50].replace(b"2026", b'"2026')
    text[51] = text[51].replace(b"+00:00", b'+00:00"')
    content = b"\n".join(text)
    _, whole = report_of(make_world(), "a.csv", content, max_shards=1)
    assert b"may be in a value of row 50" in whole["rejects.jsonl"]
    assert same_report(make_world, "a.csv", content, 5) == 5
    monkeypatch.setattr("patterns_batch.reading.blocks.BLOCK_BYTES", 1500)
    monkeypatch.setattr("patterns_batch.reading.unpacking._PIECE", 500)
    assert report_of(make_world(), "a.csv", content, max_shards=1)[1] == whole


def test_an_order_is_whole_in_one_part(make_world: Callable[[], World]) -> None:
    """Also a long one, and one of too many rows, at every cut."""
    order = [{**LINES[0], "order_id": f"o{number // 49}", "sku": f"s{number}"} for number in range(49 * 6)]
    order += [{**LINES[0], "order_id": "long", "sku": f"s{number}"} for number in range(120)]
    world = make_world()
    same_report(make_world, "a.csv", csv_of(order), 9)
    world.set(shard_text_bytes=len(csv_of(order)) // 9)
    world.drop("a.csv", csv_of(order))
    content = csv_of(order).splitlines(keepends=True)
    for shard in world.plan("a.csv").shards:
        (part,) = shard.parts
        begin = sum(map(len, content[: part.line + 1])) if part.line else 0
        assert part.data[0] == begin
        assert part.line == 0 or order[part.line]["order_id"] != order[part.line - 1]["order_id"]


def test_duplicates_in_other_parts_are_found(make_world: Callable[[], World]) -> None:
    """Three times the same orders: the reason names the first row, whatever chunk or part it is in."""
    assert same_report(make_world, "a.csv", csv_of([*LINES, *LINES[:20], *LINES[:30]]), 4) == 4


@pytest.mark.parametrize(
    ("key", "content"),
    [("a.csv", csv_of([*LINES, *LINES])), ("a.parquet", parquet_of([*MANY_LINES, *MANY_LINES]))],
)
def test_the_merge_has_one_shard_on_its_disk_at_a_time(
    world: World, monkeypatch: pytest.MonkeyPatch, key: str, content: bytes
) -> None:
    """Each order comes twice, so that every shard is read again; the plan asks for disk for one of them."""
    world.set(reject_share=1.0, shard_text_bytes=len(content) // 4, shard_lines=2048)
    world.drop(key, content)
    manifest, steps = world.plan(key), world.steps
    for shard in manifest.shards:
        steps.sharder.work(manifest, shard.number)
    seen: list[int] = []
    original = Sources.open

    def counted(self: Sources, place: Workplace, *given: Any) -> list[Lines]:  # noqa: ANN401 - as the sources take them
        opened = original(self, place, *given)
        files = [path for path in place.folder.rglob("*.parquet") if path.parent.name != "ids"]
        seen.append(sum(path.stem.startswith("rows-") or path.stem.isdigit() for path in files))
        return opened

    monkeypatch.setattr(Sources, "open", counted)
    steps.merger.merge(manifest)
    assert len(seen) == len(manifest.shards) > 1
    assert set(seen) == {1}


def test_as_many_bad_rows_are_listed_whatever_the_parts(make_world: Callable[[], World]) -> None:
    """The first ones of the file, and not the first ones of each part."""
    content = csv_of({**line, "quantity": 0} for line in LINES)
    _, whole = report_of(make_world(), "a.csv", content, max_shards=1, rejects_listed=7)
    shards, divided = report_of(make_world(), "a.csv", content, shard_text_bytes=len(content) // 3, rejects_listed=7)
    assert shards > 2
    assert len(whole["rejects.jsonl"].splitlines()) == 7
    assert divided == whole


@pytest.mark.parametrize("major", [0.02, 0.6])
def test_prices_are_one_kind_in_the_whole_file(make_world: Callable[[], World], major: float) -> None:
    """Though a part may have none of the other kind, or the other kind alone."""
    count = int(len(LINES) * major)
    lines = [
        {**line, "unit_price": f"{line['unit_price'] / 100:.2f}"} if row < count else line
        for row, line in enumerate(LINES)
    ]
    assert same_report(make_world, "a.csv", csv_of(lines), 3) == 3
    assert same_report(make_world, "a.jsonl", json_lines_of(lines[::-1]), 3) > 1


def test_prices_of_a_larger_file_are_looked_at_in_several_places(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """So that neither the beginning alone decides, nor each part for itself; one part or many decide alike."""
    euros = [{**line, "unit_price": f"{line['unit_price'] / 100:.2f}"} for line in LINES]
    content = csv_of([*LINES, *euros * 7])
    monkeypatch.setattr("patterns_batch.application.text_parts._READ_WHOLE", 20_000)
    monkeypatch.setattr("patterns_batch.application.text_parts._WINDOW", 2_000)
    assert len(content) > 20_000
    world.drop("a.csv", content)
    for shards in (1, 4):
        world.set(max_shards=shards, shard_text_bytes=len(content) // 4)
        source = world.plan("a.csv", run=f"run-{shards}").source
        assert isinstance(source, FilesSource)
        assert source.files[0].decimals is True


@pytest.mark.parametrize(
    ("key", "content"),
    [
        ("a.csv", csv_of(LINES).decode().encode("utf-16")),
        ("a.csv", csv_of(LINES).replace(b"\n", b"\r")),
        ("a.json", b"[" + b",".join(json_lines_of(LINES).splitlines()) + b"]"),
        ("a.csv", csv_of(LINES[:1])),
        ("a.csv", csv_of([])[:-1] + b"\n" * 5000 + b",".join(str(v).encode() for v in LINES[0].values())),
    ],
)
def test_what_cannot_be_divided_is_one_part(make_world: Callable[[], World], key: str, content: bytes) -> None:
    """And is read as before."""
    assert same_report(make_world, key, content, 4) == 1


def test_a_mark_of_the_encoding_within_the_file_is_text(make_world: Callable[[], World]) -> None:
    """As of files that were put behind each other; also where a part begins with it."""
    each = csv_of(LINES)
    header, _, rows = each.partition(b"\n")
    content = header + b"\n" + b"".join(b"\xef\xbb\xbf" + line for line in rows.splitlines(keepends=True))
    assert same_report(make_world, "a.csv", content, 6) == 6


@given(seed=st.integers(0, 1 << 32), parts=st.integers(2, 5))
def test_any_file_in_any_parts_is_the_same_report(make_world: Callable[[], World], seed: int, parts: int) -> None:
    """Line ends mixed, letters of several bytes, marks in all places, tiny files, and files that end anywhere."""
    random = Random(seed)
    lines = LINES[: random.choice([1, 2, 10, 60, len(LINES)])]
    content = noted(random, lines, random.choice(["\n", "\r\n"]), random.sample(NOTES, random.randint(1, 5)))
    texts = content.decode().split("\n")
    for _ in range(random.randint(0, 4)):
        place = random.randrange(1, len(texts))
        line = texts[place]
        at = random.randint(0, len(line))
        texts[place] = line[:at] + random.choice(SPOILED) + line[at + random.randint(0, 1) :]
    content = "\n".join(texts).encode()
    same_report(make_world, "a.csv", content[: len(content) - random.randint(0, 3)], parts)


@pytest.mark.fuzz
@given(
    texts=st.lists(
        st.text(alphabet='ab,"\r\né \ufeff', max_size=30) | st.sampled_from(["a,b,c", '"x,y",b,c', '"x\ny",b,c']),
        max_size=40,
    ),
    unit=st.integers(1, 60),
)
def test_a_row_begins_where_it_is_said(texts: list[str], unit: int) -> None:
    """Rows from there on are the same when the text before is not read."""
    names = [*COLUMNS[:2], "note"]
    head = TextHead(format="csv", header_lines=1, width=3, places=tuple(range(3)) * 2 + (0, 1), delimiter=",")
    content = "\n".join([",".join(names), *texts]).encode()
    whole = _records(content, head, header=1)
    for start in row_starts([content], head, unit):
        rest = _records(content[start.offset :], head, header=0, first_line=start.line)
        assert [(line + start.line, record) for line, record in rest] == [
            each for each in whole if each[0] >= start.line
        ]
        assert content[: start.offset].count(b"\n") == start.line + 1


def _records(content: bytes, head: TextHead, header: int, first_line: int = 0) -> list[Any]:
    lines = content.replace(b"\r\n", b"\n").decode().split("\n")[header:]
    lines = lines[:-1] if lines and not lines[-1] else lines
    return list(CsvRecords(lines, width=3, places=head.places, delimiter=",", last=True, first_line=first_line))
