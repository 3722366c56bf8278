"""The fulfilment of orders on each compute: start, processor time, memory and requests to AWS, at sizes of batch."""

import json
import os
import statistics
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest.mock import patch

from tests.operator_install import free_port
from tests.order_queue import placed_orders

from benchmarks.answers import WrongAnswer
from benchmarks.compute.adapters.polling import work
from benchmarks.compute.computes import BASE, COMPUTES, DURABLE, FUNCTION, MACHINE, Compute
from benchmarks.compute.deployment import ORDERS as WORK
from benchmarks.compute.deployment import Deployed, deploy
from benchmarks.compute.fake_aws import FakeAws, fake_aws
from benchmarks.compute.processes import peak_megabytes, processor_seconds
from benchmarks.compute.sizes import sizes
from benchmarks.compute.systemd import started
from benchmarks.results import Result, compared_in_turns, counted
from patterns_k8s.worker.decisions import answer_to
from patterns_shared.adapters.event_messages import event_to_body
from patterns_shared.testing import body_of

__all__ = ["BENCHMARK", "OrdersRun", "check", "environment_of", "invoked", "measure", "run", "running"]

BENCHMARK = "compute"
ORDERS = {1: 220, 10: 600, 25: 600}
"""Messages of a run by the size of batch: of a function's call, or what a worker holds at once.

Fewer at 1, since each execution of a durable function takes a tenth of a second.
"""
WARM = 100
"""Of them, those that are not counted: the first ones."""
_PATIENCE = 120.0
_POISON = "not an event"


@dataclass(slots=True)
class OrdersRun:
    """What one process took.

    Attributes:
        start: processor seconds from the start of the process to its first outcome.
        processor: processor seconds an order, after the first ``WARM`` orders.
        peak: megabytes.
        call: seconds by the clock of one call of a function, the median; 0 for a program.
        requests: to AWS, by operation, for the orders that were counted.
        published: all outcomes.
        dead_letters: messages that were no orders.
    """

    start: float = 0.0
    processor: float = 0.0
    peak: float = 0.0
    call: float = 0.0
    requests: Counter[str] = field(default_factory=Counter)
    published: list[str] = field(default_factory=list)
    dead_letters: list[str] = field(default_factory=list)


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
    return [*_timed(seen), *_requests(seen), *sizes(BENCHMARK, deployed, lambda compute: compute.order_files)]


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


def _timed(seen: Mapping[int, Mapping[Compute, Sequence[OrdersRun]]]) -> Iterator[Result]:
    yield from _compared_with_base(
        "start to the first order, processor time", seen[1], lambda one: one.start * 1000, "ms"
    )
    for size, runs in seen.items():
        yield from _compared_with_base(
            f"processor time an order, {size} a batch", runs, lambda one: one.processor * 1000, "ms"
        )
    yield from _compared_with_base("peak of memory, 10 a batch", seen[10], lambda one: one.peak, "MB")
    durable, plain = ([one.call * 1000 for one in seen[10][compute]] for compute in (DURABLE, FUNCTION))
    name = f"a call by the clock, 10 a batch: {DURABLE.name}, compared with {FUNCTION.name}"
    yield compared_in_turns(BENCHMARK, name, durable, plain, "ms")


def _compared_with_base(
    name: str, runs: Mapping[Compute, Sequence[OrdersRun]], figure: Callable[[OrdersRun], float], unit: str
) -> Iterator[Result]:
    base = [figure(one) for one in runs[BASE]]
    for compute in COMPUTES:
        if compute is not BASE:
            yield compared_in_turns(
                BENCHMARK, f"{name}: {compute.name}", [figure(one) for one in runs[compute]], base, unit
            )


def _requests(seen: Mapping[int, Mapping[Compute, Sequence[OrdersRun]]]) -> Iterator[Result]:
    for size, runs in seen.items():
        base = _requests_an_order(runs[BASE], size)
        for compute in COMPUTES:
            name = f"requests to AWS an order, {size} a batch: {compute.name}"
            ours = _requests_an_order(runs[compute], size)
            if compute is not BASE:
                yield counted(BENCHMARK, name, ours, "requests", peer=base)


def _requests_an_order(runs: Sequence[OrdersRun], size: int) -> float:
    return float(statistics.median(one.requests.total() / (ORDERS[size] - WARM) for one in runs))
