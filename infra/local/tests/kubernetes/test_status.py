"""What a pod's status says follows from its containers' states alone."""

import itertools

import msgspec
import pytest
from lightkube.resources.core_v1 import Pod

from patterns_local.kubelet.container_state import ContainerRecord, Running, State, Terminated, Waiting
from patterns_local.kubelet.status import PodRecord, phase_of, status_of

RUNS = Running(since=10.0)
GOOD = Terminated(0, since=10.0, until=20.0)
BAD = Terminated(1, since=10.0, until=20.0)
WAITS = Waiting("PodInitializing")


def _containers(*states: State, ready: bool = True) -> list[ContainerRecord]:
    return [
        ContainerRecord(f"c{number}", "image", state, ready=ready and isinstance(state, Running))
        for number, state in enumerate(states)
    ]


def _pod(policy: str = "Always") -> Pod:
    meta = {"name": "p", "namespace": "n", "uid": "u", "generation": 3}
    return msgspec.convert(type=Pod, obj={"metadata": meta, "spec": {"containers": [], "restartPolicy": policy}})


def _record(*states: State, **given: object) -> PodRecord:
    return PodRecord("127.1.0.1", "127.0.0.1", 5.0, containers=_containers(*states), **given)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("states", "policy", "phase"),
    [
        ((WAITS,), "Always", "Pending"),
        ((RUNS, WAITS), "Always", "Pending"),
        ((RUNS, RUNS), "Always", "Running"),
        ((RUNS, GOOD), "Never", "Running"),
        ((GOOD, GOOD), "Never", "Succeeded"),
        ((GOOD, GOOD), "OnFailure", "Succeeded"),
        ((GOOD, BAD), "Never", "Failed"),
        ((GOOD, BAD), "OnFailure", "Running"),
        ((GOOD, BAD), "Always", "Running"),
    ],
)
def test_the_phase_is_the_one_that_a_kubelet_gives(states: tuple[State, ...], policy: str, phase: str) -> None:
    """The rules are Kubernetes' own (pod lifecycle)."""
    for order in itertools.permutations(states):
        assert phase_of(_record(*order), policy) == phase


def test_waiting_between_two_runs_is_running() -> None:
    """CrashLoopBackOff is a state of a container; its pod runs."""
    record = _record(Waiting("CrashLoopBackOff"))
    record.containers[0].last = BAD
    assert phase_of(record, "Always") == "Running"


@pytest.mark.parametrize(
    ("state", "policy", "phase"),
    [(RUNS, "Never", "Pending"), (GOOD, "Never", "Running"), (BAD, "Never", "Failed"), (BAD, "Always", "Pending")],
)
def test_init_containers_come_before_everything(state: State, policy: str, phase: str) -> None:
    """Until all of them have succeeded the pod is pending; without a second try one failure is its end."""
    assert phase_of(_record(RUNS, init=_containers(state)), policy) == phase


def test_a_failure_of_the_pod_is_said_with_its_reason() -> None:
    """As for a deadline that is over."""
    status = status_of(_pod("Never"), _record(BAD, failure=("DeadlineExceeded", "too long")), 30.0)
    assert (status["phase"], status["reason"], status["message"]) == ("Failed", "DeadlineExceeded", "too long")


def test_a_condition_keeps_the_time_of_its_last_change() -> None:
    """Reporting again changes nothing; a change is stamped with its moment."""
    record = _record(RUNS)
    record.containers[0].ready = False
    times = []
    for now, ready in ((100.0, False), (101.0, False), (102.0, True), (103.0, True)):
        record.containers[0].ready = ready
        conditions = {each["type"]: each for each in status_of(_pod(), record, now)["conditions"]}
        times.append((conditions["Ready"]["status"], conditions["Ready"]["lastTransitionTime"]))
    assert times == [
        ("False", "1970-01-01T00:01:40Z"),
        ("False", "1970-01-01T00:01:40Z"),
        ("True", "1970-01-01T00:01:42Z"),
        ("True", "1970-01-01T00:01:42Z"),
    ]


def test_who_is_not_ready_is_named() -> None:
    """For whoever reads `kubectl describe`."""
    record = _record(RUNS, RUNS)
    record.containers[1].ready = False
    ready = next(each for each in status_of(_pod(), record, 1.0)["conditions"] if each["type"] == "Ready")
    assert ready["message"] == "containers with unready status: ['c1']"


def test_a_container_shows_how_it_ended_the_time_before() -> None:
    """Exit code, reason and times."""
    record = _record(RUNS)
    record.containers[0].last, record.containers[0].restarts, record.containers[0].run = BAD, 2, "abc"
    shown = status_of(_pod(), record, 1.0)["containerStatuses"][0]
    assert shown["restartCount"] == 2
    assert shown["containerID"] == "process://abc"
    assert shown["lastState"]["terminated"] | {"message": None} == {
        "exitCode": 1,
        "reason": "Error",
        "message": None,
        "startedAt": "1970-01-01T00:00:10Z",
        "finishedAt": "1970-01-01T00:00:20Z",
        "containerID": "process://abc",
    }
