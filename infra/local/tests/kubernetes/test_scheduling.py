"""Pods are bound by kube-scheduler: what would stay Pending on a cluster of this size stays Pending, with its words."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

Namespace = Any
Make = Callable[..., dict[str, Any]]

pytestmark = pytest.mark.integration

NODE = "patterns-local"
ELSEWHERE = [{"matchExpressions": [{"key": "topology.kubernetes.io/zone", "operator": "In", "values": ["eu-west-1a"]}]}]
ABSENT = {"topologyKey": "kubernetes.io/hostname", "labelSelector": {"matchLabels": {"app": "absent"}}}
RACKS = {"topologyKey": "rack", "maxSkew": 1, "whenUnsatisfiable": "DoNotSchedule"}


def _requests(resource: str, amount: str) -> dict[str, Any]:
    return {"container": {"resources": {"requests": {resource: amount}, "limits": {resource: amount}}}}


NEVER_FIT: dict[str, tuple[str, dict[str, Any]]] = {
    "processors": ("Insufficient cpu", _requests("cpu", "500")),
    "memory": ("Insufficient memory", _requests("memory", "64Gi")),
    "disk": ("Insufficient ephemeral-storage", _requests("ephemeral-storage", "1Ti")),
    "gpu": ("Insufficient nvidia.com/gpu", _requests("nvidia.com/gpu", "1")),
    "selector": ("didn't match Pod's node affinity/selector", {"nodeSelector": {"disk": "fast"}}),
    "affinity": (
        "didn't match Pod's node affinity/selector",
        {
            "affinity": {
                "nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": ELSEWHERE}}
            }
        },
    ),
    "company": (
        "didn't match pod affinity rules",
        {"affinity": {"podAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [ABSENT]}}},
    ),
    "spread": (
        "didn't match pod topology spread constraints",
        {"topologySpreadConstraints": [RACKS | {"labelSelector": ABSENT["labelSelector"]}]},
    ),
}


def _pod(namespace: Namespace, job: str) -> dict[str, Any] | None:
    found = namespace.get("pods", **{"job-name": job})["items"]
    return found[0] if found else None


def _unschedulable(namespace: Namespace, job: str) -> str:
    """Return why a job's pod is Pending, empty as long as the scheduler has not said so."""
    pod = _pod(namespace, job)
    if pod is None:
        return ""
    conditions = {each["type"]: each for each in pod["status"].get("conditions", ())}
    refused = conditions.get("PodScheduled", {})
    if (refused.get("status"), refused.get("reason")) != ("False", "Unschedulable"):
        return ""
    assert pod["status"]["phase"] == "Pending"
    assert "nodeName" not in pod["spec"]
    return str(refused["message"])


def test_what_does_not_fit_stays_pending_with_the_reason(namespace: Namespace, job: Make) -> None:
    """In the pod's condition and in an event, while a pod that fits runs beside them."""
    namespace.apply(*(job(name, "exit", "0", **pod) for name, (_, pod) in NEVER_FIT.items()), job("fits", "exit", "0"))
    for name, (reason, _) in NEVER_FIT.items():
        assert reason in namespace.eventually(lambda name=name: _unschedulable(namespace, name))
    namespace.kubectl("wait", "--for=condition=Complete", "job/fits", "--timeout=60s")
    told = namespace.eventually(lambda: _refusals(namespace) if len(_refusals(namespace)) == len(NEVER_FIT) else None)
    for name, (reason, _) in NEVER_FIT.items():
        pod = _pod(namespace, name)
        assert pod
        assert reason in told[pod["metadata"]["name"]]


def _refusals(namespace: Namespace) -> dict[str, str]:
    """Return the scheduler's events by the pod that each is about."""
    events = namespace.get("events")["items"]
    return {
        each["involvedObject"]["name"]: each["message"]
        for each in events
        if (each["reason"], each["reportingComponent"]) == ("FailedScheduling", "default-scheduler")
    }


@contextmanager
def _changed(namespace: Namespace, change: tuple[str, ...], back: tuple[str, ...]) -> Iterator[None]:
    """Change the one node for the block."""
    namespace.kubectl(*change)
    try:
        yield
    finally:
        namespace.kubectl(*back)


@pytest.mark.parametrize(
    ("change", "back", "reason"),
    [
        (("cordon", NODE), ("uncordon", NODE), "were unschedulable"),
        (
            ("taint", "nodes", NODE, "team=other:NoSchedule"),
            ("taint", "nodes", NODE, "team=other:NoSchedule-"),
            "had untolerated taint",
        ),
    ],
    ids=["cordon", "taint"],
)
def test_a_node_that_takes_no_pods_gets_none_until_it_does(
    namespace: Namespace, job: Make, change: tuple[str, ...], back: tuple[str, ...], reason: str
) -> None:
    """Only a pod that tolerates it runs there meanwhile."""
    tolerant = [{"operator": "Exists"}]
    with _changed(namespace, change, back):
        namespace.apply(job("waits", "exit", "0"), job("tolerates", "exit", "0", tolerations=tolerant))
        assert reason in namespace.eventually(lambda: _unschedulable(namespace, "waits"))
        namespace.kubectl("wait", "--for=condition=Complete", "job/tolerates", "--timeout=60s")
    namespace.kubectl("wait", "--for=condition=Complete", "job/waits", "--timeout=60s")


def test_the_node_states_what_it_offers(namespace: Namespace) -> None:
    """The same on every machine, so that a manifest that fits here fits there."""
    status = namespace.get("node", NODE)["status"]
    assert status["capacity"] == {"cpu": "8", "memory": "32Gi", "ephemeral-storage": "80Gi", "pods": "58"}
    assert status["allocatable"] == {"cpu": "7910m", "memory": "31775Mi", "ephemeral-storage": "71Gi", "pods": "58"}
