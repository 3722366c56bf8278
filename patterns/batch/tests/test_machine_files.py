"""What the state machine reads of a plan."""

import json
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from patterns_batch.application.machine_files import machine_files
from patterns_batch.errors import BadInput
from patterns_batch.manifest import Manifest, Part, Shard
from patterns_batch.testing import csv_of, lines_of, make_orders

World = Any
DAY = date(2026, 11, 22)


def plan(world: World) -> Manifest:
    """Plan a small file."""
    world.drop("a.csv", csv_of(lines_of(make_orders(3, day=DAY))))
    manifest: Manifest = world.plan("a.csv")
    return manifest


def test_the_machine_is_given_a_few_figures(world: World) -> None:
    """And a list of shards that only a distributed map reads."""
    manifest = plan(world)
    assert json.loads(world.objects.kept["runs/run/plan.json"]) == {
        "report": manifest.report,
        "shards": 1,
        "groups": 0,
        "disk": 21,
        "merge_disk": 21,
    }
    assert json.loads(world.objects.kept["runs/run/shards.json"]) == [{"number": 0}]
    assert json.loads(world.objects.kept["runs/run/groups.json"]) == []


@pytest.mark.parametrize("lost", ["plan", "shards", "groups"])
def test_a_plan_that_was_killed_before_they_were_written_writes_them_again(world: World, lost: str) -> None:
    """The manifest was there already."""
    plan(world)
    kept = dict(world.objects.kept)
    del world.objects.kept[f"runs/run/{lost}.json"]
    plan(world)
    assert world.objects.kept == kept


def test_what_the_machine_holds_does_not_grow_with_the_shards(world: World) -> None:
    """A state's result may have 256 KiB; a manifest of a thousand shards has more, and no state reads it."""
    shards = tuple(Shard(number=number, parts=(Part(file=0, data=(number, number + 1)),)) for number in range(1024))
    many = replace(plan(world), shards=shards)
    assert len(many.encode()) > 90_000
    files = machine_files(many)
    assert len(files["runs/run/plan.json"]) < 1024
    assert len(json.loads(files["runs/run/shards.json"])) == 1024
    assert len(json.loads(files["runs/run/groups.json"])) == 32


def test_more_shards_than_the_machine_runs_are_refused(world: World) -> None:
    """By the plan, before any of them runs, and nothing is frozen."""
    world.set(max_shards=9, shard_bytes=1, shard_limit=8)
    world.table.kept = make_orders(3, day=DAY)
    with pytest.raises(BadInput, match=r"makes 9 shards, and the state machine runs at most 8: lower MAX_SHARDS"):
        world.plan(DAY)
    assert not world.objects.kept
    world.set(max_shards=8)
    assert len(world.plan(DAY).shards) == 8
