"""Which containers are started again: after they have ended, and after the kubelet itself was."""

import time

from lightkube.models.core_v1 import Container, ContainerStatus
from lightkube.resources.core_v1 import Pod

from patterns_local.kubelet.container_state import ContainerRecord, Terminated
from patterns_local.kubelet.pod_parts import restart_policy_of, spec_of

__all__ = ["is_init", "is_sidecar", "record_from", "restarts_after"]

_KILLED = 137


def is_init(pod: Pod, container: Container) -> bool:
    """Whether it is one of the containers that run before the others."""
    return any(each.name == container.name for each in spec_of(pod).initContainers or ())


def is_sidecar(container: Container) -> bool:
    """Whether it is an init container that is not waited for and runs as long as the pod."""
    return container.restartPolicy == "Always"


def restarts_after(pod: Pod, container: Container, code: int) -> bool:
    """Return whether a container that ended with this exit code is started again."""
    policy = container.restartPolicy or restart_policy_of(pod)
    if is_init(pod, container) and not is_sidecar(container) and policy == "Always":
        policy = "OnFailure"
    return policy == "Always" or (policy == "OnFailure" and code != 0)


def record_from(pod: Pod, container: Container) -> ContainerRecord:
    """Return a container's record, which begins where an earlier kubelet's ended: its processes have ended with it."""
    record = ContainerRecord(container.name, container.image or "")
    before = _status_before(pod, container.name)
    if before is None or not before.containerID:
        return record
    ended = _ended(before)
    record.run = before.containerID.rpartition("/")[2]
    record.restarts = before.restartCount
    if restarts_after(pod, container, ended.exit_code):
        record.restarts += 1
        record.last = ended
    else:
        record.state = ended
    return record


def _ended(before: ContainerStatus) -> Terminated:
    now = time.time()
    known = before.state.terminated if before.state else None
    if known is None:
        running = before.state.running if before.state else None
        since = running.startedAt.timestamp() if running and running.startedAt else now
        return Terminated(_KILLED, since, now, "ContainerStatusUnknown", "the node ended, and its processes with it")
    since, until = (each.timestamp() if each else now for each in (known.startedAt, known.finishedAt))
    return Terminated(known.exitCode, since, until, known.reason or "", known.message or "")


def _status_before(pod: Pod, name: str) -> ContainerStatus | None:
    if pod.status is None:
        return None
    known = (*(pod.status.initContainerStatuses or ()), *(pod.status.containerStatuses or ()))
    return next((each for each in known if each.name == name), None)
