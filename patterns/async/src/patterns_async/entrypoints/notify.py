"""The notify function: mails the outcome of an order to the customer."""

from functools import cache
from typing import Any

from patterns_async.bootstrap.notify import bootstrap

__all__ = ["lambda_handler"]

app = cache(bootstrap)


def lambda_handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Write about a batch of events; messages that failed stay in the queue, alone."""
    return app()(event)
