"""The relay function: changes in the orders table's stream become events on the bus."""

from functools import cache
from typing import Any

from patterns_web_api.adapters.stream_records import changes_from_records
from patterns_web_api.bootstrap.relay import bootstrap

__all__ = ["lambda_handler"]

relay = cache(bootstrap)


def lambda_handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Relay a batch of stream records; the first that failed, if any, is where Lambda starts again."""
    failed = relay().relay(changes_from_records(event["Records"]))
    return {"batchItemFailures": [] if failed is None else [{"itemIdentifier": failed}]}
