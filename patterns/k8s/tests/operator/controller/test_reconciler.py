import asyncio
from collections.abc import Mapping
from copy import deepcopy
from typing import Any

import pytest

from patterns_k8s.operator.api.answers import Gone, Refused, Unavailable
from patterns_k8s.operator.controller.memories import Memories
from patterns_k8s.operator.desired.backfills import JobSeen
from patterns_k8s.operator.desired.findings import Missing, QueueFound, Unknown
from patterns_k8s.operator.desired.processor import Manifest, Processor
from patterns_k8s.resource.order_processor import OrderProcessorSpec
from patterns_k8s.testing.world import CHILD, KINDS, NO_TOPIC, QUEUE, TOPIC, World, settle

THROTTLED = Unknown("LookupFailed", "ThrottlingException")


@pytest.fixture
def world() -> World:
    """A world."""
    return World()


def test_a_new_one_gets_its_children_and_is_ready_when_its_pods_are(world: World) -> None:
    """In as few requests as can be, and then none."""
    assert world.look() == [
        ("apply", "ServiceAccount"),
        ("apply", "NetworkPolicy"),
        ("apply", "PodDisruptionBudget"),
        ("apply", "Deployment"),
        ("merge/status", "OrderProcessor"),
    ]
    assert world.condition("Ready") == ("False", "RollingOut")
    world.run_pods()
    assert world.look() == [("merge/status", "OrderProcessor")]
    assert world.condition("Ready") == ("True", "WorkersReady")
    assert world.condition("QueueResolved") == world.condition("TopicResolved") == ("True", "Resolved")
    assert world.status["observedGeneration"] == 1
    assert world.status["selector"] == "app.kubernetes.io/name=order-worker,app.kubernetes.io/instance=orders"
    assert world.look() == []
    assert world.events == [("Normal", "WorkersReady")]


def test_an_operator_that_was_killed_finds_everything_as_it_was(world: World) -> None:
    """It applies once, which changes nothing, and reports nothing new."""
    settle(world)
    before = {key: body["metadata"].get("resourceVersion") for key, body in world.cluster.objects.items()}
    world.restart()
    world.tell_of("Deployment")
    asked = world.look()
    # They are found where they were to be created.
    assert asked == [(verb, kind) for kind in KINDS for verb in ("apply", "get", "apply")]
    assert {key: body["metadata"].get("resourceVersion") for key, body in world.cluster.objects.items()} == before
    assert world.look() == []


def test_a_new_image_is_rolled_out(world: World) -> None:
    """And is only ready again when its pods are."""
    settle(world)
    world.declare(image="patterns-k8s:2")
    assert ("apply", "Deployment") in world.look()
    assert world.condition("Ready") == ("False", "RollingOut")
    world.run_pods()
    world.look()
    assert world.condition("Ready") == ("True", "WorkersReady")
    assert world.status["observedGeneration"] == 2


@pytest.mark.parametrize("kind", KINDS)
def test_a_child_that_was_deleted_comes_back(world: World, kind: str) -> None:
    """And it is told of."""
    settle(world)
    world.tell_of(kind, deleted=True)
    del world.cluster.objects[kind, CHILD]
    assert ("apply", kind) in world.look()
    assert (kind, CHILD) in world.cluster.objects
    assert ("Warning", "Repaired") in world.events


def test_a_child_that_was_edited_is_put_right(world: World) -> None:
    """Where its manifest has a say; elsewhere it is left as it is, with one request and no word of a repair."""
    settle(world)
    world.cluster.edit("Deployment", CHILD, {"spec": {"minReadySeconds": 5}})
    edited = world.cluster.objects["Deployment", CHILD]
    world.tell_of("Deployment")
    assert world.look().count(("apply", "Deployment")) == 1
    assert world.cluster.objects["Deployment", CHILD] == edited
    assert ("Warning", "Repaired") not in world.events
    world.run_pods()
    assert ("apply", "Deployment") not in world.look()
    world.tended.wake.clear()
    world.cluster.edit("Deployment", CHILD, {"status": {"collisionCount": 1}})
    world.tell_of("Deployment")
    assert not world.tended.wake.is_set()
    world.cluster.edit("Deployment", CHILD, {"spec": {"replicas": 7}})
    world.tell_of("Deployment")
    assert ("apply", "Deployment") in world.look()
    assert world.replicas == 1
    assert ("Warning", "Repaired") in world.events
    assert world.cluster.objects["Deployment", CHILD]["spec"]["minReadySeconds"] == 5


def test_a_repair_that_the_cluster_undoes_is_tried_once(world: World) -> None:
    """No endless fight with whatever rewrites it."""
    settle(world)
    applied = world.cluster.apply

    async def rewritten(manifest: Manifest, *, uid: str = "") -> Manifest:
        body = await applied(manifest, uid=uid)
        if manifest["kind"] == "Deployment":
            world.cluster.edit("Deployment", CHILD, {"spec": {"replicas": 7}})
            body = world.cluster.objects["Deployment", CHILD]
        return body

    world.cluster.apply = rewritten  # type: ignore[method-assign] # another application's admission webhook
    world.cluster.edit("Deployment", CHILD, {"spec": {"replicas": 9}})
    world.tell_of("Deployment")
    assert ("apply", "Deployment") in world.look()
    world.tell_of("Deployment")
    assert world.look() == []


def test_pods_follow_the_queue(world: World) -> None:
    """Up at once; the number of messages is reported with it."""
    settle(world)
    world.found_queue = QueueFound(QUEUE.url, messages=950, visibility=60)
    world.look()
    assert world.replicas == 10
    assert (world.status["desiredReplicas"], world.status["messages"]) == (10, 950)
    assert world.condition("Scaling") == ("True", "AtMaximum")
    assert ("Normal", "ScaledUp") in world.events
    scaled_at = world.status["lastScaleTime"]
    world.found_queue = QUEUE
    for _ in range(13):
        world.seconds += 10
        world.look()
    assert world.replicas == 5
    assert world.status["lastScaleTime"] > scaled_at


def test_a_conditions_time_moves_only_with_its_status(world: World) -> None:
    """Whatever else is reported meanwhile."""
    settle(world)
    before = {each["type"]: each["lastTransitionTime"] for each in world.status["conditions"]}
    world.seconds += 100
    world.found_queue = QueueFound(QUEUE.url, messages=50, visibility=60)
    assert world.look() == [("merge/status", "OrderProcessor")]
    assert {each["type"]: each["lastTransitionTime"] for each in world.status["conditions"]} == before
    world.declare(suspend=True)
    world.look()
    after = {each["type"]: each["lastTransitionTime"] for each in world.status["conditions"]}
    assert after["Ready"] > before["Ready"]
    assert after["QueueResolved"] == before["QueueResolved"]


def test_a_topic_that_is_missing_keeps_the_workers_away(world: World) -> None:
    """Orders wait in their queue; when it comes, so do the workers."""
    world.found_topic = NO_TOPIC
    world.look()
    assert ("Deployment", CHILD) not in world.cluster.objects
    assert world.condition("TopicResolved") == ("False", "NameNotPublished")
    assert world.condition("Ready") == ("False", "NameNotPublished")
    assert ("Warning", "NameNotPublished") in world.events
    assert world.look() == []
    world.found_topic = TOPIC
    settle(world)
    assert world.replicas == 1


def test_a_queue_that_goes_takes_the_workers_away(world: World) -> None:
    """Even those that an operator before this one deployed."""
    settle(world)
    world.restart()
    world.found_queue = Missing("QueueMissing", "there is no queue")
    world.look()
    assert world.replicas == 0
    assert world.condition("QueueResolved") == ("False", "QueueMissing")
    world.found_queue = QUEUE
    world.look()
    assert world.replicas == 1


def test_pods_that_are_left_are_reported_by_an_operator_that_has_just_begun(world: World) -> None:
    """Of a Deployment that it did not apply, and whose status comes in no further event."""
    settle(world)
    world.restart()
    world.found_queue = Missing("QueueMissing", "there is no queue")
    world.look()
    assert world.status["readyReplicas"] == 1


@pytest.mark.parametrize("restarted", [False, True])
def test_what_cannot_be_asked_for_now_changes_nothing(world: World, *, restarted: bool) -> None:
    """Workers go on with what was known, also after a restart."""
    settle(world)
    world.found_queue = QueueFound(QUEUE.url, messages=350, visibility=60)
    world.look()
    before = world.cluster.objects["Deployment", CHILD]
    if restarted:
        world.restart()
    world.found_queue = world.found_topic = THROTTLED
    world.look()
    assert world.cluster.objects["Deployment", CHILD] == before
    assert world.replicas == 4
    if not restarted:
        assert world.condition("Ready")[1] == "RollingOut"
        world.declare(concurrency=20)
        assert ("apply", "Deployment") in world.look()
    assert world.condition("QueueResolved") == ("Unknown", "LookupFailed")
    assert world.status["queueUrl"] == QUEUE.url


def test_a_suspended_one_has_no_pods(world: World) -> None:
    """And gets them back when it is resumed."""
    settle(world)
    world.declare(suspend=True)
    world.look()
    assert world.replicas == 0
    assert world.condition("Ready") == ("False", "Suspended")
    assert world.condition("Scaling") == ("False", "Suspended")
    world.found_queue = QueueFound(QUEUE.url, messages=350, visibility=60)
    world.declare(suspend=False)
    world.look()
    assert world.replicas == 4


def test_what_a_new_one_was_declared_to_be_is_no_news(world: World) -> None:
    """An event tells of a change; of a new one it tells what is amiss."""
    world.declare(suspend=True)
    world.look()
    assert world.condition("Ready") == ("False", "Suspended")
    assert world.events == []
    world.declare(suspend=False)
    world.look()
    world.declare(suspend=True)
    world.look()
    assert ("Normal", "Suspended") in world.events


@pytest.mark.parametrize("kind", KINDS)
def test_what_failed_is_made_good_by_the_next_look(world: World, kind: str) -> None:
    """Wherever it failed."""

    def fail(_verb: str, failing: str) -> None:
        if failing == kind:
            raise Unavailable("PATCH", "made to fail")

    world.cluster.fail = fail
    with pytest.raises(Unavailable):
        world.look()
    world.cluster.fail = lambda _verb, _kind: None
    settle(world)
    assert (kind, CHILD) in world.cluster.objects


def test_a_repair_that_failed_is_made_good_by_the_next_look(world: World) -> None:
    """What was told of the child is gone by then, and the drift is not."""
    settle(world)
    world.cluster.edit("Deployment", CHILD, {"spec": {"replicas": 7}})
    world.tell_of("Deployment")

    def fail(verb: str, _kind: str) -> None:
        if verb == "apply":
            raise Unavailable("PATCH", "made to fail")

    world.cluster.fail = fail
    with pytest.raises(Unavailable):
        world.look()
    world.cluster.fail = lambda _verb, _kind: None
    world.look()
    assert world.replicas == 1


def test_what_the_cluster_refuses_is_reported(world: World) -> None:
    """With its words; and tried again."""

    def fail(_verb: str, failing: str) -> None:
        if failing == "Deployment":
            raise Refused("PATCH", "exceeded quota")

    world.cluster.fail = fail
    with pytest.raises(Refused):
        world.look()
    assert world.condition("Ready") == ("False", "Refused")
    assert ("Warning", "Refused") in world.events
    world.cluster.fail = lambda _verb, _kind: None
    settle(world)
    assert world.condition("Ready") == ("True", "WorkersReady")


def test_one_that_is_gone_is_said_to_be(world: World) -> None:
    """Its loop ends."""
    del world.cluster.objects["OrderProcessor", "orders"]
    world.tended.status = {}
    processor = Processor("orders", "shop", "uid-1", 1, OrderProcessorSpec.read(world.spec))
    with pytest.raises(Gone):
        asyncio.run(world.reconciler.reconcile(processor, world.tended, {}, lambda *_: None))


def test_a_rollout_that_does_not_get_on_is_told(world: World) -> None:
    """In the cluster's own words."""
    settle(world)
    late = {"type": "Progressing", "status": "False", "reason": "ProgressDeadlineExceeded", "message": "has timed out"}
    world.cluster.edit("Deployment", CHILD, {"status": {"conditions": [late]}})
    world.tell_of("Deployment")
    world.look()
    assert world.condition("Ready") == ("False", "NotProgressing")


class TestBackfills:
    """Ranges of days, each run once."""

    NAME = "orders-backfill-20261101-20261103"

    @pytest.fixture
    def running(self, world: World) -> World:
        """A world with a backfill that runs."""
        world.declare(backfill=[{"from": "2026-11-01", "to": "2026-11-03"}])
        settle(world)
        world.tell_of("Job")
        world.look()
        return world

    def end(self, world: World, condition: str) -> None:
        """Let the Job end."""
        job = world.cluster.objects["Job", self.NAME]
        job["status"] = {"conditions": [{"type": condition, "status": "True"}]}
        world.tell_of("Job")

    def state(self, world: World) -> str:
        """Return what is reported of it."""
        (found,) = world.status["backfills"]
        assert found["job"] == self.NAME
        state: str = found["state"]
        return state

    @pytest.mark.parametrize("condition", ["Complete", "Failed"])
    def test_one_that_ended_is_not_run_again(self, running: World, condition: str) -> None:
        """Even if its Job is deleted, and the operator starts anew."""
        assert self.state(running) == "Running"
        self.end(running, condition)
        running.look()
        assert self.state(running) == condition
        running.tell_of("Job", deleted=True)
        del running.cluster.objects["Job", self.NAME]
        running.restart()
        running.look()
        assert ("Job", self.NAME) not in running.cluster.objects
        assert self.state(running) == condition

    def test_one_that_was_deleted_before_its_end_is_run_again(self, running: World) -> None:
        """Nothing says that it was done."""
        running.tell_of("Job", deleted=True)
        del running.cluster.objects["Job", self.NAME]
        assert ("create", "Job") in running.look()

    def test_one_that_is_no_longer_declared_is_cleared_away(self, running: World) -> None:
        """Whatever its state."""
        running.declare(backfill=[])
        assert ("delete", "Job") in running.look()
        assert running.status["backfills"] == []

    def test_a_restart_does_not_run_it_twice(self, running: World) -> None:
        """The Job that is there is left as it is."""
        before = dict(running.cluster.objects["Job", self.NAME])
        running.restart()
        running.look()
        assert running.cluster.objects["Job", self.NAME] == before

    def test_a_suspended_one_waits(self, running: World) -> None:
        """One that runs is halted, one that does not is not begun; and both go on."""
        running.declare(
            suspend=True,
            backfill=[{"from": "2026-11-01", "to": "2026-11-03"}, {"from": "2026-11-05", "to": "2026-11-05"}],
        )
        running.look()
        assert running.cluster.objects["Job", self.NAME]["spec"]["suspend"] is True
        running.tell_of("Job")
        running.look()
        assert [each["state"] for each in running.status["backfills"]] == ["Running", "Waiting"]
        running.declare(suspend=False)
        running.look()
        assert running.cluster.objects["Job", self.NAME]["spec"]["suspend"] is False
        assert ("Job", "orders-backfill-20261105-20261105") in running.cluster.objects

    def test_one_that_is_gone_when_it_is_to_go_on_is_begun_anew(self, running: World) -> None:
        """There was no event of its end yet; that is no reason to take the OrderProcessor for gone."""
        running.declare(suspend=True)
        running.look()
        running.tell_of("Job")
        del running.cluster.objects["Job", self.NAME]
        running.declare(suspend=False)
        running.look()
        assert running.tended.wake.is_set()
        assert ("create", "Job") in running.look()

    def test_without_a_topic_it_waits(self, world: World) -> None:
        """There is no topic to publish to."""
        world.found_topic = NO_TOPIC
        world.declare(backfill=[{"from": "2026-11-01", "to": "2026-11-03"}])
        world.look()
        assert self.state(world) == "Waiting"


class TestMemories:
    """Whose children they are, and what is news."""

    def child(self, **metadata: Any) -> dict[str, Any]:  # noqa: ANN401 - fields of metadata
        """Return a child of uid-1."""
        owner = {"kind": "OrderProcessor", "controller": True, "uid": "uid-1"}
        return {"metadata": {"name": "orders", "resourceVersion": "1", "ownerReferences": [owner], **metadata}}

    def test_a_job_may_be_told_of_before_its_owner(self) -> None:
        """Whether it has run is found out in no other way; and it is remembered for as long as it is there."""
        memories = Memories()
        memories.told("Job", self.child())
        assert memories.recall("uid-1").jobs == {"orders": JobSeen("Running", suspended=False)}
        memories.forget("uid-1")
        assert set(memories.known("Job")) == {("uid-1", "orders")}
        memories.told("Job", self.child(), deleted=True)
        assert len(memories) == 0

    def test_children_of_unknown_owners_are_not_remembered(self) -> None:
        """Or the memory would grow with every one that is deleted."""
        memories = Memories()
        memories.told("ServiceAccount", self.child())
        memories.told("ServiceAccount", self.child(ownerReferences=[]))
        memories.told("Job", self.child(ownerReferences=[]))
        memories.edited("uid-1", self.child())
        assert len(memories) == 0

    def test_the_echo_of_what_was_applied_is_no_news(self, world: World) -> None:
        """Or every change would be looked at twice."""
        world.look()
        world.tended.wake.clear()
        for kind in KINDS:
            world.tell_of(kind)
        assert not world.tended.wake.is_set()

    @pytest.mark.parametrize("kind", KINDS)
    def test_an_echo_that_comes_before_its_answer_is_no_news(self, world: World, kind: str) -> None:
        """A watch may be quicker than the request."""
        applied = world.cluster.apply

        async def told_first(manifest: Manifest, *, uid: str = "") -> Manifest:
            body = await applied(manifest, uid=uid)
            world.tell_of(manifest["kind"])
            return body

        world.cluster.apply = told_first  # type: ignore[method-assign]
        world.look()
        assert not world.tended.wake.is_set()
        assert kind not in world.tended.changed
        assert world.tended.settled is not None

    def test_what_happens_before_an_answer_comes_is_seen(self, world: World) -> None:
        """A user's edit is undone, although its event came before the operator knew what it had applied."""
        applied = world.cluster.apply

        async def edited_first(manifest: Manifest, *, uid: str = "") -> Manifest:
            body = await applied(manifest, uid=uid)
            if manifest["kind"] == "Deployment":
                world.cluster.apply = applied  # type: ignore[method-assign]
                world.cluster.edit("Deployment", CHILD, {"spec": {"replicas": 7}})
                world.tell_of("Deployment")
            return body

        world.cluster.apply = edited_first  # type: ignore[method-assign]
        world.look()
        assert world.tended.wake.is_set()
        world.look()
        assert world.replicas == 1

    def test_an_answer_that_comes_late_takes_no_news_back(self, world: World) -> None:
        """The pods ran before the operator heard that it had applied their Deployment."""
        applied = world.cluster.apply

        async def ran_first(manifest: Manifest, *, uid: str = "") -> Manifest:
            body = await applied(manifest, uid=uid)
            if manifest["kind"] == "Deployment":
                world.run_pods()
            return body

        world.cluster.apply = ran_first  # type: ignore[method-assign]
        world.look()
        world.look()
        assert world.condition("Ready") == ("True", "WorkersReady")

    @pytest.mark.parametrize("kind", KINDS)
    def test_an_owner_that_was_struck_out_is_put_back(self, world: World, kind: str) -> None:
        """The cluster would not collect the child."""
        settle(world)
        world.cluster.edit(kind, CHILD, {"metadata": {"ownerReferences": []}})
        world.tell_of(kind)
        assert ("apply", kind) in world.look()
        assert world.cluster.objects[kind, CHILD]["metadata"]["ownerReferences"]

    def test_what_was_before_it_was_applied_is_no_drift(self, world: World) -> None:
        """A watch may lag behind."""
        settle(world)
        before = deepcopy(world.cluster.objects["Deployment", CHILD])
        world.found_queue = QueueFound(QUEUE.url, messages=950, visibility=60)
        world.look()
        world.events.clear()
        world.memories.told("Deployment", before)
        assert world.look() == []
        assert world.events == []

    @pytest.mark.parametrize("kind", ["PodDisruptionBudget", "Deployment"])
    def test_a_status_that_says_nothing_new_is_no_news(self, world: World, kind: str) -> None:
        """Controllers write more of it than the operator reads."""
        settle(world)
        world.tended.wake.clear()
        world.cluster.edit(kind, CHILD, {"status": {"collisionCount": 1}})
        world.tell_of(kind)
        assert not world.tended.wake.is_set()

    @pytest.mark.parametrize("kind", KINDS)
    def test_labels_are_part_of_what_was_applied(self, world: World, kind: str) -> None:
        """They have no generation."""
        settle(world)
        world.cluster.edit(kind, CHILD, {"metadata": {"labels": {"app.kubernetes.io/part-of": "nothing"}}})
        world.tell_of(kind)
        assert ("apply", kind) in world.look()

    def test_a_job_that_ends_during_a_look_is_seen_by_the_next(self, world: World) -> None:
        """After the states were read, and before they were reported."""
        world.declare(backfill=[{"from": "2026-11-01", "to": "2026-11-03"}])
        settle(world)
        world.declare(concurrency=7)
        merged = world.cluster.merge

        async def ended_meanwhile(reference: Manifest, change: Mapping[str, Any], *, part: str = "") -> Manifest:
            body = await merged(reference, change, part=part)
            done = {"type": "Complete", "status": "True"}
            world.cluster.edit("Job", TestBackfills.NAME, {"status": {"conditions": [done]}})
            world.tell_of("Job")
            return body

        world.cluster.merge = ended_meanwhile  # type: ignore[method-assign]
        world.look()
        world.cluster.merge = merged  # type: ignore[method-assign]
        world.look()
        assert world.status["backfills"][0]["state"] == "Complete"

    def test_one_that_is_gone_is_forgotten(self) -> None:
        """And what was its own with it."""
        memories = Memories()
        memories.recall("uid-1")
        memories.forget("uid-1")
        memories.forget("uid-1")
        assert len(memories) == 0

    def test_only_another_generation_is_an_edit(self, world: World) -> None:
        """What the operator reports itself does not wake it."""
        tended = world.tended
        tended.processor = Processor("orders", "shop", "uid-1", 3, OrderProcessorSpec.read(world.spec))
        world.memories.edited("uid-1", {"metadata": {"generation": 3}})
        assert not tended.wake.is_set()
        world.memories.edited("uid-1", {"metadata": {"generation": 4}})
        assert tended.wake.is_set()

    def test_a_status_that_is_known_is_kept_once(self, world: World) -> None:
        """It is what kopf holds on to; another status stays as it was told."""
        world.tended.status = {"observedGeneration": 1}
        known: Manifest = {"metadata": {"resourceVersion": "7"}, "status": {"observedGeneration": 1}}
        other: Manifest = {"metadata": {"resourceVersion": "8"}, "status": {"observedGeneration": 2}}
        for body in (known, other):
            world.memories.edited("uid-1", body)
        assert known["status"] is world.tended.status
        assert other["status"] == {"observedGeneration": 2}
