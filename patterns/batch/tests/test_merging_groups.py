"""Many shards are merged in groups first: the report is the same to the byte."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from patterns_batch.application.run_keys import RunKeys
from patterns_batch.errors import BadInput, Stopped, TryAgain
from patterns_batch.manifest import Manifest
from patterns_batch.testing import lines_of, make_orders, parquet_of

World = Any
DAY = date(2026, 11, 22)


SHARDS = 6
"""As many as there are row groups: DuckDB writes none of fewer than 2048 rows."""
Done = tuple[World, Manifest, dict[str, bytes], dict[str, bytes]]


@pytest.fixture(scope="module")
def done(module_world: World) -> Done:
    """Return a world whose shards are done, its plan, what was kept then, and the files of one merge of all shards.

    Of the lines some are bad, some are returns, and some orders come again, in the same group or in another one.
    """
    lines = [dict(line) for line in lines_of(make_orders(6000, day=DAY, days=2, seed=1))]
    lines += lines[::700]
    for number in range(0, len(lines), 900):
        lines[number]["quantity"] = 0
        lines[number // 2]["quantity"] *= -1
    world = module_world
    world.set(shard_lines=1, reject_share=1.0, top_customers=3)
    world.drop("a.parquet", parquet_of(lines))
    manifest = world.plan("a.parquet")
    assert len(manifest.shards) == SHARDS
    assert not manifest.groups
    for shard in manifest.shards:
        world.steps.sharder.work(manifest, shard.number)
    kept = dict(world.objects.kept)
    world.steps.merger.merge(manifest)
    return world, manifest, kept, world.files()


@pytest.fixture
def planned(done: Done) -> tuple[World, Manifest]:
    """Return that world with its shards done, and their plan in groups of at most two."""
    world, manifest, kept, _ = done
    world.objects.kept = dict(kept)
    world.stopping = lambda: False
    return world, replace(manifest, merge_group=2)


def combine(world: World, manifest: Manifest) -> None:
    """Add up all groups."""
    for number in range(len(manifest.groups)):
        world.steps.combiner.work(manifest, number)


@pytest.mark.parametrize("size", [2, 3, 5])
def test_a_merge_in_groups_gives_the_same_bytes(done: Done, planned: tuple[World, Manifest], size: int) -> None:
    """Whatever the groups' size."""
    world, manifest = planned[0], replace(planned[1], merge_group=size)
    assert len(manifest.groups) == -(-SHARDS // size)
    combine(world, manifest)
    world.steps.merger.merge(manifest)
    assert world.result()["rows"]["rejected"] > SHARDS
    assert world.files() == done[3]


def test_groups_are_of_about_the_same_size(planned: tuple[World, Manifest]) -> None:
    """All shards are in one, and none is in two."""
    _, manifest = planned
    assert manifest.groups == ((0, 2), (2, 4), (4, 6))


def test_a_group_is_added_up_once(planned: tuple[World, Manifest]) -> None:
    """A later try writes nothing; one at the same time writes the same bytes under the same keys."""
    world, manifest = planned
    steps, keys = world.steps, RunKeys(manifest.run)
    assert steps.combiner.work(manifest, 1).fresh
    kept = dict(world.objects.kept)
    assert not steps.combiner.work(manifest, 1).fresh
    assert world.objects.kept == kept
    # A try that was killed before its pointer was written leaves files, which the next one writes as they were.
    del world.objects.kept[keys.group(1)]
    assert steps.combiner.work(manifest, 1).fresh
    assert world.objects.kept == kept


def test_a_late_try_of_a_group_changes_nothing(
    planned: tuple[World, Manifest], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It began before the first one ended, and comes to its end after it."""
    world, manifest = planned
    pointer = RunKeys(manifest.run).group(0)
    combine(world, manifest)
    kept = dict(world.objects.kept)
    read = world.objects.read
    monkeypatch.setattr(world.objects, "read", lambda key: None if key == pointer else read(key))
    assert world.steps.combiner.work(manifest, 0).fresh
    assert world.objects.kept == kept


def test_a_group_waits_for_its_shards_and_the_merge_for_its_groups(planned: tuple[World, Manifest]) -> None:
    """Named by its number; another try may find it done."""
    world, manifest = planned
    with pytest.raises(TryAgain, match="group 0 of run run is not done"):
        world.steps.merger.merge(manifest)
    del world.objects.kept[RunKeys("run").partial(4)]
    with pytest.raises(TryAgain, match="shard 4 of run run is not done"):
        world.steps.combiner.work(manifest, 2)


def test_a_group_that_is_stopped_leaves_nothing(planned: tuple[World, Manifest]) -> None:
    """The next try begins with its first shard."""
    world, manifest = planned
    kept = dict(world.objects.kept)
    world.stopping = lambda: True
    with pytest.raises(Stopped, match="before shard 4"):
        world.steps.combiner.work(manifest, 2)
    assert world.objects.kept == kept


def test_there_is_no_group_beyond_the_last(planned: tuple[World, Manifest]) -> None:
    """Nor any where one merge takes all shards."""
    world, manifest = planned
    with pytest.raises(BadInput, match="--group 3: run run has 3 groups"):
        world.steps.combiner.work(manifest, 3)
