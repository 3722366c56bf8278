"""The namespace of the OrderProcessors can be deleted, and comes back: their operator is in another one."""

import json

import pytest
from tests.kube_cluster import IN_SYSTEM, NAMESPACE, KubeCluster
from tests.operator_install import OPERATOR, restore_namespace
from tests.order_processors import wait_condition
from tests.order_queue import OrderQueue, outcomes_of, placed_orders
from tests.waiting import eventually

pytestmark = [pytest.mark.integration, pytest.mark.usefixtures("operator_pod")]


def test_deleting_the_namespace_ends_by_itself_and_loses_no_order(cluster: KubeCluster, queue: OrderQueue) -> None:
    """While workers hold messages and others wait; in the namespace that is made again, each is told once."""
    before = _operators(cluster)
    decided, waiting = placed_orders(10), placed_orders(60, seed=2)
    cluster.apply(queue.processor())
    wait_condition(cluster, queue.name, "WorkersReady")
    queue.send(decided)
    queue.wait_told(outcomes_of(decided), seconds=120)
    queue.delete_topic()  # so that nothing is decided any more, and messages are held
    queue.send(waiting)
    eventually(lambda: queue.depth()[1] > 0, seconds=60)
    cluster.kubectl("delete", "namespace", NAMESPACE, "--timeout=300s", seconds=310)
    assert cluster.get("namespace", NAMESPACE) is None
    assert _operators(cluster) == before
    assert sum(queue.depth()) == len(waiting)

    queue.make_topic()
    restore_namespace(cluster)
    cluster.apply(queue.processor())
    wait_condition(cluster, queue.name, "WorkersReady")
    everything = outcomes_of([*decided, *waiting])
    assert queue.wait_told(everything, seconds=120) == dict.fromkeys(everything, 1)
    assert queue.letters() == []
    assert _operators(cluster) == before


def _operators(cluster: KubeCluster) -> set[tuple[str, int]]:
    """Return the operator's pods by uid, each with how often it was started again."""
    selected = f"--selector=app.kubernetes.io/name={OPERATOR}"
    found = json.loads(cluster.kubectl("get", "pods", selected, IN_SYSTEM, "--output=json"))["items"]
    return {(each["metadata"]["uid"], each["status"]["containerStatuses"][0]["restartCount"]) for each in found}
