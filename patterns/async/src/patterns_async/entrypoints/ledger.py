"""The ledger function: records the outcomes of orders in the ledger."""

from functools import cache
from typing import Any

from patterns_async.bootstrap.ledger import bootstrap

__all__ = ["lambda_handler"]

app = cache(bootstrap)


def lambda_handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Book a batch of events; messages that failed stay in the queue, alone."""
    return app()(event)
