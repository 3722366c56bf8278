"""A worker against a bare loop of receive, publish and delete, in turns, on the local platform's queue and topic."""

import time

from tests.order_queue import OrderQueue, placed_orders
from tests.workers import running_worker

from benchmarks.answers import WrongAnswer
from benchmarks.k8s.surroundings import Surroundings, surroundings
from benchmarks.results import Result, compared_in_turns

__all__ = ["measure"]

BENCHMARK = "k8s-worker"
AT_LEAST = 0.8
_MESSAGES = 3_000
_NOT_COUNTED = 300
"""Messages until the clock starts: a program's start is not its speed."""
_MODULES = {"ours": "patterns_k8s.worker", "bare": "benchmarks.peers.bare_worker"}
_LOOK = 0.02
_PATIENCE = 180.0


def measure(rounds: int) -> list[Result]:
    """Let both empty a queue, turn by turn."""
    speeds: dict[str, list[float]] = {"ours": [], "bare": []}
    with surroundings() as around:
        for turn in range(rounds):
            # The second finds the machine as the first left it.
            for who in sorted(speeds, reverse=bool(turn % 2)):
                queue = _filled_queue(around, f"orders-{turn}-{who}", seed=turn)
                speeds[who].append(_speed(around, queue, module=_MODULES[who]))
    name = "messages a second, one worker of ten at once"
    return [compared_in_turns(BENCHMARK, name, speeds["ours"], speeds["bare"], "messages/s", at_least=AT_LEAST)]


def _filled_queue(around: Surroundings, name: str, *, seed: int) -> OrderQueue:
    """Return a queue of its own: at a shared one, a receive of a worker that has ended may still take messages."""
    queue = OrderQueue(around.cluster, name)
    around.roles.add(name)
    queue.publish()
    queue.send(placed_orders(_MESSAGES, seed=seed))
    return queue


def _speed(around: Surroundings, queue: OrderQueue, *, module: str) -> float:
    """Return the messages a second from the first few hundred to the last."""
    with running_worker(around.cluster, queue, around.folder / "worker.log", module=module):
        _wait(queue, _MESSAGES - _NOT_COUNTED)
        began, left = time.monotonic(), sum(queue.depth())
        _wait(queue, 0)
        return left / (time.monotonic() - began)


def _wait(queue: OrderQueue, left: int) -> None:
    deadline = time.monotonic() + _PATIENCE
    while sum(queue.depth()) > left:
        if time.monotonic() > deadline:
            raise WrongAnswer(f"{queue.depth()} messages are left after {_PATIENCE:g} s")
        time.sleep(_LOOK)
