"""The fulfilment of orders on each compute: start, processor time, memory and requests to AWS, at sizes of batch."""

import json
import os
import statistics
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest.mock import patch

from tests.operator_install import free_port
from tests.order_queue import placed_orders

from benchmarks.answers import WrongAnswer
from benchmarks.compute.adapters.polling import work
from benchmarks.compute.computes import COMPUTES, MACHINE, Compute
from benchmarks.compute.deployment import ORDERS as WORK
from benchmarks.compute.deployment import Deployed, deploy
from benchmarks.compute.fake_aws import FakeAws, fake_aws
from benchmarks.compute.order_rows import BENCHMARK, WARM, OrdersRun, requests_of, times_of
from benchmarks.compute.processes import peak_megabytes, processor_seconds
from benchmarks.compute.sizes import sizes
from benchmarks.compute.systemd import started
from benchmarks.results import Result
from patterns_k8s.worker.decisions import answer_to
from patterns_shared.adapters.event_messages import event_to_body
from patterns_shared.testing import body_of

__all__ = ["check", "environment_of", "invoked", "measure", "run", "running"]

ORDERS = {1: 220, 10: 600, 25: 600}
"""Messages of a run by the size of batch: of a function's call, or what a worker holds at once.

Fewer at 1, since each execution of a durable function takes a tenth of a second.
"""
_PATIENCE = 120.0
_POISON = "not an event"


def measure(rounds: int) -> list[Result]:
    """Let the computes take turns at each size of batch; each has decided every order rightly before."""
    deployed = {compute: deploy(compute, WORK) for compute in COMPUTES}
    for compute in COMPUTES:
        check(compute, deployed[compute])
    seen: dict[int, dict[Compute, list[OrdersRun]]] = {size: {compute: [] for compute in COMPUTES} for size in ORDERS}
    for number in range(rounds):
        for size, orders in ORDERS.items():
            events = placed_orders(orders, seed=number)
            bodies = [body_of(event) for event in events]
            outcomes = sorted(event_to_body(answer_to(event)) for event in events)
            for compute in COMPUTES:
                took = run(compute, deployed[compute], bodies, size=size, warm=WARM)
                if sorted(took.published) != outcomes or took.dead_letters:
                    raise WrongAnswer(f"{compute.name} published other outcomes than the rules have")
                seen[size][compute].append(took)
    return [
        *times_of(seen),
        *requests_of(seen, ORDERS),
        *sizes(BENCHMARK, deployed, lambda compute: compute.order_files),
    ]


def check(compute: Compute, deployed: Deployed) -> None:
    """Send orders, one of them twice, and something else; each outcome is the rules', and the rest a dead letter.

    Raises:
        WrongAnswer: saying what was published instead.
    """
    events = placed_orders(24, seed=7)
    bodies = [*map(body_of, events), body_of(events[0]), _POISON]
    took = run(compute, deployed, bodies, size=10, warm=1)
    wanted = {event_to_body(answer_to(event)) for event in events}
    if set(took.published) != wanted or took.dead_letters != [_POISON]:
        missing = len(wanted - set(took.published))
        raise WrongAnswer(f"{compute.name}: {missing} outcomes are missing, dead letters are {took.dead_letters}")


def run(compute: Compute, deployed: Deployed, bodies: Sequence[str], *, size: int, warm: int) -> OrdersRun:
    """Let a new process empty a queue with these messages; those after the first ``warm`` are counted."""
    took = OrdersRun()
    processes: list[int] = []
    at_warm: list[tuple[float, Counter[str]]] = []

    def progress(kind: str, total: int) -> None:
        """Look at the process while it waits for the answer."""
        (pid,) = processes
        if kind == "published" and not took.start:
            took.start = processor_seconds(pid)
        elif kind == "deleted" and total >= warm and not at_warm:
            at_warm.append((processor_seconds(pid), aws.requests.copy()))
        if kind == "deleted" and total == len(bodies):
            ((processor, requests),) = at_warm
            took.processor = (processor_seconds(pid) - processor) / max(1, total - warm)
            took.requests = aws.requests - requests
            took.peak = peak_megabytes(pid)

    with TemporaryDirectory(prefix="patterns-bench-") as folder, fake_aws(Path(folder), progress) as aws:
        environment = {**environment_of(aws, deployed), "BATCH": str(size), "CONCURRENCY": str(size)}
        with running(compute, deployed, environment) as process:
            processes.append(process.pid)
            aws.queue.put(bodies)
            if compute.invoked:
                calls: list[float] = []
                _poll(aws, environment, _invocation(aws, process, calls, durable=compute.kind == "durable"))
                took.call = statistics.median(calls)
            if not aws.queue.wait_deleted(len(bodies), seconds=_PATIENCE):
                raise WrongAnswer(f"{compute.name} has decided {aws.queue.deleted} of {len(bodies)} orders")
        took.published, took.dead_letters = aws.topic.published, aws.queue.dead_letters
    return took


def environment_of(aws: FakeAws, deployed: Deployed) -> dict[str, str]:
    """Return a process's whole environment, but for the size of its batches."""
    return {
        **aws.environment,
        "PATH": os.defpath,
        "PYTHONPATH": deployed.path,
        "STAGE": "bench",
        "QUEUE_URL": aws.queue.URL,
        "DEAD_LETTER_URL": aws.queue.DEAD_LETTERS,
        "MAX_RECEIVES": "5",
        "TOPIC_ARN": aws.topic.ARN,
        "POLL_SECONDS": "1",
        "POD_IP": "127.0.0.1",
        "HEALTH_PORT": str(free_port()),
        "POWERTOOLS_SERVICE_NAME": "fulfilment",
    }


def running(
    compute: Compute, deployed: Deployed, environment: Mapping[str, str]
) -> AbstractContextManager[subprocess.Popen[bytes]]:
    """Start the compute's process until the block ends, a function's with pipes."""
    if compute is MACHINE:
        unit = Path(__file__).with_name("infrastructure").joinpath("order_machine.service").read_text()
        return started(unit, deployed.python, environment)
    command = deployed.invoked(compute.orders) if compute.invoked else deployed.command(compute.orders)
    return _running(command, environment, piped=compute.invoked)


@contextmanager
def _running(
    command: Sequence[str], environment: Mapping[str, str], *, piped: bool
) -> Iterator[subprocess.Popen[bytes]]:
    pipe, silence = subprocess.PIPE, subprocess.DEVNULL
    process = subprocess.Popen(
        command, env=dict(environment), stdin=pipe if piped else silence, stdout=pipe if piped else silence
    )
    try:
        yield process
    finally:
        if process.stdin:
            process.stdin.close()
        process.terminate()
        process.wait(_PATIENCE)
        if process.stdout:
            process.stdout.close()


def _poll(aws: FakeAws, environment: Mapping[str, str], handle: Callable[[Mapping[str, Any]], dict[str, Any]]) -> None:
    """Do what Lambda's poller of a queue does: receive, call the function, delete what it has done."""
    with patch.dict(os.environ, aws.environment):
        work(environment, handle, goes_on=lambda received: received > 0)


def _invocation(
    aws: FakeAws, process: subprocess.Popen[bytes], calls: list[float], *, durable: bool
) -> Callable[[Mapping[str, Any]], dict[str, Any]]:
    """Return what invokes the function, a durable one as a new execution each time; ``calls`` get the seconds."""

    def invoke(event: Mapping[str, Any]) -> dict[str, Any]:
        given = aws.executions.begin(event) if durable else event
        began = time.perf_counter()
        answer = invoked(process, given)
        calls.append(time.perf_counter() - began)
        if durable:
            if answer["Status"] != "SUCCEEDED":
                raise WrongAnswer(f"the execution ended with {answer}")
            answer = json.loads(answer["Result"])
        return answer

    return invoke


def invoked(process: subprocess.Popen[bytes], event: Mapping[str, Any]) -> dict[str, Any]:
    """Return a function's answer."""
    assert process.stdin
    assert process.stdout
    process.stdin.write(json.dumps(event).encode() + b"\n")
    process.stdin.flush()
    answer: dict[str, Any] = json.loads(process.stdout.readline())
    return answer
