"""Looking at OrderProcessors and what belongs to them, as an operator's user does."""

from collections.abc import Mapping
from typing import Any

from tests.kube_cluster import KubeCluster
from tests.waiting import eventually

__all__ = [
    "child",
    "condition",
    "deployment",
    "live_pods",
    "ready_pods",
    "remove",
    "status",
    "wait_condition",
    "wait_pods",
]


def status(cluster: KubeCluster, name: str) -> dict[str, Any]:
    """Return the status, empty while there is none."""
    found: dict[str, Any] = (cluster.get("orderprocessor", name) or {}).get("status", {})
    return found


def condition(cluster: KubeCluster, name: str, kind: str = "Ready") -> dict[str, Any]:
    """Return one of its conditions, empty while there is none."""
    conditions = status(cluster, name).get("conditions", ())
    return next((each for each in conditions if each["type"] == kind), {})


def wait_condition(
    cluster: KubeCluster, name: str, reason: str, *, kind: str = "Ready", seconds: float = 60
) -> dict[str, Any]:
    """Wait until a condition of the newest generation has this reason, and return it."""

    def look() -> dict[str, Any] | None:
        found = cluster.get("orderprocessor", name) or {}
        generation = found.get("metadata", {}).get("generation")
        for each in found.get("status", {}).get("conditions", ()):
            if each["type"] == kind:
                seen.update(each)
                if each["reason"] == reason and each["observedGeneration"] == generation:
                    return dict(each)
        return None

    seen: dict[str, Any] = {}
    try:
        return eventually(look, seconds=seconds, pause=0.2) or {}
    except AssertionError as error:
        raise AssertionError(f"{name} is not {reason} within {seconds:g} s but {seen}") from error


def child(name: str) -> str:
    """Return the name of an OrderProcessor's children, but for its Jobs."""
    return f"{name}-workers"


def deployment(cluster: KubeCluster, name: str) -> dict[str, Any]:
    """Return its Deployment."""
    found = cluster.get("deployment", child(name))
    assert found is not None
    return found


def live_pods(cluster: KubeCluster, name: str, component: str = "worker") -> list[dict[str, Any]]:
    """Return its pods, those that are ending included."""
    return cluster.list("pods", instance=name, component=component)


def ready_pods(cluster: KubeCluster, name: str) -> list[dict[str, Any]]:
    """Return its workers that are ready and not ending."""
    return [pod for pod in live_pods(cluster, name) if _is_ready(pod)]


def wait_pods(cluster: KubeCluster, name: str, count: int, *, seconds: float = 60) -> list[dict[str, Any]]:
    """Wait until exactly so many of its pods are there, all of them ready, and return them."""

    def look() -> bool:
        pods = live_pods(cluster, name)
        return len(pods) == count and all(map(_is_ready, pods))

    eventually(look, seconds=seconds, pause=0.2)
    return live_pods(cluster, name)


def remove(cluster: KubeCluster, name: str) -> None:
    """Delete an OrderProcessor without waiting for an operator or for its workers, which still finish."""
    cluster.kubectl("delete", "orderprocessor", name, "--ignore-not-found", "--wait=false")
    unheld = '--patch={"metadata": {"finalizers": null}}'
    cluster.kubectl("patch", "orderprocessor", name, "--type=merge", unheld, fails=None)


def _is_ready(pod: Mapping[str, Any]) -> bool:
    conditions = pod["status"].get("conditions", ())
    ready = any(each["type"] == "Ready" and each["status"] == "True" for each in conditions)
    return ready and "deletionTimestamp" not in pod["metadata"]
