"""The status is an observation: what others make of it is corrected, and never acted on."""

import json
from typing import Any

import pytest
from tests.kube_cluster import KubeCluster
from tests.operators import Operators
from tests.order_processors import deployment, status, wait_condition, wait_pods
from tests.order_queue import OrderQueue
from tests.waiting import eventually

pytestmark = pytest.mark.integration

NOTHING: dict[str, Any] = {"status": None}
FOREIGN: dict[str, Any] = {"status": {"replicas": 99, "messages": 12_345, "queueUrl": "https://example.com/another"}}


def overwrite(cluster: KubeCluster, queue: OrderQueue, change: dict[str, Any]) -> None:
    """Write a status as a user with the right to."""
    patch = f"--patch={json.dumps(change)}"
    cluster.kubectl("patch", "orderprocessor", queue.name, "--subresource=status", "--type=merge", patch)


def test_another_status_is_corrected_and_scales_nothing(
    cluster: KubeCluster, operators: Operators, queue: OrderQueue
) -> None:
    """Removed or foreign, while the operator runs or not: the Deployment says how many pods there are."""
    with operators.running() as operator:
        cluster.apply(queue.processor(replicas={"min": 1, "max": 10}))
        wait_condition(cluster, queue.name, "WorkersReady")
        before = status(cluster, queue.name)
        for change in (NOTHING, FOREIGN):
            overwrite(cluster, queue, change)
            eventually(lambda: status(cluster, queue.name) == before, seconds=20)
        (pod,) = wait_pods(cluster, queue.name, 1)
        operator.kill()
    generation = deployment(cluster, queue.name)["metadata"]["generation"]
    for change in (FOREIGN, NOTHING):
        overwrite(cluster, queue, change)
        with operators.running():
            eventually(lambda: status(cluster, queue.name).get("replicas") == 1, seconds=30)
            wait_condition(cluster, queue.name, "WorkersReady")
            assert status(cluster, queue.name)["queueUrl"] == queue.url
    assert deployment(cluster, queue.name)["metadata"]["generation"] == generation
    assert [each["metadata"]["uid"] for each in wait_pods(cluster, queue.name, 1)] == [pod["metadata"]["uid"]]
