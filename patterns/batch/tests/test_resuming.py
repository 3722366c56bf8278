"""A run that is stopped, killed, repeated, or cut into other shards gives the same bytes."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from patterns_batch.errors import Stopped
from patterns_batch.manifest import FilesSource, Part, Shard
from patterns_batch.testing import csv_of, lines_of, make_orders, parquet_of

DAY = date(2026, 11, 22)
World = Any
ORDERS = make_orders(400, day=DAY, days=9)
LINES = lines_of(ORDERS)
BAD = [*LINES[:100], {**LINES[100], "quantity": -1}, *LINES[101:], *LINES[:2]]
PARQUET, CSV = parquet_of(BAD), csv_of(BAD)
CHUNK = 200


@pytest.fixture(scope="module")
def undisturbed() -> dict[str, dict[str, bytes]]:
    """What undisturbed runs gave, by what they read."""
    return {}


def after(calls: int) -> Callable[[], bool]:
    """Return a request to stop that comes after it was asked for so many times."""
    left = iter(range(calls))
    return lambda: next(left, None) is None


def prepared(world: World) -> World:
    """Return the world with a table, and a file with bad rows and a duplicate in it."""
    world.set(chunk_lines=CHUNK, reject_share=1.0)
    world.table.kept, world.table.page_size = ORDERS, 25
    world.drop("a.parquet", PARQUET)
    world.drop("a.csv", CSV)
    return world


def work(world: World, manifest: Any, number: int) -> None:  # noqa: ANN401
    """Work off a shard, however often it is stopped."""
    for _ in range(100):
        try:
            world.steps.sharder.work(manifest, number)
        except Stopped:
            world.stopping = lambda: False
        else:
            return


def partial(world: World) -> dict[str, bytes]:
    """Return the objects of all finished shards, and the objects that name them."""
    return {key: content for key, content in world.objects.kept.items() if _of_partial(key, "run")}


def _of_partial(key: str, run: str) -> bool:
    left = ("checkpoint", "scan.json", "pages-", "manifest.json", "plan.json", "shards.json", "groups.json")
    return key.startswith(f"runs/{run}/") and not any(each in key for each in left)


def other_partial(world: World, manifest: Any) -> dict[str, bytes]:  # noqa: ANN401
    """Return what another, undisturbed run leaves."""
    work(world, replace(manifest, run="other"), 0)
    return {key: content for key, content in world.objects.kept.items() if _of_partial(key, "other")}


@pytest.mark.parametrize("what", ["a.parquet", "a.csv", DAY], ids=str)
@pytest.mark.fuzz
@given(calls=st.integers(0, 12))
def test_stopped_anywhere_it_goes_on_to_the_same_bytes(
    make_world: Callable[[], World],
    undisturbed: dict[str, dict[str, bytes]],
    what: Any,  # noqa: ANN401
    calls: int,
) -> None:
    """Of the shard's partial, and so of all that follows from it."""
    if str(what) not in undisturbed:
        world = prepared(make_world())
        work(world, world.plan(what), 0)
        undisturbed[str(what)] = partial(world)
    world = prepared(make_world())
    manifest = world.plan(what)
    world.stopping = after(calls)
    work(world, manifest, 0)
    assert partial(world) == undisturbed[str(what)]


def test_it_goes_on_from_where_it_stopped(world: World) -> None:
    """And does not begin again: no chunk is added twice, no page is read twice."""
    prepared(world)
    manifest = world.plan(DAY)
    world.stopping = after(9)
    with pytest.raises(Stopped, match="while the table was read"):
        world.steps.sharder.work(manifest, 0)
    before = world.table.pages
    world.stopping = lambda: False
    work(world, manifest, 0)
    other = prepared(world)
    assert world.table.pages > before > 0
    pages = other.table.pages
    other.plan(DAY, run="whole")
    work(other, other.plan(DAY, run="whole"), 0)
    assert other.table.pages - pages == pages


def test_stopped_when_all_pages_are_read_it_reads_none_again(world: World) -> None:
    """A segment that is done is not begun again: its orders would be there twice."""
    prepared(world)
    manifest = world.plan(DAY)
    work(world, replace(manifest, run="whole"), 0)
    pages = world.table.pages
    world.stopping = lambda: world.table.pages >= 2 * pages
    with pytest.raises(Stopped, match="while the table was read"):
        world.steps.sharder.work(manifest, 0)
    assert world.table.pages == 2 * pages
    world.stopping = lambda: False
    work(world, manifest, 0)
    assert world.table.pages == 2 * pages
    assert world.merge(manifest) == world.merge(replace(manifest, run="whole"))


def test_a_shard_that_is_killed_goes_on_from_its_last_checkpoint(world: World) -> None:
    """Killed without notice, it loses what came after the checkpoint and nothing else."""
    prepared(world)
    world.set(checkpoint_seconds=0)
    manifest = world.plan("a.parquet")
    upload, killed = world.objects.upload, []

    def kill(key: str, path: Any) -> None:  # noqa: ANN401
        if "ids/" in key:
            killed.append(key)
            if len(killed) == 3:
                raise KeyboardInterrupt
        upload(key, path)

    world.objects.upload = kill
    with pytest.raises(KeyboardInterrupt):
        world.steps.sharder.work(manifest, 0)
    world.objects.upload = upload
    written = len(world.objects.writes)
    work(world, manifest, 0)
    again = [key for key in world.objects.writes[written:] if "ids/" in key]
    assert not set(killed[:2]) & set(again)
    assert partial(world) == {
        key.replace("runs/other/", "runs/run/"): content.replace(b"runs/other/", b"runs/run/")
        for key, content in other_partial(world, manifest).items()
    }


def test_a_finished_shard_is_not_worked_off_again(world: World) -> None:
    """A retry of it, or a second execution, changes nothing."""
    prepared(world)
    manifest = world.plan("a.parquet")
    assert world.steps.sharder.work(manifest, 0).fresh is True
    before = dict(world.objects.kept)
    world.inputs.kept.clear()
    done = world.steps.sharder.work(manifest, 0)
    assert (done.fresh, done.read) == (False, len(BAD))
    assert world.objects.kept == before


@pytest.mark.fuzz
@given(cuts=st.sets(st.integers(1, len(BAD) - 1), max_size=5))
def test_cut_into_any_shards_it_gives_the_same_report(
    make_world: Callable[[], World], undisturbed: dict[str, dict[str, bytes]], cuts: set[int]
) -> None:
    """As long as no order is cut: with a duplicate in another shard than the order, and bad rows in any."""
    world = prepared(make_world())
    manifest = world.plan("a.parquet")
    if "report" not in undisturbed:
        world.merge(manifest)
        undisturbed["report"] = world.files()
        world = prepared(make_world())
        manifest = world.plan("a.parquet")
    whole = [0, *(cut for cut in sorted(cuts) if BAD[cut]["order_id"] != BAD[cut - 1]["order_id"]), len(BAD)]
    data = manifest.shards[0].parts[0].data
    parts = [Part(file=0, rows=rows, data=data) for rows in pairwise(whole)]
    shards = tuple(Shard(number=number, parts=(part,)) for number, part in enumerate(parts))
    world.merge(replace(manifest, shards=shards))
    assert world.files() == undisturbed["report"]


@pytest.mark.fuzz
@given(most=st.integers(100, 9000), length=st.integers(1, 60))
def test_shards_partition_the_rows_and_cut_no_order(make_world: Callable[[], World], most: int, length: int) -> None:
    """Whatever the sizes of shards and orders; an order that is too long is in one shard, too."""
    lines = [
        {**LINES[0], "order_id": f"order-{number // length}", "sku": f"sku-{number % length}"} for number in range(9000)
    ]
    world = make_world()
    world.set(shard_lines=most)
    world.drop("b.parquet", parquet_of(lines))
    manifest = world.plan("b.parquet")
    assert isinstance(manifest.source, FilesSource)
    ends = [0, *(shard.parts[0].rows[1] for shard in manifest.shards)]
    assert [shard.parts[0].rows for shard in manifest.shards] == list(pairwise(ends))
    assert ends[-1] == manifest.source.files[0].rows == len(lines)
    assert all(lines[end]["order_id"] != lines[end - 1]["order_id"] for end in ends[1:-1])


def test_a_shard_fetches_its_own_rows_alone(world: World) -> None:
    """Of a large file each container reads a part."""
    lines = lines_of(make_orders(8000, day=DAY))
    world.set(shard_lines=4000)
    world.drop("b.parquet", parquet_of(lines))
    manifest = world.plan("b.parquet")
    size = manifest.source.files[0].size
    assert len(manifest.shards) > 2
    world.inputs.fetched = 0
    world.steps.sharder.work(manifest, 0)
    assert world.inputs.fetched < size * 0.6


def test_each_segment_of_the_table_is_in_one_shard(world: World) -> None:
    """And all of them are."""
    world.set(shard_bytes=10_000)
    world.table.kept = ORDERS
    manifest = world.plan(DAY)
    segments = [segment for shard in manifest.shards for segment in shard.segments]
    assert len(manifest.shards) == 4
    assert segments == list(range(manifest.source.segments))
    document = world.merge(manifest)
    whole = world.plan
    world.set(shard_bytes=1 << 30)
    assert world.merge(whole(DAY, run="whole")) == document


def test_a_change_of_the_key_between_two_steps_changes_nothing(world: World) -> None:
    """Pseudonyms are those of the version that was current when the run was planned."""
    prepared(world)
    manifest = world.plan("a.csv")
    first = world.merge(manifest)
    world.pseudonyms.keys["2"] = "another secret of enough characters"
    again = world.merge(replace(manifest, run="again"))
    assert again == first


@pytest.mark.usefixtures("own_engines")
def test_the_same_manifest_is_the_same_bytes(make_world: Callable[[], World]) -> None:
    """Of every file of the report, whatever the run's name, the clock and the number of threads."""
    reports = []
    for run, threads, memory in (("one", 1, 300), ("two", 2, 600)):
        world = prepared(make_world())
        world.set(threads=threads, memory_mb=memory)
        world.merge(replace(world.plan("a.csv"), run=run))
        reports.append(world.files(run))
    assert reports[0] == reports[1]
