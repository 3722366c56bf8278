"""What pods that are not ready say of themselves, and which of it explains most."""

from itertools import permutations
from typing import Any

import pytest

from patterns_k8s.operator.desired.pod_causes import REASONS, Cause, cause_of

ACCOUNT = "orders-workers"


def pod(*, state: dict[str, Any] | None = None, ready: bool = False, **more: Any) -> dict[str, Any]:  # noqa: ANN401 - parts of a container's status
    """Return a pod with one container in this state."""
    container = {"name": "worker", "ready": ready, "image": "x:1", "state": state or {}, **more}
    return {
        "metadata": {"name": "orders-workers-1"},
        "spec": {"containers": [{"name": "worker", "resources": {"limits": {"memory": "256Mi"}}}]},
        "status": {
            "phase": "Running" if ready else "Pending",
            "conditions": [{"type": "Ready", "status": str(ready)}, {"type": "PodScheduled", "status": "True"}],
            "containerStatuses": [container],
        },
    }


def waiting(reason: str, message: str = "") -> dict[str, Any]:
    """Return a pod whose container waits."""
    return pod(state={"waiting": {"reason": reason, "message": message}})


def crashed(message: str, *, reason: str = "Error", code: int = 1) -> dict[str, Any]:
    """Return a pod whose container ended and is to begin again."""
    ended = {"terminated": {"exitCode": code, "reason": reason, "message": message}}
    backoff = {"waiting": {"reason": "CrashLoopBackOff", "message": "back-off 40s restarting failed container"}}
    return pod(state=backoff, lastState=ended, restartCount=3)


def unscheduled(message: str) -> dict[str, Any]:
    """Return a pod that no node takes."""
    condition = {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": message}
    return {"metadata": {"name": "x"}, "spec": {}, "status": {"phase": "Pending", "conditions": [condition]}}


def rejected(reason: str, message: str) -> dict[str, Any]:
    """Return a pod that its node has failed."""
    status = {"phase": "Failed", "reason": reason, "message": message}
    return {"metadata": {"name": "x"}, "spec": {}, "status": status}


READY = pod(state={"running": {}}, ready=True)
NO_NODE = unscheduled("0/2 nodes are available: 2 Insufficient cpu.")


@pytest.mark.parametrize(
    ("found", "reason", "message"),
    [
        (waiting("ErrImagePull", "x:1: not found"), "ErrImagePull", "x:1: not found"),
        (waiting("ImagePullBackOff", "Back-off pulling image"), "ErrImagePull", "Back-off pulling image"),
        (waiting("ImagePullBackOff"), "ErrImagePull", "cannot pull x:1"),
        (waiting("InvalidImageName", "bad"), "InvalidImageName", "bad"),
        (waiting("CreateContainerConfigError", 'secret "a" not found'), "CreateContainerConfigError", 'secret "a"'),
        (waiting("RunContainerError", "exec: no such file"), "RunContainerError", "exec: no such file"),
        (waiting("SomethingNew", "why"), "SomethingNew", "why"),
        (waiting("not a word", "why"), "PodsNotReady", "why"),
        (NO_NODE, "Unschedulable", "2 Insufficient cpu"),
        (crashed("KeyError: 'STAGE'"), "CrashLoopBackOff", "exit code 1: KeyError: 'STAGE'"),
        (crashed("", reason="Completed", code=0), "CrashLoopBackOff", "exit code 0, without a last word (Completed)"),
        (crashed("", reason="OOMKilled", code=137), "OOMKilled", "killed at the memory limit of 256Mi"),
        (crashed("x: Unable to locate credentials", code=75), "NoCredentials", "no Pod Identity association"),
        (
            crashed("Error when retrieving credentials from container-role: 404"),
            "NoCredentials",
            f"the service account {ACCOUNT}",
        ),
        (
            crashed("An error occurred (AccessDenied) when calling the GetQueueAttributes operation"),
            "AccessDenied",
            "GetQueueAttributes",
        ),
    ],
)
def test_a_pod_says_why_it_is_not_ready(found: dict[str, Any], reason: str, message: str) -> None:
    """In Kubernetes' words; of AWS credentials in botocore's."""
    cause = cause_of([found], wanted=1, account=ACCOUNT, image="x:1")
    assert cause is not None
    assert (cause.reason, cause.pods) == (reason, 1)
    assert message in cause.message
    assert "back-off 40s" not in cause.message  # it would be another message after every restart


@pytest.mark.parametrize(
    "found",
    [
        READY,
        waiting("ContainerCreating"),
        pod(state={"running": {}}, started=True),
        pod(state={"running": {}}, started=True, lastState={"terminated": {"exitCode": 1}}),  # it has come up since
        {**crashed("x"), "metadata": {"name": "x", "deletionTimestamp": "2026-11-30T12:00:00Z"}},
        {"metadata": {"name": "x"}, "spec": {}, "status": {}},
        {"metadata": {"name": "x"}, "spec": {}, "status": {"phase": "Failed"}},
    ],
)
def test_a_pod_that_says_nothing_is_no_cause(found: dict[str, Any]) -> None:
    """Ready, on its way, ending, or not looked at by any node yet."""
    assert cause_of([found], wanted=1, account=ACCOUNT, image="x:1") is None


def test_a_start_that_failed_before_is_a_cause_while_the_next_one_starts() -> None:
    """Otherwise the condition would change with every restart."""
    ended = {"terminated": {"exitCode": 1, "reason": "Error", "message": "no"}}
    states: list[dict[str, Any]] = [{"running": {}}, {}, ended]
    for state in states:
        found = pod(state=state, started=False, lastState=ended)
        assert cause_of([found], wanted=1, account=ACCOUNT, image="x:1") == Cause(
            "CrashLoopBackOff", "exit code 1: no", 1
        )


def test_the_cause_of_most_pods_is_told() -> None:
    """Of as many the one that explains more; in whatever order they are listed."""
    few = [READY, NO_NODE, crashed("b"), crashed("a"), crashed("b"), unscheduled("other")]
    for pods in permutations(few):
        assert cause_of(pods, wanted=6, account=ACCOUNT, image="x:1") == Cause("CrashLoopBackOff", "exit code 1: b", 3)
    for pods in permutations([NO_NODE, crashed("z"), unscheduled("y"), crashed("a")]):
        assert cause_of(pods, wanted=4, account=ACCOUNT, image="x:1") == Cause("CrashLoopBackOff", "exit code 1: a", 2)


def of(found: dict[str, Any], *, image: str = "x:1", rollout: str = "", made: str = "") -> dict[str, Any]:
    """Return the pod as one of this rollout."""
    metadata = {"name": "x", "labels": {"pod-template-hash": rollout}, "creationTimestamp": made}
    return {**found, "metadata": metadata, "spec": {"containers": [{"name": "worker", "image": image}]}}


def test_pods_of_the_newest_rollout_count() -> None:
    """What those before it suffered from may be what it fixes: another image, or the same with other settings."""
    old = [of(crashed("old"), image="x:0", rollout="a", made="2026-11-30T12:00:00Z")] * 3
    middle = [of(crashed("middle"), rollout="c", made="2026-11-30T12:01:00Z")] * 2
    newest = [of(crashed("new"), rollout="b", made="2026-11-30T12:02:00Z")]
    cause = cause_of([*old, *newest, *middle], wanted=3, account=ACCOUNT, image="x:1")
    assert cause == Cause("CrashLoopBackOff", "exit code 1: new", 1)
    starting = [of(waiting("ContainerCreating"), rollout="b", made="2026-11-30T12:02:00Z")]
    assert cause_of([*old, *middle, *starting], wanted=1, account=ACCOUNT, image="x:1") is None
    cause = cause_of(old, wanted=3, account=ACCOUNT, image="mirror/x:1")
    assert cause == Cause("CrashLoopBackOff", "exit code 1: old", 3)


def test_a_sidecars_cause_counts() -> None:
    """Of one pod the container that explains most."""
    found = crashed("no")
    found["status"]["initContainerStatuses"] = [
        {"name": "agent", "ready": False, "state": {"waiting": {"reason": "ImagePullBackOff", "message": "agent:1"}}}
    ]
    assert cause_of([found], wanted=1, account=ACCOUNT, image="x:1") == Cause("CrashLoopBackOff", "exit code 1: no", 1)
    found["status"]["containerStatuses"][0] = {"name": "worker", "ready": False, "state": {}}
    assert cause_of([found], wanted=1, account=ACCOUNT, image="x:1") == Cause("ErrImagePull", "agent:1", 1)


def test_pods_that_nodes_have_failed_explain_why_there_are_too_few() -> None:
    """Not when as many are there: what failed before is kept for long."""
    evicted = rejected("Evicted", "The node was low on resource: memory.")
    assert cause_of([evicted], wanted=1, account=ACCOUNT, image="x:1") == Cause(
        "Evicted", "The node was low on resource: memory.", 1
    )
    assert cause_of([evicted, waiting("ContainerCreating")], wanted=1, account=ACCOUNT, image="x:1") is None
    assert cause_of([], wanted=1, account=ACCOUNT, image="x:1") is None


def test_reasons_are_words_of_a_condition() -> None:
    """Each once, as the resource's schema wants them."""
    assert len(set(REASONS)) == len(REASONS)
    assert all(reason.isalpha() and len(reason) <= 64 for reason in REASONS)
