"""Business and technical metrics by Powertools, written as log lines (EMF): no call, no agent."""

from aws_lambda_powertools.metrics.metrics import Metrics

__all__ = ["NAMESPACE", "make_metrics"]

NAMESPACE = "Patterns"


def make_metrics(pattern: str, stage: str) -> Metrics:
    """Return the pattern's metrics, with the dimensions ``service`` (the pattern) and ``stage``.

    A handler flushes them at the end of an invocation (``flush_metrics`` or the ``log_metrics`` decorator).
    """
    metrics = Metrics(namespace=NAMESPACE, service=pattern)
    # Powertools keeps dimensions for all of a process: what another stage left there would be warned of, or written.
    metrics.clear_default_dimensions()
    metrics.clear_metrics()
    metrics.set_default_dimensions(stage=stage)
    return metrics
