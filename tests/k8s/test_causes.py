"""The condition Ready says why pods do not become ready, as they say it themselves."""

import pytest
from tests.kube_cluster import KubeCluster
from tests.operator_install import SETTINGS
from tests.operators import Operators
from tests.order_processors import child, wait_condition
from tests.order_queue import OrderQueue

pytestmark = pytest.mark.integration


def test_a_secret_that_is_missing_is_named(cluster: KubeCluster, operators: Operators, queue: OrderQueue) -> None:
    """An image that is nowhere first; each cause is that of the pods that there are to be."""
    with operators.running(settings={**SETTINGS, "WORKER_CREDENTIALS": "not-created"}):
        cluster.apply(queue.processor(image="example.com/patterns-k8s:nowhere"))
        ready = wait_condition(cluster, queue.name, "ErrImagePull")
        assert ready["message"].startswith("0 of 1 pods ready, 1 pod: ")
        assert "example.com/patterns-k8s:nowhere" in ready["message"]
        cluster.apply(queue.processor())
        ready = wait_condition(cluster, queue.name, "CreateContainerConfigError")
        assert "not-created" in ready["message"]
        assert "nowhere" not in ready["message"]


def test_a_role_that_is_missing_is_told_with_the_last_words(
    cluster: KubeCluster, operators: Operators, queue: OrderQueue
) -> None:
    """Without a Pod Identity association the worker ends, and says why."""
    eks = cluster.client("eks")
    (name,) = eks.list_clusters()["clusters"]
    found = eks.list_pod_identity_associations(clusterName=name, serviceAccount=child(queue.name))["associations"]
    for each in found:
        eks.delete_pod_identity_association(clusterName=name, associationId=each["associationId"])
    with operators.running():
        cluster.apply(queue.processor())
        ready = wait_condition(cluster, queue.name, "NoCredentials")
        assert f"the service account {child(queue.name)} get no AWS role" in ready["message"]
        assert "exit code 75: patterns_k8s.worker: " in ready["message"]
        told = cluster.kubectl("get", "events", f"--field-selector=involvedObject.name={queue.name}")
        assert "NoCredentials" in told


def test_pods_that_no_node_takes_say_so(cluster: KubeCluster, operators: Operators, queue: OrderQueue) -> None:
    """In the scheduler's words."""
    with operators.running():
        cluster.apply(queue.processor(resources={"requests": {"cpu": "500"}}))
        ready = wait_condition(cluster, queue.name, "Unschedulable")
        assert "Insufficient cpu" in ready["message"]


def test_too_little_memory_is_told_as_such(cluster: KubeCluster, operators: Operators, queue: OrderQueue) -> None:
    """The limit is named, and where it is set; the worker itself can say nothing."""
    with operators.running():
        cluster.apply(queue.processor(resources={"requests": {"memory": "16Mi"}, "limits": {"memory": "24Mi"}}))
        ready = wait_condition(cluster, queue.name, "OOMKilled", seconds=120)
        assert "killed at the memory limit of 24Mi (spec.resources.limits.memory)" in ready["message"]
