"""The partner function: sends the outcome of an order to the partner over HTTP."""

from functools import cache
from typing import Any, Protocol

from patterns_async.bootstrap.partner import bootstrap

__all__ = ["lambda_handler"]

app = cache(bootstrap)


class Context(Protocol):
    """The part of Lambda's context that is used."""

    def get_remaining_time_in_millis(self) -> int:
        """Return the milliseconds until Lambda ends the invocation."""
        ...


def lambda_handler(event: dict[str, Any], context: Context) -> dict[str, Any]:
    """Deliver a batch of events; messages that failed stay in the queue, alone."""
    return app()(event, lambda: context.get_remaining_time_in_millis() / 1000)
