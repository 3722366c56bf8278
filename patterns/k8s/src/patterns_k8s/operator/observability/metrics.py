"""What the operator counts, for Prometheus."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

__all__ = ["Metrics"]


class Metrics:
    """The operator's own figures, in a registry of their own."""

    def __init__(self) -> None:
        """Start at zero."""
        self.registry = CollectorRegistry()

        def counter(name: str, what: str, *labels: str) -> Counter:
            return Counter(f"patterns_operator_{name}", what, labels, registry=self.registry)

        self.processors = Gauge(
            "patterns_operator_processors", "OrderProcessors that are looked after", registry=self.registry
        )
        self.certificate_end = Gauge(
            "patterns_operator_webhook_certificate_end_timestamp_seconds",
            "When the certificate of the admission webhook ends, 0 without one or when it has ended",
            registry=self.registry,
        )
        self.rounds = counter("rounds", "Looks at an OrderProcessor, by how they ended", "result")
        self.round_seconds = Histogram(
            "patterns_operator_round_seconds",
            "Time of a look that changed something, in seconds",
            buckets=(0.01, 0.05, 0.1, 0.5, 1, 5, 30),
            registry=self.registry,
        )
        self.applied = counter("applied", "Objects applied", "kind")
        self.repaired = counter("repaired", "Objects that somebody had changed or deleted", "kind")
        self.scaled = counter("scaled", "Changes of the number of pods", "direction")
        self.requests = counter("requests", "Requests to the cluster, by their answer (0 for none)", "verb", "status")
        self.admissions = counter("admissions", "OrderProcessors that asked to be let in", "answer")
        # A series that is there from the beginning has a rate when it first happens.
        for metric, values in (
            (self.rounds, ("failed", "changed", "settled")),
            (self.scaled, ("up", "down")),
            (self.admissions, ("allowed", "refused")),
        ):
            for value in values:
                metric.labels(value)
