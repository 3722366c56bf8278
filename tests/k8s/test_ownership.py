"""The operator writes and deletes what is its own, on a real API server: names that others have, orphans, upgrades."""

from typing import Any

import pytest
from tests.kube_cluster import NAMESPACE, KubeCluster
from tests.operators import Operators
from tests.order_processors import child, live_pods, ready_pods, status, wait_condition, wait_pods
from tests.order_queue import OrderQueue, outcomes_of, placed_orders
from tests.waiting import eventually

pytestmark = pytest.mark.integration

KINDS = ("serviceaccount", "networkpolicy", "poddisruptionbudget", "deployment")
DAYS = {"from": "2026-03-01", "to": "2026-03-02"}
Json = dict[str, Any]


def deployment_of_others(name: str, **labels: str) -> Json:
    """Return a Deployment with two pods that wait for nothing but their end."""
    selector = {"app": "of-others", **labels}
    container = {"name": "waits", "image": "example.com/patterns-k8s:v1", "command": ["sleep", "600"]}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "namespace": NAMESPACE},
        "spec": {
            "replicas": 2,
            "selector": {"matchLabels": selector},
            "template": {
                "metadata": {"labels": selector},
                "spec": {"containers": [container], "terminationGracePeriodSeconds": 1, **_RESTRICTED_POD},
            },
        },
    }


_RESTRICTED_POD: Json = {
    "securityContext": {"runAsNonRoot": True, "runAsUser": 10001, "seccompProfile": {"type": "RuntimeDefault"}},
}


def kept(cluster: KubeCluster, kind: str, name: str) -> tuple[str, Any, Any, Any]:
    """Return what must not change of an object that is another's: all but what controllers write."""
    found = cluster.get(kind, name)
    assert found is not None, f"{kind} {name} is gone"
    metadata = found["metadata"]
    return metadata["uid"], found.get("spec"), metadata.get("labels"), metadata.get("ownerReferences")


@pytest.mark.usefixtures("operator")
@pytest.mark.parametrize("name", ["patterns-operator", "web", "default"])
def test_a_name_that_others_have_is_harmless(cluster: KubeCluster, queue: OrderQueue, name: str) -> None:
    """An operator's of a version before, another Deployment, the namespace's account: all stay as they are."""
    if name != "default":
        cluster.apply(deployment_of_others(name))
    theirs = [(kind, name) for kind in KINDS if cluster.get(kind, name)]
    assert theirs
    before = {each: kept(cluster, *each) for each in theirs}
    processor = queue.processor(suspend=True)
    processor["metadata"]["name"] = name
    cluster.apply(processor)
    wait_condition(cluster, name, "Suspended")
    assert all(cluster.get(kind, child(name)) for kind in KINDS)
    cluster.kubectl("delete", "orderprocessor", name, "--timeout=60s", seconds=70)
    eventually(lambda: not any(cluster.get(kind, child(name)) for kind in KINDS), seconds=30)
    assert {each: kept(cluster, *each) for each in theirs} == before
    if name != "default":
        cluster.kubectl("delete", "deployment", name)


@pytest.mark.usefixtures("operator")
@pytest.mark.parametrize("kind", ["deployment", "serviceaccount"])
def test_a_taken_name_is_said_and_left(cluster: KubeCluster, queue: OrderQueue, kind: str) -> None:
    """With whose it is; not even a deletion touches it, and workers come when the name is free."""
    name = child(queue.name)
    theirs = deployment_of_others(name)
    if kind == "serviceaccount":
        theirs = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": name, "namespace": NAMESPACE}}
    cluster.apply(theirs)
    before = kept(cluster, kind, name)
    cluster.apply(queue.processor())
    ready = wait_condition(cluster, queue.name, "NameTaken")
    assert ready["status"] == "False"
    assert ready["message"].startswith(f"{theirs['kind']} {name}: exists and ")
    assert not live_pods(cluster, queue.name)
    cluster.apply(queue.processor(suspend=True))
    wait_condition(cluster, queue.name, "NameTaken")
    cluster.kubectl("delete", "orderprocessor", queue.name, "--timeout=30s", seconds=40)
    assert kept(cluster, kind, name) == before
    cluster.apply(queue.processor())
    wait_condition(cluster, queue.name, "NameTaken")
    cluster.kubectl("delete", kind, name)
    wait_condition(cluster, queue.name, "WorkersReady")


@pytest.mark.usefixtures("operator")
def test_orphans_go_on_and_are_adopted(cluster: KubeCluster, queue: OrderQueue) -> None:
    """The same pods, and the same Job with its state, whatever becomes of the OrderProcessor."""
    endless = queue.processor(backfill=[DAYS])
    cluster.apply(endless)
    wait_condition(cluster, queue.name, "WorkersReady")
    job = f"{queue.name}-backfill-20260301-20260302"
    # Without an orders table it fails, and is tried again.
    eventually(lambda: cluster.get("job", job), seconds=20)
    before = {pod["metadata"]["uid"] for pod in wait_pods(cluster, queue.name, 1)}
    jobs = kept(cluster, "job", job)[0]
    cluster.kubectl("delete", "orderprocessor", queue.name, "--cascade=orphan", "--timeout=30s", seconds=40)
    for kind in KINDS:
        assert not kept(cluster, kind, child(queue.name))[3], kind
    orders = placed_orders(5)
    queue.send(orders)
    queue.wait_told(outcomes_of(orders))
    assert {pod["metadata"]["uid"] for pod in wait_pods(cluster, queue.name, 1)} == before

    cluster.apply(endless)
    wait_condition(cluster, queue.name, "WorkersReady")
    owner = (cluster.get("orderprocessor", queue.name) or {})["metadata"]["uid"]
    children = [*((kind, child(queue.name)) for kind in KINDS), ("job", job)]
    eventually(lambda: all(_owners(cluster, *each) == [owner] for each in children), seconds=20)
    assert {pod["metadata"]["uid"] for pod in wait_pods(cluster, queue.name, 1)} == before
    assert kept(cluster, "job", job)[0] == jobs
    eventually(lambda: _state(cluster, queue) == _state_of_job(cluster, job), seconds=30)


def test_children_of_a_version_before_are_replaced_without_a_gap(
    cluster: KubeCluster, operators: Operators, queue: OrderQueue
) -> None:
    """Old pods work until new ones do; then nothing with an old name is left."""
    with operators.running():
        cluster.apply(queue.processor(replicas={"min": 1, "max": 3}))
        wait_condition(cluster, queue.name, "WorkersReady")
    _give_old_children(cluster, queue)
    eventually(lambda: len(_old_pods(cluster, queue)) == 2, seconds=30)
    with operators.running():

        def replaced() -> bool:
            # Old ones first: where they are gone, new ones were ready before.
            old, new = _old_pods(cluster, queue), _new_pods(cluster, queue)
            assert old or new, "no worker is ready"
            return not any(cluster.get(kind, queue.name) for kind in KINDS) and not old

        eventually(replaced, seconds=120)
        wait_condition(cluster, queue.name, "WorkersReady")
        # It began with as many pods as there were, and will have fewer after the cool-down.
        told = cluster.kubectl("get", "events", f"--field-selector=involvedObject.name={queue.name}")
        assert f"Deployment {child(queue.name)} took the place of {queue.name}" in told
        orders = placed_orders(5)
        queue.send(orders)
        queue.wait_told(outcomes_of(orders))


def _give_old_children(cluster: KubeCluster, queue: OrderQueue) -> None:
    """Name the children as a version before did, with two pods that are ready at once and decide nothing."""
    made = []
    for kind in KINDS:
        found = cluster.get(kind, child(queue.name))
        assert found is not None
        metadata = {key: found["metadata"][key] for key in ("namespace", "labels", "ownerReferences")}
        old = {**found, "metadata": {**metadata, "name": queue.name}}
        old.pop("status", None)
        if kind == "deployment":
            old["spec"]["replicas"] = 2
            pod = old["spec"]["template"]["spec"]
            pod["serviceAccountName"] = pod["serviceAccount"] = queue.name
            container = pod["containers"][0]
            container["command"] = ["sleep", "600"]
            for name in ("startupProbe", "livenessProbe", "readinessProbe"):
                del container[name]
        made.append(old)
    cluster.kubectl("delete", ",".join(KINDS), child(queue.name))
    cluster.apply(*made)


def _old_pods(cluster: KubeCluster, queue: OrderQueue) -> list[Json]:
    return [pod for pod in ready_pods(cluster, queue.name) if pod["spec"]["serviceAccountName"] == queue.name]


def _new_pods(cluster: KubeCluster, queue: OrderQueue) -> list[Json]:
    return [pod for pod in ready_pods(cluster, queue.name) if pod["spec"]["serviceAccountName"] == child(queue.name)]


def _owners(cluster: KubeCluster, kind: str, name: str) -> list[str]:
    return [each["uid"] for each in kept(cluster, kind, name)[3] or ()]


def _state(cluster: KubeCluster, queue: OrderQueue) -> list[str]:
    return [each["state"] for each in status(cluster, queue.name).get("backfills", ())]


def _state_of_job(cluster: KubeCluster, name: str) -> list[str]:
    conditions = (cluster.get("job", name) or {})["status"].get("conditions", ())
    met = {each["type"] for each in conditions if each["status"] == "True"}
    return ["Complete" if "Complete" in met else "Failed" if "Failed" in met else "Running"]
