"""A pointer names whole files: what is not what it says is not used, and a late try does not replace it."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from patterns_batch.errors import Stopped
from patterns_batch.testing import csv_of, lines_of, make_orders

DAY = date(2026, 11, 22)
World = Any
ORDERS = make_orders(60, day=DAY, days=9)


@pytest.fixture
def filled(world: World) -> World:
    """A world with orders in the table and in a file that takes several chunks."""
    world.set(chunk_lines=20)
    world.table.kept = ORDERS
    world.drop("a.csv", csv_of(lines_of(ORDERS)))
    return world


def damage(world: World, part: str) -> str:
    """Change a byte of the one object with this in its key, keep its size, and return the key."""
    (key,) = [key for key in world.objects.kept if part in key]
    content = world.objects.kept[key]
    world.objects.kept[key] = content[:-1] + bytes([content[-1] ^ 1])
    return str(key)


def work(world: World) -> None:
    """Work off the only shard of the run."""
    world.steps.sharder.work(world.plan("a.csv"), 0)


@pytest.mark.parametrize("part", ["shards/0000/ids/0000000000000000000", "/names.parquet"])
def test_a_shard_s_file_that_is_another_is_not_merged(filled: World, part: str) -> None:
    """One of its sums' files, or of its orders' ids; nothing comes of the run."""
    work(filled)
    key = damage(filled, part)
    with pytest.raises(ValueError, match=f"^{key} is not the file that its pointer names$"):
        filled.steps.merger.merge(filled.plan("a.csv"))
    assert "runs/run/result.json" not in filled.objects.kept


@pytest.mark.parametrize("name", ["sales.json", "sales.html", "rejects.jsonl"])
def test_a_report_s_file_that_is_another_is_not_published(filled: World, name: str) -> None:
    """No part of it is published."""
    filled.merge(filled.plan("a.csv"))
    filled.objects.kept.setdefault("runs/run/result/rejects.jsonl", b"")
    key = f"runs/run/result/{name}"
    filled.objects.kept[key] += b" "
    with pytest.raises(ValueError, match=f"^{key} is not the file that its pointer names$"):
        filled.steps.publisher.publish(filled.plan("a.csv"))
    assert not [key for key in filled.objects.kept if key.startswith("reports/")]


def test_a_checkpoint_s_file_that_is_another_is_not_gone_on_from(filled: World) -> None:
    """The try fails, and says which file it is."""
    filled.stopping = lambda: any("/ids/" in key for key in filled.objects.kept)
    with pytest.raises(Stopped):
        work(filled)
    filled.stopping = lambda: False
    (first, *_) = sorted(key for key in filled.objects.kept if "/checkpoint-" in key)
    key = damage(filled, first)
    with pytest.raises(ValueError, match=f"^{key} is not the file that its pointer names$"):
        work(filled)


def late(world: World, act: Callable[[], object], meanwhile: Callable[[], None], key: str) -> dict[str, bytes]:
    """Do something, and something else just before it puts this pointer; return what there was in between."""
    originals = {name: getattr(world.objects, name) for name in ("create", "write")}
    between: dict[str, bytes] = {}

    def then(name: str) -> Callable[..., Any]:
        def put(at: str, content: bytes) -> Any:  # noqa: ANN401 - as the port has it
            if at == key and not between:
                for each, original in originals.items():
                    setattr(world.objects, each, original)
                meanwhile()
                between.update(world.objects.kept)
            return originals[name](at, content)

        return put

    for name in originals:
        setattr(world.objects, name, then(name))
    act()
    assert between
    return between


def test_a_late_try_leaves_a_finished_shard_alone(filled: World) -> None:
    """It read the table at another time: the merge of before goes on with what it was given."""
    manifest, pointer = filled.plan(DAY), "runs/run/partials/0000.json"

    def faster() -> None:
        filled.table.kept = make_orders(80, day=DAY, days=9, seed=2)
        filled.steps.sharder.work(manifest, 0)
        filled.steps.merger.merge(manifest)

    between = late(filled, lambda: filled.steps.sharder.work(manifest, 0), faster, pointer)
    assert filled.objects.kept[pointer] == between[pointer]
    assert filled.objects.writes.count(pointer) == 1


def test_a_late_merge_leaves_a_finished_report_alone(filled: World) -> None:
    """What is published from it afterwards is whole."""
    manifest, pointer = filled.plan("a.csv"), "runs/run/result.json"
    work(filled)
    between = late(
        filled, lambda: filled.steps.merger.merge(manifest), lambda: filled.steps.merger.merge(manifest), pointer
    )
    assert filled.objects.kept[pointer] == between[pointer]
    assert filled.objects.writes.count(pointer) == 1
    filled.steps.publisher.publish(manifest)
