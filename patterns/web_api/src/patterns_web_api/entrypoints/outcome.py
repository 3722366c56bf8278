"""The outcome function: what became of an order, from the queue behind the event bus, into the orders table."""

from functools import cache
from typing import Any

from patterns_web_api.bootstrap.outcome import bootstrap

__all__ = ["lambda_handler"]

outcomes = cache(bootstrap)


def lambda_handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Record a batch of outcomes; messages that failed stay in the queue, alone."""
    failed = outcomes().record_all(event["Records"])
    return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in failed]}
