"""The outcome function: publishes the outcomes of orders on the event bus."""

from functools import cache
from typing import Any

from patterns_async.bootstrap.outcome import bootstrap

__all__ = ["lambda_handler"]

app = cache(bootstrap)


def lambda_handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Forward a batch of events; messages that failed stay in the queue, alone."""
    return app()(event)
