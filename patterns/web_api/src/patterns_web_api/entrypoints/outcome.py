"""The outcome function: writes the outcomes of orders from the event bus's queue to the orders table."""

from functools import cache
from typing import Any

from patterns_web_api.bootstrap.outcome import bootstrap

__all__ = ["lambda_handler"]

outcomes = cache(bootstrap)


def lambda_handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Record a batch of outcomes; what no later attempt can help is a dead letter, what failed for now comes again."""
    return outcomes()(event)
