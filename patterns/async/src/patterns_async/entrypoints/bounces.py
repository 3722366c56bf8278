"""The bounces function: addresses that mail must not go to again."""

from functools import cache
from typing import Any

from patterns_async.bootstrap.bounces import bootstrap

__all__ = ["lambda_handler"]

app = cache(bootstrap)


def lambda_handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Keep the addresses that a batch of SES's events reports; messages that failed stay in the queue, alone."""
    return app()(event)
