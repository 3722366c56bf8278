"""Nothing is written or deleted that is not the OrderProcessor's own, whatever its name."""

from copy import deepcopy
from typing import Any

import pytest

from patterns_k8s.operator.api.answers import Gone
from patterns_k8s.operator.desired.findings import Missing, TopicFound
from patterns_k8s.operator.desired.processor import Manifest, labels_of
from patterns_k8s.testing.world import CHILD, KINDS, NO_TOPIC, TOPIC, World, settle

DAYS = [{"from": "2026-11-01", "to": "2026-11-03"}]
JOB = "orders-backfill-20261101-20261103"
OTHERS: list[tuple[list[Manifest], dict[str, str]]] = [
    ([], {}),
    ([], labels_of("another")),
    ([{"kind": "Application", "name": "shop", "uid": "uid-9", "controller": True}], labels_of("orders")),
    ([{"kind": "OrderProcessor", "name": "orders", "uid": "uid-0", "controller": True}], labels_of("orders")),
]
"""Owners and labels of objects that are not the OrderProcessor's: without a controller, of a tool, and of an
OrderProcessor of the same name before it."""


@pytest.fixture
def world() -> World:
    """A world."""
    return World()


def add(world: World, kind: str, name: str, owners: list[Manifest], labels: dict[str, str], **spec: Any) -> Manifest:  # noqa: ANN401 - fields of a spec
    """Have an object in the cluster, and return it as it is now."""
    metadata = {"name": name, "namespace": "shop", "uid": f"uid-{kind}", "ownerReferences": owners, "labels": labels}
    world.cluster.objects[kind, name] = {"metadata": {**metadata, "resourceVersion": "7"}, "spec": spec}
    return deepcopy(world.cluster.objects[kind, name])


def message(world: World) -> str:
    """Return what the condition says for people."""
    (ready,) = [each for each in world.status["conditions"] if each["type"] == "Ready"]
    return str(ready["message"])


@pytest.mark.parametrize(("owners", "labels"), OTHERS)
@pytest.mark.parametrize("kind", KINDS)
def test_a_name_that_is_taken_is_said_and_left(
    world: World, kind: str, owners: list[Manifest], labels: dict[str, str]
) -> None:
    """With what has it; workers come by themselves when the name is free."""
    before = add(world, kind, CHILD, owners, labels, replicas=5)
    world.look()
    assert world.condition("Ready") == ("False", "NameTaken")
    assert message(world).startswith(f"{kind} {CHILD}: exists and ")
    assert all(f"{owner['kind']} {owner['name']}" in message(world) for owner in owners)
    assert world.cluster.objects[kind, CHILD] == before
    assert kind == "Deployment" or ("Deployment", CHILD) not in world.cluster.objects
    assert world.events == [("Warning", "NameTaken")]
    assert ("get", kind) in world.look()
    world.declare(suspend=True)
    world.look()
    assert world.cluster.objects[kind, CHILD] == before
    world.declare(suspend=False)
    del world.cluster.objects[kind, CHILD]
    settle(world)
    assert world.condition("Ready") == ("True", "WorkersReady")


@pytest.mark.parametrize("kind", KINDS)
def test_a_child_whose_name_is_taken_meanwhile_is_not_taken_back(world: World, kind: str) -> None:
    """It was deleted, and another one was made before the operator could act; workers that are there go on."""
    settle(world)
    world.tell_of(kind, deleted=True)
    before = add(world, kind, CHILD, [], {})
    world.look()
    assert world.condition("Ready") == ("False", "NameTaken")
    assert world.cluster.objects[kind, CHILD] == before
    if kind != "Deployment":
        world.declare(suspend=True)
        world.look()
        assert world.replicas == 0


def test_a_child_that_gets_another_controller_is_no_longer_touched(world: World) -> None:
    """Its uid is still the one that was applied."""
    settle(world)
    tool: Manifest = {"kind": "Application", "name": "shop", "uid": "uid-9", "controller": True}
    world.cluster.edit("Deployment", CHILD, {"metadata": {"ownerReferences": [tool]}, "spec": {"replicas": 7}})
    world.tell_of("Deployment", uid="uid-1")
    world.look()
    assert world.condition("Ready") == ("False", "NameTaken")
    assert world.replicas == 7


@pytest.mark.parametrize("restarted", [False, True])
def test_pods_are_taken_from_no_deployment_of_others(world: World, *, restarted: bool) -> None:
    """Where a topic is missing, or a queue."""
    if restarted:
        settle(world)
        world.restart()
    before = add(world, "Deployment", CHILD, [], {}, replicas=5)
    world.found_topic = NO_TOPIC
    world.look()
    assert world.cluster.objects["Deployment", CHILD] == before
    assert world.condition("Ready") == ("False", "NameTaken")


@pytest.mark.parametrize("topic", [TOPIC, NO_TOPIC])
def test_pods_of_a_suspended_one_are_taken_away_once(world: World, topic: TopicFound | Missing) -> None:
    """Though the name of another child is taken, and whether there is a topic or not."""
    settle(world)
    world.tell_of("ServiceAccount", deleted=True)
    add(world, "ServiceAccount", CHILD, [], {})
    world.found_topic = topic
    world.declare(suspend=True)
    assert world.look().count(("get", "Deployment")) == 1
    assert world.replicas == 0


class TestOrphans:
    """Children that ``kubectl delete --cascade=orphan`` has left."""

    @pytest.fixture
    def orphans(self, world: World) -> World:
        """A world with five workers of an OrderProcessor that is gone, and a new one of its name."""
        for kind in KINDS:
            add(world, kind, CHILD, [], labels_of("orders"), replicas=5)
        return world

    def test_they_are_adopted(self, orphans: World) -> None:
        """As they are: the same objects, the pods go on."""
        orphans.look()
        for kind in KINDS:
            (owner,) = orphans.cluster.objects[kind, CHILD]["metadata"]["ownerReferences"]
            assert owner["uid"] == "uid-1"
            assert orphans.cluster.objects[kind, CHILD]["metadata"]["uid"] == f"uid-{kind}"
        assert orphans.replicas == 5

    @pytest.mark.parametrize("role", [{}, {"controller": False}, {"controller": None}, {"blockOwnerDeletion": True}])
    def test_an_owner_that_is_named_already_is_not_named_twice(self, orphans: World, role: Manifest) -> None:
        """A tool may have left a reference that does not control; others' references stay."""
        reference: Manifest = {"kind": "OrderProcessor", "name": "orders", "uid": "uid-1", **role}
        other: Manifest = {"kind": "ConfigMap", "name": "shop", "uid": "uid-9"}
        add(orphans, "Job", JOB, [reference, other], labels_of("orders", "backfill"))
        orphans.declare(backfill=DAYS)
        orphans.look()
        kept, owner = orphans.cluster.objects["Job", JOB]["metadata"]["ownerReferences"]
        assert kept == other
        assert (owner["uid"], owner["controller"]) == ("uid-1", True)

    @pytest.mark.parametrize("change", [{"metadata": {"uid": "uid-2"}}, {"metadata": {"deletionTimestamp": "now"}}])
    def test_not_by_one_that_is_gone_or_about_to(self, orphans: World, change: Manifest) -> None:
        """The cluster would collect them with it."""
        orphans.cluster.edit("OrderProcessor", "orders", change)
        with pytest.raises(Gone):
            orphans.look()
        assert not any(orphans.cluster.objects[kind, CHILD]["metadata"]["ownerReferences"] for kind in KINDS)

    @pytest.mark.parametrize("condition", ["Complete", "Failed", ""])
    def test_a_backfill_is_adopted_with_its_state(self, orphans: World, condition: str) -> None:
        """It is not run again, and the status follows the Job that is there."""
        add(orphans, "Job", JOB, [], labels_of("orders", "backfill"))
        conditions = [{"type": condition, "status": "True"}] if condition else []
        orphans.cluster.edit("Job", JOB, {"status": {"conditions": conditions}})
        orphans.declare(backfill=DAYS)
        orphans.look()
        assert [each["state"] for each in orphans.status["backfills"]] == [condition or "Running"]
        (owner,) = orphans.cluster.objects["Job", JOB]["metadata"]["ownerReferences"]
        assert owner["uid"] == "uid-1"


@pytest.mark.parametrize(("owners", "labels"), OTHERS)
def test_a_job_of_others_is_left(world: World, owners: list[Manifest], labels: dict[str, str]) -> None:
    """Whether its range is declared or not; workers go on."""
    before = add(world, "Job", JOB, owners, labels)
    world.declare(backfill=DAYS)
    world.look()
    assert world.condition("Ready") == ("False", "NameTaken")
    assert [each["state"] for each in world.status["backfills"]] == ["Waiting"]
    assert world.replicas == 1
    world.declare(backfill=[])
    settle(world)
    assert world.cluster.objects["Job", JOB] == before
    assert world.condition("Ready") == ("True", "WorkersReady")


def test_a_job_that_changes_hands_is_neither_suspended_nor_deleted(world: World) -> None:
    """The operator knew it as its own."""
    world.declare(backfill=DAYS)
    settle(world)
    world.tell_of("Job")
    world.look()
    before = add(world, "Job", JOB, [], {})
    world.declare(suspend=True)
    world.look()
    assert world.condition("Ready") == ("False", "NameTaken")
    world.declare(suspend=False, backfill=[])
    world.look()
    assert world.cluster.objects["Job", JOB] == before


class TestVersionBefore:
    """Children with names of a version before, of which an account and a network policy are left."""

    KINDS = ("ServiceAccount", "NetworkPolicy")

    @pytest.fixture
    def upgraded(self, world: World) -> World:
        """A world whose new workers work."""
        settle(world)
        reference: Manifest = {"kind": "OrderProcessor", "name": "orders", "uid": "uid-1", "controller": True}
        for kind in self.KINDS:
            add(world, kind, "orders", [reference], labels_of("orders"))
            world.tell_of(kind)
        return world

    def left(self, world: World) -> list[str]:
        """Return what is left of them after a look."""
        world.look()
        return [kind for kind in self.KINDS if (kind, "orders") in world.cluster.objects]

    @pytest.mark.parametrize("component", ["worker", "backfill"])
    def test_they_stay_until_the_last_pod_has_ended(self, upgraded: World, component: str) -> None:
        """Whatever the pod is for: without its account it would lose its role."""
        pod = add(upgraded, "Pod", "pod", [], labels_of("orders", component), serviceAccountName="orders")
        assert self.left(upgraded) == [*self.KINDS]
        upgraded.cluster.objects["Pod", "pod"] = {**pod, "status": {"phase": "Succeeded"}}
        assert self.left(upgraded) == []

    @pytest.mark.parametrize(
        ("instance", "account"), [("orders", "orders-workers"), ("another", "orders"), ("orders", "default")]
    )
    def test_other_pods_do_not_hold_them(self, upgraded: World, instance: str, account: str) -> None:
        """New ones, and those of others."""
        add(upgraded, "Pod", "pod", [], labels_of(instance, "backfill"), serviceAccountName=account)
        assert self.left(upgraded) == []

    @pytest.mark.parametrize("condition", ["Complete", "Failed"])
    def test_they_stay_until_backfills_have_ended(self, upgraded: World, condition: str) -> None:
        """A Job that is suspended, or waits for its next try, has no pod."""
        reference: Manifest = {"kind": "OrderProcessor", "name": "orders", "uid": "uid-1", "controller": True}
        add(upgraded, "Job", JOB, [reference], labels_of("orders", "backfill"), suspend=True)
        upgraded.declare(backfill=DAYS, suspend=True)
        upgraded.tell_of("Job")
        assert self.left(upgraded) == [*self.KINDS]
        upgraded.cluster.edit("Job", JOB, {"status": {"conditions": [{"type": condition, "status": "True"}]}})
        upgraded.tell_of("Job")
        assert self.left(upgraded) == []

    def test_a_backfill_that_was_not_told_of_yet_holds_them(self, upgraded: World) -> None:
        """An operator that has just begun may hear of an account before it hears of Jobs."""
        upgraded.declare(backfill=DAYS, suspend=True)
        upgraded.restart()
        for kind in self.KINDS:
            upgraded.tell_of(kind)
        assert self.left(upgraded) == [*self.KINDS]
