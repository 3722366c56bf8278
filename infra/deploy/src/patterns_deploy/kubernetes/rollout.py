"""Waiting for the operator, and saying why it does not come."""

import time
from collections.abc import Callable, Iterator
from typing import Any

from patterns_deploy.errors import DeployFailed
from patterns_deploy.kubernetes.kubectl import Kubectl, KubectlFailed
from patterns_infra.kubernetes_names import OPERATOR, OPERATOR_NAMESPACE

__all__ = ["explain", "wait_for_operator"]

_POLL = 0.5
_LINES = 15


def wait_for_operator(kubectl: Kubectl, *, seconds: float, say: Callable[[str], None]) -> None:
    """Wait until as many operators as wanted are ready, all of them as declared last.

    Args:
        kubectl: the cluster.
        seconds: how long to wait.
        say: is told what is being waited for, whenever that changes.

    Raises:
        DeployFailed: they were not ready in time; with what their pods, events and logs say.
    """
    deadline, said = time.monotonic() + seconds, ""
    while True:
        deployment = kubectl.get("deployment", OPERATOR, f"--namespace={OPERATOR_NAMESPACE}")
        waiting = _waits_for(deployment)
        if not waiting:
            return
        if waiting != said:
            say(waiting)
            said = waiting
        if time.monotonic() >= deadline:
            line = f"the operator was not ready within {seconds:g} s: {waiting}"
            raise DeployFailed(line, detail=explain(kubectl))
        time.sleep(_POLL)


def _waits_for(deployment: dict[str, Any] | None) -> str:
    """Return what a rollout waits for, empty when it is through."""
    if deployment is None:
        return f"there is no deployment {OPERATOR}"
    status, wanted = deployment.get("status", {}), deployment["spec"]["replicas"]
    if status.get("observedGeneration", 0) < deployment["metadata"]["generation"]:
        return "the cluster has not looked at it yet"
    for part, what in (("updatedReplicas", "new pods"), ("availableReplicas", "ready pods")):
        if status.get(part, 0) < wanted:
            return f"{status.get(part, 0)} of {wanted} {what}"
    older = status.get("replicas", 0) - status.get("updatedReplicas", 0)
    return f"{older} old pods to end" if older else ""


def explain(kubectl: Kubectl) -> str:
    """Return what the operator's pods are at: their state, the last warnings about them, the end of their logs."""
    try:
        return "\n".join(_explained(kubectl))
    except KubectlFailed as failed:
        return str(failed)


def _explained(kubectl: Kubectl) -> Iterator[str]:
    selector = f"--selector=app.kubernetes.io/name={OPERATOR}"
    pods = kubectl.items("pods", selector, f"--namespace={OPERATOR_NAMESPACE}")
    if not pods:
        yield from _events(kubectl, "ReplicaSet")
    for pod in pods:
        name = pod["metadata"]["name"]
        yield f"pod {name}: {_state(pod)}"
        yield from _events(kubectl, "Pod", name)
        yield from _log(kubectl, name)


def _state(pod: dict[str, Any]) -> str:
    status = pod.get("status", {})
    for container in status.get("containerStatuses", ()):
        state = container.get("state", {})
        now = state.get("waiting") or state.get("terminated") or {}
        last = container.get("lastState", {}).get("terminated", {})
        restarts = f", restarted {container['restartCount']} times" if container.get("restartCount") else ""
        code = f", last exit code {last['exitCode']}" if last else ""
        if now:
            return f"{now.get('reason', '')} {now.get('message', '')}".strip() + restarts + code
    unmet = [x for x in status.get("conditions", ()) if x["status"] != "True" and x.get("message")]
    return unmet[0]["message"] if unmet else str(status.get("phase", "Unknown"))


def _events(kubectl: Kubectl, kind: str, name: str = "") -> Iterator[str]:
    chosen = f"--field-selector=involvedObject.kind={kind},type=Warning"
    chosen += f",involvedObject.name={name}" if name else ""
    for event in kubectl.items("events", chosen, f"--namespace={OPERATOR_NAMESPACE}")[-3:]:
        yield f"  {event.get('reason', '')}: {event.get('message', '')}"


def _log(kubectl: Kubectl, name: str) -> Iterator[str]:
    for which in ((), ("--previous",)):
        try:
            text = kubectl.run("logs", name, f"--namespace={OPERATOR_NAMESPACE}", f"--tail={_LINES}", *which)
        except KubectlFailed:  # it never started: its state says why
            continue
        if text.strip():
            yield from (f"  | {line}" for line in text.strip().splitlines())
            return
