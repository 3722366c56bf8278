"""A thousand OrderProcessors created, changed and deleted: our operator, and a bare kopf handler that makes the same.

They are suspended, since a thousand pods have no room here: ready is when the operator has reported on the newest
generation, which ours does after all children are there. Neither answers admission reviews; ours has its peering on,
and looks at its queues as often as on AWS.
"""

import statistics
import time
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager

from tests.operators import OperatorProcess
from tests.order_queue import OrderQueue

from benchmarks.answers import WrongAnswer
from benchmarks.k8s.objects import Objects
from benchmarks.k8s.surroundings import Surroundings, surroundings
from benchmarks.results import Result, compared_in_turns, counted

__all__ = ["measure"]

BENCHMARK = "k8s-operator"
AT_LEAST = {"create": 1.0, "update": 1.2, "delete": 0.5}
"""Of the bare operator's objects a second, which deletes nothing: the API server does, and the cluster collects."""
MEMORY_AT_MOST = 1.1
IDLE_AT_MOST = 3.0
_IDLE_SECONDS = 20.0
_SETTLING = 5.0
_CHILDREN = "serviceaccounts,networkpolicies,poddisruptionbudgets,deployments"
_BARE = "benchmarks.peers.bare_operator"
_SELECTED = "--selector=app.kubernetes.io/name=order-worker"
_PATIENCE = 300.0
_SETTINGS = {"STAGE": "local", "AWS_REGION": "us-east-1"}
"""All else is as the operator has it by itself."""
Figures = dict[str, float]


def measure(count: int, rounds: int) -> list[Result]:
    """Measure both in turns, on one cluster."""
    seen: dict[str, list[Figures]] = {"bare": [], "ours": []}
    with surroundings() as around:
        queue = OrderQueue(around.cluster, "declared")
        around.roles.add(queue.name)
        queue.publish()
        spec = queue.processor(suspend=True)["spec"]
        for turn in range(rounds):
            # A cluster grows slower with all that was in it, which affects the second.
            for who in sorted(seen, reverse=bool(turn % 2)):
                seen[who].append(_figures(around, _running(around, who), spec, count))
    return _rows(seen, count)


def _running(around: Surroundings, who: str) -> AbstractContextManager[OperatorProcess]:
    if who == "bare":
        return around.operators.running(module=_BARE, webhook=False, ready=False)
    return around.operators.running(webhook=False, settings=_SETTINGS)


def _rows(seen: Mapping[str, Sequence[Figures]], count: int) -> list[Result]:
    def row(figure: str, name: str, unit: str, **goal: float) -> Result:
        ours, bare = ([figures[figure] for figures in seen[who]] for who in ("ours", "bare"))
        return compared_in_turns(BENCHMARK, name, ours, bare, unit, **goal)

    rows = []
    for what, at_least in AT_LEAST.items():
        name = f"{what} {count:,} OrderProcessors"
        rows.append(row(what, name, "objects/s", at_least=at_least))
        rows.append(row(f"{what} p95", f"{name}, p95", "s"))
    rows.append(row("memory", f"memory, {count:,} OrderProcessors", "MB", at_most=MEMORY_AT_MOST))
    idle = statistics.median(figures["idle"] for figures in seen["ours"])
    name = f"processor at rest, {count:,} OrderProcessors"
    return [*rows, counted(BENCHMARK, name, idle, "%", at_most=IDLE_AT_MOST)]


def _figures(
    around: Surroundings, running: AbstractContextManager[OperatorProcess], spec: dict[str, object], count: int
) -> Figures:
    found: Figures = {}
    with running as operator, Objects.watched(around.cluster, count) as objects:
        # A program's start is not its speed.
        objects.warm_up(spec)
        found["create"], found["create p95"] = objects.create(spec)
        _check_children(around, count)
        found["update"], found["update p95"] = objects.update({"concurrency": 7})
        _check_changed(around, count)
        _wait_looked_at(around)
        time.sleep(_SETTLING)
        before, _ = operator.usage()
        time.sleep(_IDLE_SECONDS)
        after, found["memory"] = operator.usage()
        found["idle"] = 100 * (after - before) / _IDLE_SECONDS
        found["delete"], found["delete p95"] = objects.delete()
    _wait_collected(around)
    return found


def _check_children(around: Surroundings, count: int) -> None:
    there = len(_children(around))
    if there != 4 * count:
        raise WrongAnswer(f"{there} children of {count} OrderProcessors")


def _check_changed(around: Surroundings, count: int) -> None:
    value = '{.items[*].spec.template.spec.containers[*].env[?(@.name=="CONCURRENCY")].value}'
    values = around.cluster.kubectl("get", "deployments", _SELECTED, f"--output=jsonpath={value}").split()
    if values != ["7"] * count:
        raise WrongAnswer(f"{values.count('7')} of {count} Deployments were changed")


def _wait_looked_at(around: Surroundings) -> None:
    """Wait until the cluster's own controllers are done with the Deployments; until then there is news of them."""
    both = "{range .items[*]}{.metadata.generation}={.status.observedGeneration} {end}"
    deadline = time.monotonic() + _PATIENCE
    while True:
        told = around.cluster.kubectl("get", "deployments", _SELECTED, f"--output=jsonpath={both}").split()
        late = [each for each in told if len(set(each.split("="))) > 1]
        if not late:
            return
        if time.monotonic() > deadline:
            raise WrongAnswer(f"{len(late)} Deployments were not looked at within {_PATIENCE:g} s")
        time.sleep(1)


def _wait_collected(around: Surroundings) -> None:
    """Leave nothing for the next one to be slowed down by."""
    deadline = time.monotonic() + _PATIENCE
    while _children(around):
        if time.monotonic() > deadline:
            raise WrongAnswer(f"the cluster did not collect the children within {_PATIENCE:g} s")
        time.sleep(0.5)


def _children(around: Surroundings) -> list[str]:
    return around.cluster.kubectl("get", _CHILDREN, _SELECTED, "--output=name").split()
