"""A durable function behind SQS: one execution a batch, and one step, whose answer is kept."""

import os
from functools import cache
from typing import Any

from aws_durable_execution_sdk_python import DurableContext, StepContext, durable_execution, durable_step

from benchmarks.compute.adapters.fulfilment import bootstrap

__all__ = ["lambda_handler"]

app = cache(lambda: bootstrap(os.environ))


@durable_step
def decide(_step: StepContext, batch: dict[str, Any]) -> dict[str, Any]:
    """Decide and publish; a step that was interrupted runs again, and publishes the same events."""
    return app()(batch)


@durable_execution
def lambda_handler(event: dict[str, Any], context: DurableContext) -> dict[str, Any]:
    """Decide a batch of orders, once."""
    answer: dict[str, Any] = context.step(decide(event))
    return answer
