"""Lambda behind SQS."""

import os
from functools import cache
from typing import Any

from benchmarks.compute.adapters.fulfilment import bootstrap

__all__ = ["lambda_handler"]

app = cache(lambda: bootstrap(os.environ))


def lambda_handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Decide a batch of orders; messages that failed stay in the queue, alone."""
    return app()(event)
