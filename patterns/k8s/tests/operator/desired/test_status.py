"""The status is what the operator has observed: it writes it, and acts on nothing that stands in it."""

from typing import Any

import pytest

from patterns_k8s.testing.world import CHILD, QUEUE, World, settle

FOREIGN: dict[str, Any] = {
    "replicas": 99,
    "readyReplicas": 99,
    "messages": 12_345,
    "observedGeneration": 77,
    "conditions": [],
    "backfills": [
        {"from": "2026-11-01", "to": "2026-11-03", "job": "orders-backfill-20261101-20261103", "state": "Complete"}
    ],
}


@pytest.fixture
def world() -> World:
    """A world where the queue needs two pods, and has them."""
    world = World()
    world.found_queue = type(QUEUE)(QUEUE.url, messages=150, visibility=60)
    settle(world)
    assert world.replicas == 2
    return world


def overwrite(world: World, status: dict[str, Any]) -> None:
    """Put another status in the place of the operator's."""
    body = world.cluster.objects["OrderProcessor", "orders"]
    gone = dict.fromkeys(body["status"].keys() - status.keys())
    world.cluster.edit("OrderProcessor", "orders", {"status": status | gone})


@pytest.mark.parametrize("status", [{}, FOREIGN])
def test_another_status_is_corrected(world: World, status: dict[str, Any]) -> None:
    """At the next look, in one request, without an event, and with the times that the conditions had."""
    before = world.status
    world.events.clear()
    world.seconds += 100
    overwrite(world, status)
    world.tell_of_status()
    assert world.look() == [("merge/status", "OrderProcessor")]
    assert world.status == before
    world.tell_of_status()
    assert world.look() == []
    assert world.events == []
    assert world.replicas == 2


@pytest.mark.parametrize("status", [{}, FOREIGN])
def test_another_status_is_no_input_after_a_restart(world: World, status: dict[str, Any]) -> None:
    """Pods stay as many as there are; a backfill that never ran is run."""
    overwrite(world, status)
    world.restart()
    world.declare(backfill=[{"from": "2026-11-01", "to": "2026-11-03"}])
    assert ("create", "Job") in world.look()
    assert world.replicas == 2
    assert world.status["replicas"] == 2
    assert world.status["messages"] == 150
    assert [each["state"] for each in world.status["backfills"]] == ["Running"]


@pytest.mark.parametrize("there", [2, 7])
def test_scaling_begins_with_the_pods_that_there_are(world: World, there: int) -> None:
    """Whatever was reported: a restart is no reason to have fewer before the cool-down, and none to have more."""
    world.cluster.edit("Deployment", CHILD, {"spec": {"replicas": there}})
    overwrite(world, FOREIGN)
    world.found_queue = QUEUE
    world.restart()
    world.look()
    assert world.replicas == there
    for _ in range(13):
        world.seconds += 10
        world.look()
    assert world.replicas < there


def test_what_an_older_event_tells_is_not_corrected(world: World) -> None:
    """The watch lags behind what the operator has written since."""
    old = dict(world.cluster.objects["OrderProcessor", "orders"])
    world.found_queue = QUEUE
    world.look()
    world.memories.edited("uid-1", old)
    assert world.look() == []


def test_an_event_that_comes_before_its_answer_is_an_echo(world: World) -> None:
    """A watch may be quicker than the request."""
    merged = world.cluster.merge

    async def told_first(*asked: Any, **part: Any) -> Any:  # noqa: ANN401 - as the cluster takes it
        body = await merged(*asked, **part)
        world.tell_of_status()
        return body

    world.cluster.merge = told_first  # type: ignore[method-assign]
    world.found_queue = QUEUE
    assert ("merge/status", "OrderProcessor") in world.look()
    assert world.look() == []
