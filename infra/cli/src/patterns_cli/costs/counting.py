"""What the patterns use by orders and by being there, counted in their templates."""

from patterns_cli.costs.fixed import fixed_lines
from patterns_cli.costs.inputs import Inputs
from patterns_cli.costs.lines import Line, Usage
from patterns_cli.costs.other_patterns import (
    event_lines,
    night_lines,
    read_again_lines,
    receiving_queues,
)
from patterns_cli.costs.polling import polling_line
from patterns_cli.costs.usage import PatternUsage
from patterns_cli.costs.web_api import order_bytes, order_lines
from patterns_infra.synthesized import SynthesizedStack

__all__ = ["count"]


def count(pattern: str, stack: SynthesizedStack, inputs: Inputs) -> PatternUsage:
    """Return what a pattern uses; an order makes one event for the asynchronous pattern.

    What decides orders in the Kubernetes pattern is not in it: `patterns_cli.costs.fulfilment` has the choices.
    """
    fixed = fixed_lines(stack)
    match pattern:
        case "web_api":
            by_orders, more = order_lines(stack, inputs), [_metrics_line(pattern, inputs), polling_line(1)]
        case "async":
            by_orders = event_lines(stack, inputs)
            more = [_metrics_line(pattern, inputs), polling_line(len(receiving_queues(stack)))]
        case "batch":
            by_orders, more = read_again_lines(stack, inputs, order_bytes()), night_lines(stack, inputs)
        case _:
            by_orders, more = [], []
    return PatternUsage(tuple(by_orders), (*fixed, *more))


def _metrics_line(pattern: str, inputs: Inputs) -> Line:
    """Return the line of a pattern's custom metrics in a month."""
    metrics = inputs[f"{pattern}.custom_metrics"]
    return Line("custom metrics", metrics.text(), (Usage("cloudwatch.metric_month", metrics.value),))
