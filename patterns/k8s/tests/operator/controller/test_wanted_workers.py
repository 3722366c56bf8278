"""An OrderProcessor's scale subresource: what is wanted is in the spec, what there is in the status."""

from typing import Any

import pytest

from patterns_k8s.operator.api.answers import Unavailable
from patterns_k8s.operator.controller.wanted_workers import WantedWorkers, bounded
from patterns_k8s.operator.desired.findings import QueueFound, Unknown
from patterns_k8s.operator.desired.processor import Processor
from patterns_k8s.resource.order_processor import OrderProcessorSpec
from patterns_k8s.testing.world import NO_TOPIC, QUEUE, TOPIC, World, settle

WRITE = ("merge/scale", "OrderProcessor")
EXTERNAL = {"mode": "External"}


@pytest.fixture
def world() -> World:
    """A world with one pod, as the defaults have it."""
    world = World()
    settle(world)
    return world


def workers(world: World) -> int | None:
    """Return what the OrderProcessor declares; None while that is the default."""
    found: dict[str, Any] = world.cluster.objects["OrderProcessor", "orders"]["spec"]
    return found.get("workers")


def waiting(messages: int) -> QueueFound:
    """Return the queue with so many messages."""
    return QueueFound(QUEUE.url, messages=messages, visibility=60)


def test_the_default_costs_no_request() -> None:
    """One pod is what is declared and what is wanted."""
    world = World()
    assert WRITE not in world.look()
    world.run_pods()
    world.look()
    assert world.look() == []


def test_what_the_queue_wants_is_declared_when_it_changes(world: World) -> None:
    """Once, after the Deployment has it; the status follows the pods, and the time is that of the decision."""
    world.found_queue = waiting(250)
    assert world.look() == [("apply", "Deployment"), WRITE, ("merge/status", "OrderProcessor")]
    assert workers(world) == 3
    assert (world.status["replicas"], world.status["desiredReplicas"]) == (1, 3)
    scaled_at = world.status["lastScaleTime"]
    world.seconds += 5
    world.run_pods()
    assert world.look() == [("merge/status", "OrderProcessor")]
    assert (world.status["replicas"], world.status["desiredReplicas"]) == (3, 3)
    assert world.status["lastScaleTime"] == scaled_at
    assert world.status["observedGeneration"] == world.generation
    assert world.look() == []


def test_what_another_has_set_is_where_the_queue_goes_on_from(world: World) -> None:
    """So `kubectl scale` gets its pods, and they go when a cool-down has shown that fewer are enough."""
    world.scale(5)
    assert WRITE not in world.look()
    assert world.replicas == 5
    assert world.events[-1] == ("Normal", "ScaledUp")
    for _ in range(11):
        world.seconds += 10
        world.look()
    assert (world.replicas, workers(world)) == (5, 5)
    world.seconds += 10
    assert WRITE in world.look()
    assert (world.replicas, workers(world)) == (3, 3)


def test_what_another_has_set_gives_way_to_the_queue_and_the_limits(world: World) -> None:
    """More are needed, or fewer allowed: the number is written over at once."""
    world.found_queue = waiting(400)
    world.scale(2)
    world.look()
    assert (world.replicas, workers(world)) == (4, 4)
    world.scale(50)
    world.look()
    assert (world.replicas, workers(world)) == (10, 10)
    world.scale(0)
    world.look()
    assert (world.replicas, workers(world)) == (4, 4)


def test_what_is_older_than_what_was_written_is_no_wish(world: World) -> None:
    """The watch lags behind."""
    seen = WantedWorkers()
    spec = OrderProcessorSpec.read({"image": "x:1", "workers": 1})
    old = Processor("orders", "shop", "uid-1", 1, spec, version=7)
    assert seen.read(old) is None
    seen.known, seen.version = 5, 8
    assert seen.read(old) is None
    assert seen.known == 5
    new = Processor("orders", "shop", "uid-1", 2, spec, version=9)
    assert seen.read(new) == 1
    assert seen.read(new) is None
    assert world.replicas == 1


def test_after_a_restart_the_deployment_says_how_many_there_are(world: World) -> None:
    """What was declared is corrected, were it another's; no pod comes or goes for that."""
    world.found_queue = waiting(300)
    world.look()
    world.found_queue = QUEUE
    world.scale(7)
    world.restart()
    world.look()
    assert (world.replicas, workers(world)) == (3, 3)


def test_a_number_that_could_not_be_written_is_written_later(world: World) -> None:
    """The pods are there meanwhile."""

    def fail(verb: str, _kind: str) -> None:
        if verb == "merge/scale":
            raise Unavailable("PATCH scale", "status 503")

    world.cluster.fail = fail
    world.found_queue = waiting(300)
    with pytest.raises(Unavailable):
        world.look()
    assert world.replicas == 3
    world.cluster.fail = lambda _verb, _kind: None
    assert WRITE in world.look()
    assert workers(world) == 3


def test_while_there_are_to_be_no_workers_the_number_stays(world: World) -> None:
    """Suspended, or without a topic; the status says that none are to be there."""
    world.found_queue = waiting(300)
    world.look()
    world.run_pods()
    world.found_topic = NO_TOPIC
    assert WRITE not in world.look()
    assert (world.status["desiredReplicas"], workers(world)) == (0, 3)
    world.found_topic = TOPIC
    world.declare(suspend=True)
    assert WRITE not in world.look()
    assert (world.status["desiredReplicas"], workers(world)) == (0, 3)
    world.declare(suspend=False)
    assert WRITE not in world.look()
    assert world.replicas == 3


def test_a_definition_of_a_version_before_is_not_scaled() -> None:
    """There the subresource would set the minimum."""
    body = {
        "metadata": {"name": "orders", "namespace": "shop", "uid": "uid-1", "resourceVersion": "5"},
        "spec": {"image": "x:1"},
    }
    assert not Processor.of(body).has_workers
    assert Processor.of({**body, "spec": {"image": "x:1", "workers": 1}}).has_workers


class TestExternal:
    """Others say how many pods there are."""

    @pytest.fixture
    def world(self) -> World:
        """A world that an autoscaler scales."""
        world = World()
        world.declare(scaling=EXTERNAL)
        settle(world)
        return world

    def test_pods_follow_the_number_and_not_the_queue(self, world: World) -> None:
        """At once, up and down; the operator never writes it."""
        world.found_queue = waiting(900)
        assert WRITE not in world.look()
        assert world.replicas == 1
        for wanted in (4, 2):
            world.scale(wanted)
            assert WRITE not in world.look()
            assert (world.replicas, world.status["desiredReplicas"]) == (wanted, wanted)
        assert world.condition("Scaling") == ("True", "SetExternally")
        assert world.events[-2:] == [("Normal", "ScaledUp"), ("Normal", "ScaledDown")]

    def test_limits_that_exclude_the_number_hold(self, world: World) -> None:
        """A change of the number beyond them is refused by the cluster; a change of them is not."""
        world.scale(8)
        world.look()
        world.declare(replicas={"min": 1, "max": 5})
        world.look()
        assert (world.replicas, workers(world)) == (5, 8)
        assert world.condition("Scaling") == ("False", "OutOfBounds")
        (found,) = [each for each in world.status["conditions"] if each["type"] == "Scaling"]
        assert found["message"] == "spec.workers is 8 and spec.replicas goes from 1 to 5: held at 5"
        assert ("Warning", "OutOfBounds") in world.events

    def test_a_queue_that_cannot_be_read_changes_nothing(self, world: World) -> None:
        """Its depth is not asked for; workers come and go as others say."""
        world.found_queue = Unknown("LookupFailed", "ThrottlingException")
        world.scale(3)
        world.look()
        assert world.replicas == 3
        assert world.condition("Scaling") == ("True", "SetExternally")

    def test_a_restart_keeps_what_is_declared(self, world: World) -> None:
        """Whatever the Deployment has."""
        world.scale(6)
        world.look()
        world.restart()
        world.scale(4)
        world.look()
        assert world.replicas == 4

    def test_the_queue_takes_over_where_others_have_left_it(self, world: World) -> None:
        """And the other way round: no pod comes or goes by the change itself."""
        world.scale(6)
        world.look()
        world.declare(scaling={})
        world.look()
        assert (world.replicas, workers(world)) == (6, 6)
        world.declare(scaling=EXTERNAL)
        world.look()
        assert world.replicas == 6

    def test_suspended_there_are_none(self, world: World) -> None:
        """The number is kept for later."""
        world.scale(3)
        world.declare(suspend=True)
        world.look()
        assert (world.replicas, workers(world)) == (0, 3)
        assert world.condition("Scaling") == ("False", "Suspended")
        world.declare(suspend=False)
        world.look()
        assert world.replicas == 3


@pytest.mark.parametrize(("wanted", "given"), [(0, 2), (2, 2), (3, 3), (9, 4)])
def test_the_number_is_taken_within_the_limits(wanted: int, given: int) -> None:
    """Both limits belong to it."""
    spec = OrderProcessorSpec.read({"image": "x:1", "workers": wanted, "replicas": {"min": 2, "max": 4}})
    assert bounded(spec) == given
