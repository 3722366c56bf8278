"""A report in one invocation of Lambda, for a file that was put into a bucket."""

from typing import Any

from benchmarks.compute.adapters.report import plan, publish, shard, steps_of

__all__ = ["lambda_handler"]

_LAST_MILLISECONDS = 30_000
"""What the engine gets to keep how far it is, before Lambda ends the invocation."""


def lambda_handler(event: dict[str, str], context: Any) -> dict[str, str]:  # noqa: ANN401 - Lambda's own class
    """Plan, read, merge and publish; a retry continues from the last checkpoint."""
    steps = steps_of(lambda: context.get_remaining_time_in_millis() < _LAST_MILLISECONDS)
    for number in range(plan(steps, event)):
        shard(steps, event, number)
    return {"report": publish(steps, event)}
