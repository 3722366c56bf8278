"""A pod's status from the states of its containers: pure, and nothing else decides what `kubectl get pods` shows."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from lightkube.resources.core_v1 import Pod

from patterns_local.kubelet.container_state import ContainerRecord, Running, State, Terminated, Waiting, timestamp
from patterns_local.kubelet.pod_parts import meta_of, restart_policy_of

__all__ = ["PodRecord", "phase_of", "status_of"]


@dataclass(slots=True)
class PodRecord:
    """One pod, from the kubelet's view.

    Attributes:
        address: its IP address, empty before it has one.
        node_address: the node's.
        started_at: when the kubelet took it, seconds since the epoch.
        init: its init containers.
        containers: its containers.
        failure: reason and message of a failure of the pod as a whole.
        transitions: for each condition its status and since when it has it, seconds since the epoch.
    """

    address: str
    node_address: str
    started_at: float
    init: Sequence[ContainerRecord] = ()
    containers: Sequence[ContainerRecord] = ()
    failure: tuple[str, str] | None = None
    transitions: dict[str, tuple[bool, float]] = field(default_factory=dict)


def phase_of(record: PodRecord, restart_policy: str) -> str:
    """Return the pod's phase, by a kubelet's rules."""
    if record.failure:
        return "Failed"
    if not _initialized(record):
        return "Failed" if restart_policy == "Never" and any(each.failed for each in record.init) else "Pending"
    states = record.containers
    if all(isinstance(each.state, Terminated) for each in states) and restart_policy != "Always":
        if all(each.succeeded for each in states):
            return "Succeeded"
        return "Failed" if restart_policy == "Never" else "Running"
    waits_for_the_first_time = any(isinstance(each.state, Waiting) and each.last is None for each in states)
    return "Pending" if waits_for_the_first_time else "Running"


def status_of(pod: Pod, record: PodRecord, now: float) -> dict[str, Any]:
    """Return the pod's status, ready to be sent as a strategic merge patch.

    Args:
        pod: for its restart policy.
        record: what is known; its transitions are brought up to date.
        now: seconds since the epoch.
    """
    phase = phase_of(record, restart_policy_of(pod))
    ready = phase == "Running" and all(each.ready for each in record.containers)
    facts = {
        "PodReadyToStartContainers": bool(record.address) and phase in {"Pending", "Running"},
        "Initialized": _initialized(record),
        "ContainersReady": ready,
        "Ready": ready,
    }
    reason, message = record.failure or (None, None)
    return {
        "phase": phase,
        "reason": reason,
        "message": message,
        "hostIP": record.node_address,
        "hostIPs": [{"ip": record.node_address}],
        "podIP": record.address or None,
        # Addresses are merged by default: a pod that another run of the kubelet gave one would have two.
        "podIPs": [{"ip": record.address}, {"$patch": "replace"}] if record.address else None,
        "startTime": _time(record.started_at),
        "conditions": [_condition(record, kind, fact, phase, now) for kind, fact in facts.items()],
        "initContainerStatuses": [_container(each) for each in record.init] or None,
        "containerStatuses": [_container(each) for each in record.containers],
        "observedGeneration": meta_of(pod).generation if pod.metadata else None,
    }


def _initialized(record: PodRecord) -> bool:
    return all(each.succeeded or each.started for each in record.init)


def _condition(record: PodRecord, kind: str, fact: bool, phase: str, now: float) -> dict[str, Any]:  # noqa: FBT001 - a condition is a fact
    before = record.transitions.get(kind)
    if before is None or before[0] != fact:
        record.transitions[kind] = (fact, now)
    condition: dict[str, Any] = {
        "type": kind,
        "status": str(fact),
        "lastTransitionTime": _time(record.transitions[kind][1]),
        "reason": None,
        "message": None,
    }
    if fact:
        return condition
    unready = [each.name for each in (record.init if kind == "Initialized" else record.containers) if not each.ready]
    if phase == "Succeeded":
        condition["reason"] = "PodCompleted"
    elif phase == "Failed":
        condition["reason"] = "PodFailed"
    elif kind in {"ContainersReady", "Ready"}:
        condition |= {"reason": "ContainersNotReady", "message": f"containers with unready status: {unready}"}
    elif kind == "Initialized":
        condition |= {"reason": "ContainersNotInitialized", "message": f"containers with incomplete status: {unready}"}
    return condition


def _container(record: ContainerRecord) -> dict[str, Any]:
    return {
        "name": record.name,
        "image": record.image,
        "imageID": f"process://{record.image}" if record.run else "",
        "containerID": f"process://{record.run}" if record.run else None,
        "state": _state(record.state, record.run),
        "lastState": _state(record.last, record.run) if record.last else {},
        "restartCount": record.restarts,
        "ready": record.ready,
        "started": record.started,
    }


def _state(state: State, run: str) -> dict[str, Any]:
    match state:
        case Waiting(reason, message):
            return {"waiting": {"reason": reason, "message": message or None}}
        case Running(since):
            return {"running": {"startedAt": _time(since)}}
        case Terminated(code, since, until, _, message):
            ended = {
                "exitCode": code,
                "reason": state.word,
                "message": message or None,
                "startedAt": _time(since),
                "finishedAt": _time(until),
                "containerID": f"process://{run}" if run else None,
            }
            return {"terminated": ended}


def _time(seconds: float) -> str:
    return timestamp(seconds).strftime("%Y-%m-%dT%H:%M:%SZ")
