"""The operators function: rejected orders, to the people who look after the shop."""

from functools import cache
from typing import Any

from patterns_async.bootstrap.operators import bootstrap

__all__ = ["lambda_handler"]

app = cache(bootstrap)


def lambda_handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Publish a notice of each rejected order of a batch; messages that failed stay in the queue, alone."""
    return app()(event)
