"""Reports of several files, which a list names: as if their rows stood in one file, each with its file and row."""

import gzip
import json
from collections.abc import Callable, Mapping
from datetime import date, timedelta
from typing import Any

import pytest

from patterns_batch.application.analytics import source_of
from patterns_batch.application.file_lists import MOST_FILES, parse_file_list
from patterns_batch.errors import BadInput
from patterns_batch.manifest import FilesSource, Manifest
from patterns_batch.testing import csv_of, json_lines_of, lines_of, make_orders, parquet_of

DAY = date(2026, 11, 22)
World = Any
LINES = lines_of(make_orders(60, day=DAY, days=3))
WRITTEN: dict[str, Callable[..., bytes]] = {"csv": csv_of, "jsonl": json_lines_of, "parquet": parquet_of}
ENTRY = {"url": "s3://inbox/a.csv"}


def cut_at_orders(lines: list[dict[str, Any]], parts: int) -> list[list[dict[str, Any]]]:
    """Return the lines in so many lists, each with whole orders."""
    ids = list(dict.fromkeys(line["order_id"] for line in lines))
    each = -(-len(ids) // parts)
    groups = [set(ids[at : at + each]) for at in range(0, len(ids), each)]
    return [[line for line in lines if line["order_id"] in group] for group in groups]


def drop_list(world: World, files: Mapping[str, bytes], key: str = "all.manifest", **more: object) -> None:
    """Put files, and the list that names them, into the inbox."""
    for name, content in files.items():
        world.drop(name, content)
    entries = [{"url": f"s3://inbox/{name}"} for name in files]
    world.drop(key, json.dumps({"entries": entries, **more}).encode())


def in_euros(lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the lines with prices in major units."""
    return [{**line, "unit_price": f"{line['unit_price'] / 100:.2f}"} for line in lines]


def test_files_of_all_kinds_make_one_report(world: World, make_world: Callable[[], World]) -> None:
    """Formats, compressions, delimiters, encodings and prices are each file's own; the figures are as of one file."""
    one, two, three, four, five, six = cut_at_orders(LINES, 6)
    drop_list(
        world,
        {
            "part-0.csv": csv_of(one),
            "part-1.csv.gz": gzip.compress(csv_of(in_euros(two), delimiter=";")),
            "part-2.jsonl": json_lines_of(three),
            "part-3.parquet": parquet_of(four),
            "part-4.csv": csv_of(five, delimiter="\t").decode().encode("utf-16"),
            "part-5.json": json.dumps(six).encode(),
        },
    )
    document = world.merge(world.plan("all.manifest"))
    other = make_world()
    other.drop("a.csv", csv_of(LINES))
    expected = other.merge(other.plan("a.csv"))
    assert document["currencies"] == expected["currencies"]
    assert document["rows"] == expected["rows"]
    assert document["input"] == "s3://inbox/all.manifest"
    assert document["files"][0] == "s3://inbox/part-0.csv"
    assert world.files()["products.parquet"] == other.files()["products.parquet"]


@pytest.mark.parametrize("most", [1, 2, 3, 32])
def test_any_number_of_shards_gives_the_same_report(make_world: Callable[[], World], most: int) -> None:
    """Byte for byte, with bad rows in several files, and an order that is in three of them."""
    groups = cut_at_orders(LINES, 6)
    groups[1][3] = {**groups[1][3], "quantity": 0}
    groups[3] += groups[0][:2]
    groups[5] += groups[0][:2]
    found = []
    for shards in (1, most):
        world = make_world()
        world.set(reject_share=1.0, max_shards=shards, shard_text_bytes=2_000, shard_lines=20)
        kinds = ("csv", "jsonl", "parquet")
        drop_list(world, {f"{n}.{kinds[n % 3]}": WRITTEN[kinds[n % 3]](group) for n, group in enumerate(groups)})
        manifest = world.plan("all.manifest")
        assert len(manifest.shards) <= shards
        world.merge(manifest)
        found.append(world.files())
    assert found[0] == found[1]


def test_an_order_that_stands_in_two_files_counts_once(world: World) -> None:
    """Of the file that comes first in the list; the bad rows name their file, and the one that has the order."""
    world.set(reject_share=0.5)
    one, two = cut_at_orders(LINES, 2)
    drop_list(world, {"b.csv": csv_of(one), "a.jsonl": json_lines_of([*two, one[-1]])})
    document = world.merge(world.plan("all.manifest"))
    (reject,) = (json.loads(line) for line in world.files()["rejects.jsonl"].splitlines())
    size = len([line for line in one if line["order_id"] == one[-1]["order_id"]])
    assert reject == {
        "file": "s3://inbox/a.jsonl",
        "row": len(two) + 1,
        "column": "order_id",
        "reason": f"is a duplicate, the order stands in row {len(one) - size + 1} of s3://inbox/b.csv already",
    }
    assert document["rows"] == {"read": len(LINES) + 1, "rejected": 1}


def test_an_order_does_not_go_on_in_the_next_file(world: World) -> None:
    """Also when its rows end one file and begin the next one: whatever shards there are, it is in two files."""
    world.set(reject_share=0.5)
    order = [{**LINES[0], "sku": f"sku-{n}"} for n in range(4)]
    drop_list(world, {"a.csv": csv_of([*LINES[5:], *order[:2]]), "b.csv": csv_of(order[2:])})
    world.merge(world.plan("all.manifest"))
    rejects = [json.loads(line) for line in world.files()["rejects.jsonl"].splitlines()]
    assert [(each["file"], each["row"]) for each in rejects] == [("s3://inbox/b.csv", 1), ("s3://inbox/b.csv", 2)]


def test_bad_rows_name_their_file(world: World) -> None:
    """In the lists and in the reason of a run that fails for them."""
    one, two = cut_at_orders(LINES, 2)
    two[0] = {**two[0], "quantity": 0}
    drop_list(world, {"a.csv": csv_of(one), "b.csv": csv_of(two)})
    with pytest.raises(BadInput, match=r"s3://inbox/b\.csv, row 1, column quantity: must be 1 to 999"):
        world.merge(world.plan("all.manifest"))


@pytest.mark.parametrize(
    ("key", "content", "reason"),
    [
        ("b.csv", b"order_id,colour\n1,green\n", r"^s3://inbox/b\.csv, column customer_id: is missing from the header"),
        ("b.parquet", b"PAR1 is none", r"^s3://inbox/b\.parquet: is cut short, or is no Parquet file"),
        ("b.csv.gz", b"is none", r"^s3://inbox/b\.csv\.gz: is no gzip file"),
        ("b.pdf", b"x", r"^b\.pdf: is of no known format"),
        ("b.csv", None, r"^s3://inbox/b\.csv: is not there"),
    ],
)
def test_a_bad_file_is_refused_by_its_name(world: World, key: str, content: bytes | None, reason: str) -> None:
    """When the run is planned: a report without it would be a wrong one."""
    drop_list(world, {"a.csv": csv_of(LINES), key: content or b""})
    if content is None:
        del world.inputs.kept["inbox", key]
    with pytest.raises(BadInput, match=reason):
        world.plan("all.manifest")


def test_files_without_rows_are_no_fault_among_others(world: World) -> None:
    """As programs write them that work on partitions: of no bytes, of a header, of no rows."""
    empty = {"a.csv": b"", "b.csv": csv_of([]), "c.parquet": parquet_of([]), "d.jsonl": b"\n", "f.csv.gz": b""}
    drop_list(world, {**empty, "e.csv": csv_of(LINES)})
    assert world.merge(world.plan("all.manifest"))["rows"]["read"] == len(LINES)
    drop_list(world, {"a.csv": b"", "c.parquet": parquet_of([])}, "none.manifest")
    with pytest.raises(BadInput, match=r"^s3://inbox/none\.manifest: is empty: its files have no rows"):
        world.plan("none.manifest", run="none")
    drop_list(world, {"a.csv": csv_of([]), "b.csv": csv_of([])}, "headers.manifest")
    with pytest.raises(BadInput, match=r"^s3://inbox/headers\.manifest: is empty: it has no rows"):
        world.merge(world.plan("headers.manifest", run="headers"))


def test_small_files_share_a_shard_and_large_ones_are_divided(world: World) -> None:
    """A container for each small file would take longer to start than to work."""
    lines = lines_of(make_orders(3000, day=DAY))
    large = parquet_of(lines)
    small = {f"{n}.csv": csv_of(group) for n, group in enumerate(cut_at_orders(LINES, 6))}
    drop_list(world, {**small, "z.parquet": large})
    world.set(shard_lines=2048, shard_text_bytes=1 << 20)
    manifest = world.plan("all.manifest")
    assert [part.file for part in manifest.shards[0].parts][:6] == [0, 1, 2, 3, 4, 5]
    assert len(manifest.shards) > 2
    assert {part.file for shard in manifest.shards[1:] for part in shard.parts} == {6}
    assert Manifest.decode(manifest.encode()) == manifest


def test_what_the_state_machine_reads_is_small(world: World) -> None:
    """It may read 256 KiB, and a manifest of a thousand files is larger."""
    manifest = world.plan(DAY)
    kept = json.loads(world.objects.kept["runs/run/plan.json"])
    assert kept["report"] == "date=2026-11-22"
    assert {name: type(value) for name, value in kept.items() if name != "report"} == dict.fromkeys(
        ("shards", "groups", "disk", "merge_disk"), int
    )
    del world.objects.kept["runs/run/plan.json"]
    assert world.plan(DAY) == manifest
    assert "runs/run/plan.json" in world.objects.kept


def test_a_file_that_changed_since_is_not_read(world: World) -> None:
    """The plan names its content; so may the list, and then a changed file is no longer the one that is to be read."""
    one, two = cut_at_orders(LINES, 2)
    drop_list(world, {"a.csv": csv_of(one), "b.csv": csv_of(two)})
    manifest = world.plan("all.manifest")
    etag = world.inputs.describe("inbox", "b.csv").etag
    entries = [ENTRY, {"url": "s3://inbox/b.csv", "etag": etag}]
    world.drop("pinned.manifest", json.dumps({"entries": entries}).encode())
    world.plan("pinned.manifest", run="pinned")
    world.drop("b.csv", csv_of(two[:-1]))
    changed = r"s3://inbox/b\.csv: has changed since the run was planned"
    with pytest.raises(BadInput, match=changed):
        world.merge(manifest)
    with pytest.raises(BadInput, match=changed):
        world.plan("pinned.manifest", run="late")


def test_a_list_names_the_files_together(world: World) -> None:
    """As a prefix is named: the report of the same prefix before is linked, whatever its list is called."""
    prefix = "s3://inbox/november/"
    drop_list(world, {"a.csv": csv_of(LINES)}, key="1.manifest", name=prefix)
    manifest = world.plan("1.manifest")
    source = manifest.source
    assert isinstance(source, FilesSource)
    assert (source.given, source.address, source.listed) == ("s3://inbox/1.manifest", prefix, True)
    world.merge(manifest)
    world.steps.publisher.publish(manifest)
    drop_list(world, {"a.csv": csv_of(LINES), "b.csv": csv_of([])}, key="2.manifest", name=prefix)
    world.inputs.modified += timedelta(hours=1)
    later = world.plan("2.manifest", run="later")
    assert later.previous
    assert later.previous.report == manifest.report != later.report
    # Tables for analysts have the prefix once.
    assert source_of(later) == source_of(manifest)
    assert source_of(later).startswith("november-")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (b"", "is no JSON; a list of files is"),
        (b"\xff", "is no JSON; a list of files is"),
        (b"[" * 100_000, "is no JSON; a list of files is"),
        (b"[]", 'has no list "entries"'),
        (b'{"entries": {}}', 'has no list "entries"'),
        (b'{"entries": []}', "lists no files"),
        (b'{"entries": [{"url": "s3://inbox/_SUCCESS"}]}', "lists no files"),
        (b'{"entries": ["s3://inbox/a.csv"]}', 'entry 1 must have a "url" such as s3://bucket/key'),
        (b'{"entries": [{"url": "a.csv"}]}', 'entry 1 must have a "url" such as s3://bucket/key'),
        (b'{"entries": [{"url": "s3://inbox/a.csv", "version_id": "a b"}]}', "entry 1 must have"),
        (b'{"entries": [{"url": "s3://inbox/a.csv"}, {"url": "s3://inbox/a.csv"}]}', "lists s3://inbox/a.csv twice"),
        (b'{"entries": [{"url": "s3://inbox/b.manifest"}]}', "lists s3://inbox/b.manifest, which is a list itself"),
        (b'{"entries": [{"url": "s3://inbox/a.csv"}], "name": "November"}', 'its "name" must be the address'),
        (json.dumps({"entries": [{"url": f"s3://x/{n}"} for n in range(MOST_FILES + 1)]}).encode(), "lists 10001"),
    ],
)
def test_what_is_no_list_is_refused(text: bytes, reason: str) -> None:
    """With what is wrong, by the list's name."""
    with pytest.raises(BadInput) as refused:
        parse_file_list(text, "s3://inbox/all.manifest")
    assert str(refused.value).startswith(f"s3://inbox/all.manifest: {reason}")


def test_markers_in_a_list_are_ignored() -> None:
    """Folders, and what Spark, Hadoop and desktops add to a folder; lists of others are ignored."""
    keys = [
        "day/",
        "day/_SUCCESS",
        "day/.part-0.csv.crc",
        "day/a.crc",
        "_temporary",
        "day/part-0.csv",
        "_day/a.csv",
        ".DS_Store",
    ]
    entries = [{"url": f"s3://inbox/{key}", "mandatory": False, "meta": {"content_length": 1}} for key in keys]
    found = parse_file_list(json.dumps({"entries": entries}).encode("utf-8-sig"), "all.manifest")
    assert [each.key for each in found.files] == ["day/part-0.csv", "_day/a.csv"]
