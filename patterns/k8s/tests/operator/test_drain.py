import asyncio
from typing import Any

import pytest

from patterns_k8s.operator.drain import drain
from patterns_k8s.operator.processor import selector_of
from patterns_k8s.testing.cluster_contract import make_deployment
from patterns_k8s.testing.fake_cluster import FakeCluster


@pytest.fixture
def cluster() -> FakeCluster:
    """A cluster with a worker that runs, one that has ended, and one of somebody else."""
    cluster = FakeCluster()
    for number, (instance, phase) in enumerate([("child", "Running"), ("child", "Succeeded"), ("other", "Running")]):
        body: dict[str, Any] = {
            "metadata": {"name": f"pod-{number}", "namespace": "test", "labels": selector_of(instance)},
            "status": {"phase": phase},
        }
        cluster.objects["Pod", f"pod-{number}"] = body
    return cluster


def left(cluster: FakeCluster) -> int:
    """Drain, and return how many workers are left."""
    return asyncio.run(drain(cluster, name="child", namespace="test"))


def test_workers_are_taken_away_and_waited_for(cluster: FakeCluster) -> None:
    """As long as one has not ended."""
    asyncio.run(cluster.apply(make_deployment()))
    assert left(cluster) == 1
    assert cluster.objects["Deployment", "child"]["spec"]["replicas"] == 0
    del cluster.objects["Pod", "pod-0"]
    assert left(cluster) == 0


def test_workers_of_a_deployment_that_is_gone_are_waited_for(cluster: FakeCluster) -> None:
    """Whoever deleted it: they still hold messages."""
    assert left(cluster) == 1
