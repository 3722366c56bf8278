"""Pods are looked at when a Deployment is not ready for a while, and their cause is the condition's."""

from typing import Any

import pytest

from patterns_k8s.operator.api.answers import Refused
from patterns_k8s.operator.desired.processor import selector_of
from patterns_k8s.testing.world import CHILD, World, settle

LOOK = ("list", "Pod")


@pytest.fixture
def world() -> World:
    """A world whose Deployment has made a pod, which is not ready."""
    world = World()
    world.look()
    make_pods(world, ready=0)
    world.look()
    assert world.condition("Ready") == ("False", "PodsNotReady")
    return world


def make_pods(world: World, *, ready: int) -> None:
    """Let the Deployment tell of one pod."""
    generation = world.cluster.objects["Deployment", CHILD]["metadata"]["generation"]
    status = {"observedGeneration": generation, "replicas": 1, "updatedReplicas": 1, "readyReplicas": ready}
    world.cluster.edit("Deployment", CHILD, {"status": status})
    world.tell_of("Deployment")


def put_pod(world: World, reason: str, message: str) -> None:
    """Let the kubelet say why the pod waits."""
    world.cluster.objects["Pod", "orders-workers-1"] = {
        "metadata": {"name": "orders-workers-1", "namespace": "shop", "labels": selector_of("orders")},
        "spec": {},
        "status": {
            "phase": "Pending",
            "containerStatuses": [
                {"name": "worker", "ready": False, "state": {"waiting": {"reason": reason, "message": message}}}
            ],
        },
    }


def message(world: World) -> str:
    """Return what the condition Ready says."""
    (found,) = [each for each in world.status["conditions"] if each["type"] == "Ready"]
    return str(found["message"])


def test_the_cause_that_a_pod_gives_is_the_conditions(world: World) -> None:
    """After a while; it is told once, and goes when the pod is ready."""
    put_pod(world, "ErrImagePull", "x:1: not found")
    world.seconds += 9
    assert world.look() == []
    world.seconds += 1
    assert world.look() == [LOOK, ("merge/status", "OrderProcessor")]
    assert world.condition("Ready") == ("False", "ErrImagePull")
    assert message(world) == "0 of 1 pods ready, 1 pod: x:1: not found"
    assert world.events.count(("Warning", "ErrImagePull")) == 1
    world.seconds += 10
    assert world.look() == [LOOK]
    world.run_pods()
    assert world.look() == [("merge/status", "OrderProcessor")]
    assert world.condition("Ready") == ("True", "WorkersReady")
    world.seconds += 600
    assert world.look() == []


def test_pods_are_looked_at_less_and_less_often(world: World) -> None:
    """After 10 s, 20 s, 40 s and so on, once a minute in the end."""
    put_pod(world, "ErrImagePull", "x:1: not found")
    looks = []
    for _ in range(300):
        world.seconds += 1
        if LOOK in world.look():
            looks.append(world.seconds)
    assert looks == [10, 20, 40, 80, 140, 200, 260]


def test_ready_pods_are_never_looked_at(world: World) -> None:
    """However long: who is healthy costs nothing."""
    world.run_pods()
    world.look()
    for _ in range(100):
        world.seconds += 10
        assert world.look() == []


def test_a_rollout_that_is_quick_costs_no_look() -> None:
    """Nor does one of which nothing is wanted."""
    world = World()
    settle(world)
    world.declare(image="patterns-k8s:2")
    world.look()
    world.seconds += 9
    world.run_pods()
    assert LOOK not in world.look()
    world.declare(suspend=True)
    world.look()
    world.seconds += 60
    assert LOOK not in world.look()


def test_a_new_image_has_another_cause(world: World) -> None:
    """That of the one before is forgotten, and the patience begins again."""
    put_pod(world, "ErrImagePull", "x:1: not found")
    world.seconds += 10
    world.look()
    world.declare(image="patterns-k8s:2")
    world.look()
    assert world.condition("Ready") == ("False", "RollingOut")
    world.seconds += 9
    assert LOOK not in world.look()


def test_a_cluster_that_does_not_show_its_pods_is_no_reason_to_stop(world: World) -> None:
    """All else is done, and it is asked again later."""

    def refuse(verb: str, kind: str) -> None:
        if (verb, kind) == LOOK:
            raise Refused("GET pods", "forbidden")

    world.cluster.fail = refuse
    put_pod(world, "ErrImagePull", "x:1: not found")
    world.seconds += 10
    world.declare(concurrency=7)
    world.seconds += 10
    world.look()
    world.seconds += 10
    assert world.look()[0] == LOOK
    assert world.condition("Ready") == ("False", "RollingOut")
    world.cluster.fail = lambda _verb, _kind: None
    world.seconds += 10
    world.look()
    assert world.condition("Ready") == ("False", "ErrImagePull")


def test_pods_that_cannot_be_made_are_told_by_the_deployment(world: World) -> None:
    """A quota, say; no pod is there that could say it. That costs no request."""
    refusal = {"type": "ReplicaFailure", "status": "True", "message": 'pods "x" is forbidden: exceeded quota: few'}
    status: dict[str, Any] = {"replicas": 0, "updatedReplicas": 0, "readyReplicas": 0, "conditions": [refusal]}
    world.cluster.edit("Deployment", CHILD, {"status": status})
    world.tell_of("Deployment")
    assert world.look() == [("merge/status", "OrderProcessor")]
    assert world.condition("Ready") == ("False", "FailedCreate")
    assert "exceeded quota" in message(world)


def test_a_long_cause_is_cut(world: World) -> None:
    """A condition's message has 1,024 characters."""
    put_pod(world, "ErrImagePull", "no " * 10_000)
    world.seconds += 10
    world.look()
    assert len(message(world)) <= 1024
