"""From an OrderProcessor to workers that decide orders, on a real API server, with the operator as a pod."""

import json
from typing import Any

import pytest
from tests.kube_cluster import KubeCluster
from tests.order_processors import (
    child,
    condition,
    deployment,
    live_pods,
    ready_pods,
    status,
    wait_condition,
    wait_pods,
)
from tests.order_queue import OrderQueue, outcomes_of, placed_orders
from tests.waiting import eventually

pytestmark = [pytest.mark.integration, pytest.mark.usefixtures("operator_pod")]

CHILDREN = ("serviceaccount", "networkpolicy", "poddisruptionbudget", "deployment")


def test_orders_are_decided_and_the_topic_is_told(cluster: KubeCluster, queue: OrderQueue) -> None:
    """Each order has one outcome; every child belongs to the OrderProcessor; the status says so."""
    orders = placed_orders(40)
    queue.send(orders)
    cluster.apply(queue.processor())
    assert queue.wait_told(outcomes_of(orders)) == dict.fromkeys(outcomes_of(orders), 1)
    assert {event["type"] for event in queue.events} <= {"OrderFulfilled", "OrderRejected"}
    eventually(lambda: queue.depth() == (0, 0), seconds=10)
    assert queue.letters() == []

    assert wait_condition(cluster, queue.name, "WorkersReady")["status"] == "True"
    assert condition(cluster, queue.name, "QueueResolved")["message"] == queue.url
    assert condition(cluster, queue.name, "TopicResolved")["status"] == "True"
    assert condition(cluster, queue.name, "Scaling")["reason"] == "AtMinimum"
    owner = cluster.get("orderprocessor", queue.name)
    assert owner is not None
    for kind in CHILDREN:
        found = cluster.get(kind, child(queue.name))
        assert found is not None, kind
        assert [each["uid"] for each in found["metadata"]["ownerReferences"]] == [owner["metadata"]["uid"]]
    told = cluster.kubectl("get", "events", f"--field-selector=involvedObject.name={queue.name}")
    assert "WorkersReady" in told


def test_drift_is_repaired(cluster: KubeCluster, queue: OrderQueue) -> None:
    """A child that is deleted comes back; one that is edited is edited back; an event tells of both."""
    cluster.apply(queue.processor())
    wait_condition(cluster, queue.name, "WorkersReady")
    before = {kind: _uid(cluster, kind, child(queue.name)) for kind in CHILDREN}
    cluster.kubectl("delete", ",".join(CHILDREN), child(queue.name), "--wait=false")

    def all_are_new() -> bool:
        now = {kind: _uid(cluster, kind, child(queue.name)) for kind in CHILDREN}
        return all(now[kind] and now[kind] != before[kind] for kind in CHILDREN)

    eventually(all_are_new, seconds=30)
    wait_condition(cluster, queue.name, "WorkersReady")
    change = '{"spec": {"template": {"spec": {"containers": [{"name": "worker", "image": "example.com/other:v1"}]}}}}'
    cluster.kubectl("patch", "deployment", child(queue.name), f"--patch={change}")
    unavailable = '--patch={"spec":{"maxUnavailable":0}}'
    cluster.kubectl("patch", "poddisruptionbudget", child(queue.name), "--type=merge", unavailable)
    eventually(lambda: _image(cluster, queue.name) == "example.com/patterns-k8s:v1", seconds=20)
    eventually(
        lambda: (cluster.get("poddisruptionbudget", child(queue.name)) or {})["spec"]["maxUnavailable"] == 1, seconds=20
    )
    told = cluster.kubectl("get", "events", f"--field-selector=involvedObject.name={queue.name},reason=Repaired")
    for what in ("ServiceAccount", "NetworkPolicy", "PodDisruptionBudget", "Deployment"):
        assert f"{what} {child(queue.name)} was deleted by another client" in told, told
    assert f"PodDisruptionBudget {child(queue.name)} .spec.maxUnavailable was changed by kubectl-patch" in told
    assert f'Deployment {child(queue.name)} .spec.template.spec.containers[name="worker"].image was changed by' in told
    wait_pods(cluster, queue.name, 1)


def test_twenty_edits_are_one_event_with_a_count(cluster: KubeCluster, queue: OrderQueue) -> None:
    """Of two children in turns, by two clients; the Event names the fields and who changed them."""
    cluster.apply(queue.processor())
    wait_condition(cluster, queue.name, "WorkersReady")
    edits = (
        ("deployment", "revisionHistoryLimit", 3, "kubectl-patch"),
        ("poddisruptionbudget", "maxUnavailable", 1, "a-user"),
    )
    for kind, field, value, who in edits * 10:
        edit = ("--type=merge", f'--patch={{"spec":{{"{field}":9}}}}', f"--field-manager={who}")
        cluster.kubectl("patch", kind, child(queue.name), *edit)
        eventually(lambda: (cluster.get(kind, child(queue.name)) or {})["spec"][field] == value, seconds=20)  # noqa: B023 - called here
    selected = f"--field-selector=involvedObject.name={queue.name},reason=Repaired"
    told: list[dict[str, Any]] = []

    def counted() -> bool:
        told[:] = json.loads(cluster.kubectl("get", "events", selected, "--output=json"))["items"]
        return [each["count"] for each in told] == [20]

    eventually(counted, seconds=20)
    for _, field, _, who in edits:
        assert f".spec.{field} was changed by {who}" in told[0]["message"]
    assert "(x20 over" in cluster.kubectl("describe", "orderprocessor", queue.name)


def test_suspended_workers_leave_and_come_back(cluster: KubeCluster, queue: OrderQueue) -> None:
    """Orders wait meanwhile, uncounted, and are decided after the resume; scaling up by hand changes nothing."""
    cluster.apply(queue.processor(suspend=True))
    wait_condition(cluster, queue.name, "Suspended")
    orders = placed_orders(10)
    queue.send(orders)
    cluster.kubectl("scale", "deployment", child(queue.name), "--replicas=2")
    eventually(lambda: deployment(cluster, queue.name)["spec"]["replicas"] == 0, seconds=20)
    eventually(lambda: not live_pods(cluster, queue.name), seconds=40)
    assert queue.depth() == (10, 0)
    cluster.apply(queue.processor(suspend=False))
    assert queue.wait_told(outcomes_of(orders)) == dict.fromkeys(outcomes_of(orders), 1)
    wait_condition(cluster, queue.name, "WorkersReady")


def test_a_deletion_drains_first(cluster: KubeCluster, queue: OrderQueue) -> None:
    """Workers end by themselves while the OrderProcessor is still there; then all that belongs to it goes."""
    cluster.apply(queue.processor())
    wait_pods(cluster, queue.name, 1)
    cluster.kubectl("delete", "orderprocessor", queue.name, "--wait=false")
    pods = eventually(lambda: [p for p in live_pods(cluster, queue.name) if _is_ending(p)], seconds=15)
    assert pods[0]["metadata"]["deletionGracePeriodSeconds"] == 45
    assert cluster.get("orderprocessor", queue.name) is not None
    eventually(lambda: cluster.get("orderprocessor", queue.name) is None, seconds=40)
    assert not live_pods(cluster, queue.name)
    eventually(lambda: not any(cluster.get(kind, child(queue.name)) for kind in CHILDREN), seconds=20)


def test_an_image_is_rolled_out_without_a_gap(cluster: KubeCluster, queue: OrderQueue) -> None:
    """A new pod works before the old one goes, no order is lost or told of twice."""
    cluster.apply(queue.processor())
    wait_condition(cluster, queue.name, "WorkersReady")
    orders = placed_orders(60)
    cluster.apply(queue.processor(image="example.com/patterns-k8s:v2"))
    for start in range(0, len(orders), 10):
        queue.send(orders[start : start + 10])
        assert ready_pods(cluster, queue.name)
    assert queue.wait_told(outcomes_of(orders)) == dict.fromkeys(outcomes_of(orders), 1)
    wait_condition(cluster, queue.name, "WorkersReady")
    assert {pod["spec"]["containers"][0]["image"] for pod in ready_pods(cluster, queue.name)} == {
        "example.com/patterns-k8s:v2"
    }


def test_an_image_that_does_not_start_leaves_the_old_pods_at_work(cluster: KubeCluster, queue: OrderQueue) -> None:
    """The rollout stands still, the status says why, and orders are decided all the same."""
    cluster.apply(queue.processor())
    wait_condition(cluster, queue.name, "WorkersReady")
    cluster.apply(queue.processor(image="example.com/patterns-k8s:v3"))
    wait_condition(cluster, queue.name, "RollingOut")
    orders = placed_orders(10)
    queue.send(orders)
    queue.wait_told(outcomes_of(orders))
    ready = wait_condition(cluster, queue.name, "ErrImagePull")
    assert ready["message"].startswith("1 of 1 pods ready, 1 pod: ")
    assert "example.com/patterns-k8s:v3" in ready["message"]
    cluster.apply(queue.processor(image="example.com/patterns-k8s:v2"))
    wait_condition(cluster, queue.name, "WorkersReady")


def test_a_deep_queue_has_more_pods_until_it_is_empty(cluster: KubeCluster, queue: OrderQueue) -> None:
    """Up at once, down after the cool-down, with events; what is wanted is declared."""
    few = {"replicas": {"min": 0, "max": 2}, "scaling": {"messagesPerPod": 75, "cooldownSeconds": 10}}
    cluster.apply(queue.processor(**few))
    wait_condition(cluster, queue.name, "WorkersReady")
    assert not live_pods(cluster, queue.name)
    orders = placed_orders(150)
    queue.send(orders)
    eventually(lambda: status(cluster, queue.name).get("replicas") == 2, seconds=15)
    queue.wait_told(outcomes_of(orders))
    eventually(lambda: status(cluster, queue.name).get("replicas") == 0, seconds=60)
    eventually(lambda: not live_pods(cluster, queue.name), seconds=30)
    told = cluster.kubectl("get", "events", f"--field-selector=involvedObject.name={queue.name}")
    assert "ScaledUp" in told
    assert "ScaledDown" in told
    assert cluster.kubectl("get", "orderprocessor", queue.name, "--output=jsonpath={.spec.workers}") == "0"


def test_it_is_listed_as_people_read_it(cluster: KubeCluster, queue: OrderQueue) -> None:
    """Printer columns by the short name, an explanation of each field, and a status that kubectl can wait for."""
    cluster.apply(queue.processor())
    cluster.kubectl("wait", f"op/{queue.name}", "--for=condition=Ready", "--timeout=60s", seconds=70)
    header, row = cluster.kubectl("get", "op", queue.name).splitlines()
    assert header.split() == ["NAME", "READY", "REASON", "PODS", "WANTED", "MESSAGES", "AGE"]
    assert row.split()[:6] == [queue.name, "True", "WorkersReady", "1", "1", "0"]
    assert "SUSPENDED" in cluster.kubectl("get", "patterns", "--output=wide")
    assert "How long fewer pods must have been enough" in cluster.kubectl("explain", "op.spec.scaling.cooldownSeconds")


def _uid(cluster: KubeCluster, kind: str, name: str) -> str:
    metadata = (cluster.get(kind, name) or {}).get("metadata", {})
    return "" if "deletionTimestamp" in metadata else str(metadata.get("uid", ""))


def _image(cluster: KubeCluster, name: str) -> str:
    return str(deployment(cluster, name)["spec"]["template"]["spec"]["containers"][0]["image"])


def _is_ending(pod: dict[str, object]) -> bool:
    metadata = pod["metadata"]
    return isinstance(metadata, dict) and "deletionTimestamp" in metadata
