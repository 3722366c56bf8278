import asyncio
from typing import Any

import pytest

from patterns_k8s.operator.api.answers import ClusterError, Refused
from patterns_k8s.operator.controller.drain import drain
from patterns_k8s.operator.desired.processor import Manifest, Owner, labels_of, selector_of
from patterns_k8s.testing.cluster_contract import make_deployment
from patterns_k8s.testing.fake_cluster import FakeCluster

OWNER = Owner("child", "test", "uid-1")


@pytest.fixture
def cluster() -> FakeCluster:
    """A cluster with a worker that runs, one that has ended, and one of another OrderProcessor."""
    cluster = FakeCluster()
    for number, (instance, phase) in enumerate([("child", "Running"), ("child", "Succeeded"), ("other", "Running")]):
        body: dict[str, Any] = {
            "metadata": {"name": f"pod-{number}", "namespace": "test", "labels": selector_of(instance)},
            "status": {"phase": phase},
        }
        cluster.objects["Pod", f"pod-{number}"] = body
    return cluster


def add_deployment(cluster: FakeCluster, owner: Owner | None, name: str = "child-workers") -> Manifest:
    """Have a Deployment that this owner, if any, controls, and return it."""
    deployment = make_deployment()
    references = [owner.controller_reference] if owner else []
    deployment["metadata"] |= {"name": name, "ownerReferences": references, "labels": labels_of("child")}
    asyncio.run(cluster.apply(deployment))
    return cluster.objects["Deployment", name]


def left(cluster: FakeCluster, **names: Any) -> int:  # noqa: ANN401 - names of a version before
    """Drain, and return how many workers are left."""
    return asyncio.run(drain(cluster, OWNER, **names))


def test_workers_are_taken_away_and_waited_for(cluster: FakeCluster) -> None:
    """As long as one has not ended; no more is asked for than that once they are to go."""
    add_deployment(cluster, OWNER)
    assert left(cluster) == 1
    assert cluster.objects["Deployment", "child-workers"]["spec"]["replicas"] == 0
    del cluster.objects["Pod", "pod-0"]
    cluster.asked.clear()
    assert left(cluster) == 0
    assert cluster.asked == [("get", "Deployment"), ("count", "Pod")]


def test_workers_of_a_deployment_that_is_gone_are_waited_for(cluster: FakeCluster) -> None:
    """Regardless of who deleted it: they still hold messages."""
    assert left(cluster) == 1


@pytest.mark.parametrize("owner", [None, Owner("child", "test", "uid-0")])
def test_workers_of_others_are_left_and_not_waited_for(cluster: FakeCluster, owner: Owner | None) -> None:
    """Those that were orphaned, and those of an OrderProcessor of that name before this one."""
    before = dict(add_deployment(cluster, owner))
    assert left(cluster) == 0
    assert cluster.objects["Deployment", "child-workers"] == before


def test_a_deployment_of_a_version_before_is_drained_too(cluster: FakeCluster) -> None:
    """Its pods have the same labels."""
    add_deployment(cluster, OWNER, "child")
    assert left(cluster, former=["child"]) == 1
    assert cluster.objects["Deployment", "child"]["spec"]["replicas"] == 0


def refuse(_verb: str, kind: str) -> None:
    """Refuse what a Role in the namespace would allow."""
    if kind in {"Deployment", "Pod"}:
        raise Refused(kind, "forbidden")


def test_a_namespace_that_is_being_deleted_ends_the_workers_itself(cluster: FakeCluster) -> None:
    """It has taken the operator's Role first, so waiting would be for ever."""
    add_deployment(cluster, OWNER)
    cluster.fail = refuse
    cluster.terminating.add("test")
    assert left(cluster) == 0


def test_a_missing_right_alone_ends_no_drain(cluster: FakeCluster) -> None:
    """The workers still hold messages; with the right, they are waited for as ever, also while the namespace goes."""
    add_deployment(cluster, OWNER)
    cluster.fail = refuse
    with pytest.raises(ClusterError, match="forbidden"):
        left(cluster)
    cluster.fail = lambda _verb, _kind: None
    cluster.terminating.add("test")
    assert left(cluster) == 1
