"""What Prometheus sees of each OrderProcessor: its queue and its workers, as the operator last saw them."""

from collections.abc import Iterable, Iterator

from prometheus_client import Metric
from prometheus_client.metrics_core import GaugeMetricFamily
from prometheus_client.registry import Collector

from patterns_k8s.operator.controller.tended import Tended

__all__ = ["ProcessorMetrics"]


class ProcessorMetrics(Collector):
    """Reads what is remembered at each scrape, so that one that is gone, or is a peer's now, is gone here, too.

    An operator that waits for its peer exports none of these. A figure that is not known has no sample, rather than one
    that would be taken for none.
    """

    def __init__(self, processors: Iterable[Tended]) -> None:
        """Take what is gone through at each scrape."""
        self._processors = processors

    def collect(self) -> Iterator[Metric]:
        """Yield the gauges, each with a sample for each OrderProcessor."""
        messages = _gauge("queue_messages", "Messages in the queue of an OrderProcessor, waiting and in work")
        wanted = _gauge("wanted_workers", "Pods that an OrderProcessor is to have")
        ready = _gauge("ready_workers", "Pods of an OrderProcessor that are ready")
        for each in self._processors:
            if each.processor is None:
                continue
            name = [each.processor.name]
            if each.messages is not None:
                messages.add_metric(name, each.messages)
            if each.scaling is not None:
                wanted.add_metric(name, each.scaling.replicas)
            ready.add_metric(name, each.deployment.ready)
        yield from (messages, wanted, ready)


def _gauge(name: str, what: str) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"patterns_operator_{name}", what, labels=["processor"])
