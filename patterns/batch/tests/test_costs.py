import json
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from patterns_batch.application.costs import cost_of, transitions_of
from patterns_batch.application.usage import TaskUse, Usage, tasks_of
from patterns_batch.entrypoints.arguments import parse
from patterns_batch.entrypoints.command import run_step
from patterns_batch.entrypoints.reporting import Report
from patterns_batch.testing import csv_of, lines_of, make_orders

DAY = date(2026, 11, 22)
World = Any
LINES = csv_of(lines_of(make_orders(20, day=DAY)))


def task(step: str, seconds: int = 10, **used: int) -> TaskUse:
    """Return a task of one processor and two GiB."""
    return TaskUse(step=step, seconds=seconds, cpu=1024, memory=2048, **used)


def make(world: World, run: str = "run") -> dict[str, Any]:
    """Make a report by the program's own command, and return what its pointer says."""
    world.drop("a.csv", LINES)
    for step in (["plan", "--input", "s3://inbox/a.csv"], ["shard", "--shard", "0"], ["merge"], ["publish"]):
        command = parse([step[0], "--run", run, *step[1:]])
        assert run_step(world.steps, command, Report("test", {"step": step[0], "run": run})) == 0
    (pointer,) = (key for key in world.objects.kept if key.startswith("reports/input=a.csv") and "report.json" in key)
    found: dict[str, Any] = json.loads(world.objects.kept[pointer])
    return found


def test_a_cost_is_what_was_used_by_the_price_of_each() -> None:
    """A minute of a task at least; requests, transitions and bytes as they were counted."""
    tasks = [task("plan"), task("shard", 600, writes=5, reads=30), task("shard", 90, scanned=8192 * 1000)]
    cost = cost_of(tasks, stored=1 << 30, region="us-east-1", charged=True)
    hours = Decimal(60 + 600 + 90) / 3600
    expected = {
        "fargate": hours * (Decimal("0.03238") + 2 * Decimal("0.00356")),
        "transitions": (10 + 3 * 4 + 2) * Decimal("0.000025"),
        "requests": 5 * Decimal("0.000005") + 30 * Decimal("0.0000004"),
        "stored": Decimal("0.023"),
        "scan": 1000 * Decimal("0.125") / 1_000_000,
    }
    amount, parts = sum(expected.values(), Decimal(0)), [Decimal(part["cost"]) for part in cost["parts"]]
    assert abs(Decimal(cost["amount"]) - amount) <= Decimal("0.00005")
    assert abs(sum(parts, Decimal(0)) - amount) < Decimal("0.000001")
    assert (cost["tasks"], cost["region"], cost["currency"], cost["charged"]) == (3, "us-east-1", "USD", True)
    assert cost["prices_read"] == "2026-11-30"
    assert [part["used"] for part in cost["parts"]] == ["0.20833333", "0.41666667", "24", "5", "30", "1", "1000"]


@pytest.mark.parametrize(("region", "of"), [("ap-northeast-1", "ap-northeast-1"), ("eu-south-2", "us-east-1")])
def test_prices_are_the_regions_own_where_they_are_known(region: str, of: str) -> None:
    """And it is said whose they are."""
    cost = cost_of([task("plan")], stored=0, region=region, charged=True)
    assert cost["region"] == of
    assert len(cost["parts"]) == 3


def test_what_a_task_used_is_in_the_name_of_an_object(world: World) -> None:
    """So that a listing tells it of thousands."""
    usage = Usage(cpu=2048, memory=4096, clock=iter([0.0, 72.5]).__next__)
    for operation in ("PutObject", "GetObject", "ListObjectsV2", "HeadObject"):
        usage.count_request(operation)
    usage.leave(world.objects, "run", "shard")
    assert list(tasks_of(world.objects, "run")) == [
        TaskUse(step="shard", seconds=73, cpu=2048, memory=4096, writes=2, reads=2)
    ]


def test_every_try_counts(world: World) -> None:
    """Also one that failed."""
    command = parse(["merge", "--run", "run"])
    world.drop("a.csv", LINES)
    world.plan("a.csv")
    assert run_step(world.steps, command, Report("test", {"step": "merge", "run": "run"})) == 75
    assert [each.step for each in tasks_of(world.objects, "run")] == ["merge"]
    assert make(world)["cost"]["tasks"] == 5


def test_the_cost_is_on_the_report(world: World) -> None:
    """In the pointer, on the page in both languages, in the mail; the figures and tables do not depend on it."""
    pointer = make(world)
    cost = pointer["cost"]
    assert cost["charged"] is False
    page = world.objects.kept[pointer["files"]["sales.html"]["key"]].decode()
    sentence = f"On AWS, making this report would cost about {cost['amount']} USD, by the list prices of us-east-1 of"
    assert page.count('class="cost"') == 2
    assert sentence in page
    assert "<!-- cost" not in page
    notice = json.loads(world.objects.kept["runs/run/notice.json"])
    assert notice["text"].splitlines()[-1].startswith(sentence)
    assert notice["facts"]["cost"] == cost
    assert b"cost" not in world.objects.kept[pointer["files"]["sales.json"]["key"]]


def test_on_aws_it_is_what_was_charged(world: World) -> None:
    """By list prices."""
    world.set(report_link="https://console.invalid/?")
    pointer = make(world)
    assert pointer["cost"]["charged"] is True
    assert f"Making this report cost about {pointer['cost']['amount']} USD" in (
        world.objects.kept[pointer["files"]["sales.html"]["key"]].decode()
    )


def test_a_try_that_is_repeated_publishes_the_same_cost(world: World) -> None:
    """Though another task was used for it."""
    first = make(world)
    world.steps.publisher.publish(world.plan("a.csv"))
    (pointer,) = (key for key in world.objects.kept if key.startswith("reports/input=a.csv") and "report.json" in key)
    assert json.loads(world.objects.kept[pointer]) == first


def test_an_execution_without_shards_has_its_own_states() -> None:
    """Each task enters four, each shard and each group one more, and the map of groups is one."""
    assert (transitions_of([]), transitions_of([task("plan"), task("shard")])) == (10, 10 + 4 + 5)
    assert transitions_of([task("shard"), task("shard"), task("combine"), task("merge")]) == 10 + 1 + 5 + 5 + 5 + 4
