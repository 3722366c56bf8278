"""What a worker counts, for Prometheus."""

import threading
import time
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from itertools import accumulate
from typing import TYPE_CHECKING

from patterns_k8s.worker.fulfilment import Fulfilled
from patterns_shared.adapters.event_receiver import DUPLICATE

if TYPE_CHECKING:
    from prometheus_client import Metric

__all__ = ["DEPENDENCIES", "Exposition", "WorkerMetrics"]

DEPENDENCIES = ("queue", "topic")
"""What lanes report as out of reach."""
_OUTCOMES = (*Fulfilled, DUPLICATE, "dead_lettered", "failed")
_BATCH_SECONDS = (0.01, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)
"""Upper limits of the histogram's buckets: a batch waits for the topic, a minute and more when that is away."""

Exposition = tuple[bytes, str]
"""The metrics in Prometheus' text format, and its content type."""


class WorkerMetrics:
    """Totals since the worker's start, and what it holds now; safe for lanes in several threads."""

    def __init__(self, *, lanes: int, held: Callable[[], int], unreachable: Callable[[], Mapping[str, int]]) -> None:
        """Take what is asked at each scrape.

        Args:
            lanes: threads that receive messages.
            held: returns how many messages are in work.
            unreachable: returns, for each of `DEPENDENCIES`, how many lanes cannot reach it; without it, none.
        """
        self._lanes = lanes
        self._held = held
        self._unreachable = unreachable
        self._lock = threading.Lock()
        # An outcome that is there from the beginning has a rate when it first happens.
        self._totals = Counter(dict.fromkeys(map(str, _OUTCOMES), 0))
        self._batches = [0] * (len(_BATCH_SECONDS) + 1)
        self._batch_seconds = 0.0

    def add(self, outcomes: Mapping[str, int]) -> None:
        """Count messages by what was done with them."""
        with self._lock:
            self._totals.update(outcomes)

    @contextmanager
    def timed_batch(self) -> Iterator[None]:
        """Count a batch of messages with the time that its block takes, also when that fails."""
        started = time.monotonic()
        try:
            yield
        finally:
            seconds = time.monotonic() - started
            with self._lock:
                self._batches[bisect_left(_BATCH_SECONDS, seconds)] += 1
                self._batch_seconds += seconds

    def collect(self) -> Iterator["Metric"]:
        """Yield the metrics, as a collector of prometheus_client does."""
        from prometheus_client.metrics_core import (  # noqa: PLC0415 - as below
            CounterMetricFamily,
            GaugeMetricFamily,
            HistogramMetricFamily,
        )

        with self._lock:
            totals, batches, seconds = dict(self._totals), [*self._batches], self._batch_seconds
        messages = CounterMetricFamily(
            "patterns_worker_messages", "Messages, by what was done with them", labels=["outcome"]
        )
        for outcome, total in totals.items():
            messages.add_metric([outcome], total)
        yield messages
        limits = (*map(str, _BATCH_SECONDS), "+Inf")
        yield HistogramMetricFamily(
            "patterns_worker_batch_seconds",
            "Time from the receipt of up to ten messages until the topic has their outcomes, in seconds",
            buckets=[*zip(limits, accumulate(batches), strict=True)],
            sum_value=seconds,
        )
        yield GaugeMetricFamily("patterns_worker_held_messages", "Messages in work", value=self._held())
        yield GaugeMetricFamily("patterns_worker_lanes", "Threads that receive messages", value=self._lanes)
        unreachable = GaugeMetricFamily(
            "patterns_worker_unreachable_lanes",
            "Threads that cannot reach what they need",
            labels=["dependency"],
        )
        now = self._unreachable()
        for dependency in DEPENDENCIES:
            unreachable.add_metric([dependency], now.get(dependency, 0))
        yield unreachable

    def exposition(self) -> Exposition:
        """Return the metrics, with CPU time and memory of the process."""
        # Imported by the first scrape: 50 ms that a worker without scrapes does not spend on its start.
        from prometheus_client import (  # noqa: PLC0415 - as above
            CONTENT_TYPE_LATEST,
            CollectorRegistry,
            ProcessCollector,
            generate_latest,
        )

        registry = CollectorRegistry(auto_describe=False)
        registry.register(self)
        ProcessCollector(registry=registry)
        return generate_latest(registry), CONTENT_TYPE_LATEST
