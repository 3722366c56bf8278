"""What runs of the computes took, as rows of the table of the fulfilment of orders."""

import statistics
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from benchmarks.compute.computes import BASE, COMPUTES, DURABLE, FUNCTION, Compute
from benchmarks.results import Result, compared_in_turns, counted

__all__ = ["BENCHMARK", "WARM", "OrdersRun", "requests_of", "times_of"]

BENCHMARK = "compute"
WARM = 100
"""Orders of a run that are not counted: the first ones."""


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


def times_of(seen: Mapping[int, Mapping[Compute, Sequence[OrdersRun]]]) -> Iterator[Result]:
    """Yield start, processor time, memory and the time of a call, compared with the base; runs by the size of batch."""
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


def requests_of(
    seen: Mapping[int, Mapping[Compute, Sequence[OrdersRun]]], orders: Mapping[int, int]
) -> Iterator[Result]:
    """Yield the requests to AWS an order; ``orders`` is how many a run had, by the size of batch."""
    for size, runs in seen.items():
        counted_orders = orders[size] - WARM
        base = _requests_an_order(runs[BASE], counted_orders)
        for compute in COMPUTES:
            name = f"requests to AWS an order, {size} a batch: {compute.name}"
            ours = _requests_an_order(runs[compute], counted_orders)
            if compute is not BASE:
                yield counted(BENCHMARK, name, ours, "requests", peer=base)


def _requests_an_order(runs: Sequence[OrdersRun], orders: int) -> float:
    return float(statistics.median(one.requests.total() / orders for one in runs))
