"""Operators that are killed or frozen, and a cluster that is: all comes to what is declared, and nothing runs hot."""

import os
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from random import Random
from signal import SIGCONT, SIGKILL, SIGSTOP
from threading import Event, Thread

import psutil
import pytest
from prometheus_client.parser import text_string_to_metric_families
from tests.fault_table import FaultTable
from tests.faulty_api_server import Asked, FaultyApiServer, Refusal, pass_on
from tests.kube_cluster import KubeCluster
from tests.operator_trials import Trial
from tests.operators import OperatorProcess, Operators, measured

pytestmark = pytest.mark.faults


def test_killed_before_each_of_its_changes(
    operators: Operators,
    api_server: FaultyApiServer,
    trial: Trial,
    operator_faults: FaultTable,
) -> None:
    """Before its first change, before its second, and so on: the next one finds out what is left."""
    with operators.running(server=api_server.url):
        trial.declare()
        trial.wait_converged()
    began, asked, kills = time.monotonic(), len(api_server.asked), 0
    for number in range(1, 10):
        api_server.fault = reached = _Nth(number)
        with operators.start(server=api_server.url) as operator:
            operator.wait_ready()
            trial.disturb()
            if reached.event.wait(10):
                operator.kill()
                kills += 1
        api_server.fault = pass_on
    assert kills >= 8
    with operators.running(server=api_server.url):
        trial.wait_converged()
        row = trial.row(began, len(api_server.asked) - asked)
        operator_faults.add("killed before a change", meanwhile=f"{kills} times, at the 1st to the 9th change", **row)


def test_killed_at_random_moments(operators: Operators, trial: Trial, operator_faults: FaultTable) -> None:
    """While it starts, looks, applies or drains; ``PATTERNS_SEED`` repeats the moments."""
    seed = int(os.environ.get("PATTERNS_SEED") or secrets.randbelow(10**6))
    chance = Random(seed)
    with operators.running():
        trial.declare()
        trial.wait_converged()
    began, mark = time.monotonic(), trial.audit.mark()
    for _ in range(8):
        with operators.running() as operator:
            trial.disturb()
            time.sleep(chance.uniform(0.0, 2.0))
            operator.kill()
    with operators.running():
        trial.wait_converged()
        row = trial.row(began, trial.calls(mark).total())
        operator_faults.add("killed at a random moment", meanwhile=f"8 times, seed {seed}", **row)


def test_two_at_once_one_of_which_is_frozen_and_wakes_up(
    operators: Operators, trial: Trial, operator_faults: FaultTable
) -> None:
    """The other takes over; the one that wakes up finds that it is not alone, and they do not fight."""
    with operators.running() as first, operators.running() as second:
        trial.declare()
        trial.wait_converged()
        began, mark = time.monotonic(), trial.audit.mark()
        for operator in (first, second):
            operator.signal(SIGSTOP)
            trial.damage()
            trial.wait_converged()
            operator.signal(SIGCONT)
            trial.disturb()
            trial.wait_converged()
        row = trial.row(began, trial.calls(mark).total())
        operator_faults.add("two, each frozen in turn", meanwhile="damage while frozen, changes after", **row)


def test_the_api_server_is_killed(
    cluster: KubeCluster,
    operator: OperatorProcess,
    trial: Trial,
    operator_faults: FaultTable,
) -> None:
    """Three times; orders are decided meanwhile, since workers need no API server."""
    trial.declare()
    trial.wait_converged()
    began, mark = time.monotonic(), trial.audit.mark()
    with measured(operator) as share:
        for _ in range(3):
            trial.disturb()
            cluster.signal("kube-apiserver", SIGKILL)
            trial.send(20)
            time.sleep(2)
            cluster.wait_serving()
    trial.wait_converged()
    row = trial.row(began, trial.calls(mark).total())
    operator_faults.add("API server killed", meanwhile="3 times", processor=share(), **row)


@pytest.mark.parametrize("program", ["etcd", "kube-apiserver"])
def test_the_cluster_hangs(
    cluster: KubeCluster,
    operator: OperatorProcess,
    trial: Trial,
    operator_faults: FaultTable,
    program: str,
) -> None:
    """For twenty seconds nothing is answered; then all goes on."""
    trial.declare()
    trial.wait_converged()
    began, mark = time.monotonic(), trial.audit.mark()
    trial.disturb()
    with measured(operator) as share:
        cluster.signal(program, SIGSTOP)
        try:
            trial.send(20)
            time.sleep(20)
        finally:
            cluster.signal(program, SIGCONT)
    cluster.wait_serving()
    trial.disturb()
    trial.wait_converged()
    row = trial.row(began, trial.calls(mark).total())
    operator_faults.add(f"{program} stopped", meanwhile="for 20 s, after changes and before", processor=share(), **row)


def test_etcd_is_slow(
    cluster: KubeCluster,
    operator: OperatorProcess,
    trial: Trial,
    operator_faults: FaultTable,
) -> None:
    """It stands still four fifths of the time, as on a disk that cannot keep up; the API server tells that it waits."""
    trial.declare()
    trial.wait_converged()
    began, mark, late = time.monotonic(), trial.audit.mark(), _late_requests(cluster)
    with measured(operator) as share, _standing_still(cluster.process("etcd"), seconds=0.4, then=0.1):
        for _ in range(3):
            trial.disturb()
            trial.send(20)
            time.sleep(3)
    trial.wait_converged()
    late = _late_requests(cluster) - late
    assert late >= 10, f"etcd was as quick as ever: {late} requests took it over 200 ms"
    row = trial.row(began, trial.calls(mark).total())
    meanwhile = f"three times changes; {late} requests took it over 200 ms"
    operator_faults.add("etcd slow", meanwhile=meanwhile, processor=share(), **row)


def _late_requests(cluster: KubeCluster) -> int:
    """Return for how many of its requests to etcd the API server has waited more than 200 ms."""
    metrics = text_string_to_metric_families(cluster.kubectl("get", "--raw=/metrics"))
    (etcd,) = [family for family in metrics if family.name == "etcd_request_duration_seconds"]
    everything = sum(sample.value for sample in etcd.samples if sample.name.endswith("_count"))
    return int(everything - sum(sample.value for sample in etcd.samples if sample.labels.get("le") == "0.2"))


@contextmanager
def _standing_still(process: psutil.Process, *, seconds: float, then: float) -> Iterator[None]:
    """Stop a process for so many seconds and let it go on for some, again and again."""
    ended = Event()

    def stutter() -> None:
        while not ended.wait(then):
            process.suspend()
            ended.wait(seconds)
            process.resume()

    stuttering = Thread(target=stutter)
    stuttering.start()
    try:
        yield
    finally:
        ended.set()
        stuttering.join()


class _Nth:
    """Lets no change through from the n-th on, and says when it came: who asked for it dies there."""

    def __init__(self, number: int) -> None:
        self.event = Event()
        self._left = number

    def __call__(self, asked: Asked) -> Refusal | None:
        if not asked.writes or "kopfpeerings" in asked.path:
            return None
        self._left -= 1
        if self._left > 0:
            return None
        self.event.set()
        return Refusal(503, "ServiceUnavailable")
