"""Five thousand waiting messages: the operator scales, against fixed numbers of pods; time until all are done.

Pods are processes of one machine here, and share its processors with the platform: what more of them bring is told by a
cluster that has room for them. This shows what scaling costs, compared with pods that run all along.
"""

import time

from tests.order_processors import live_pods, remove
from tests.order_queue import OrderQueue, placed_orders

from benchmarks.answers import WrongAnswer
from benchmarks.k8s.surroundings import Surroundings, surroundings
from benchmarks.results import Result, compared

__all__ = ["measure"]

BENCHMARK = "k8s-scaling"
_MESSAGES = 5_000
_MOST = 4
_PATIENCE = 300.0


def measure() -> list[Result]:
    """Measure one pod that may become four against one and against four that stay."""
    with surroundings() as around, around.operators.running(webhook=False):
        scaled = _drained(around, "scaled", 1, _MOST)
        fixed = {pods: _drained(around, f"fixed-{pods}", pods, pods) for pods in (1, _MOST)}
    name = f"{_MESSAGES:,} waiting messages done, scaled from 1 to {_MOST} pods"
    return [
        compared(BENCHMARK, f"{name}, compared with {n} fixed", scaled, seconds, "s") for n, seconds in fixed.items()
    ]


def _drained(around: Surroundings, name: str, least: int, most: int) -> float:
    """Return the seconds from the resume, when all messages wait, until the queue is empty: pods start within them."""
    queue = OrderQueue(around.cluster, name)
    around.roles.add(name)
    queue.publish()
    limits = {"replicas": {"min": least, "max": most}, "scaling": {"messagesPerPod": 500, "cooldownSeconds": 30}}
    around.cluster.apply(queue.processor(**limits, suspend=True))
    queue.send(placed_orders(_MESSAGES))
    around.cluster.apply(queue.processor(**limits, suspend=False))
    began = time.monotonic()
    while any(queue.depth()):
        if time.monotonic() - began > _PATIENCE:
            raise WrongAnswer(f"{queue.depth()} messages are left after {_PATIENCE:g} s")
        time.sleep(0.2)
    seconds = time.monotonic() - began
    remove(around.cluster, name)
    while live_pods(around.cluster, name):
        time.sleep(0.2)
    return seconds
