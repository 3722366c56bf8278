"""A report as a durable execution: each of its steps is kept when it is done, and each has Lambda's time for itself."""

from functools import cache

from aws_durable_execution_sdk_python import DurableContext, StepContext, durable_execution, durable_step

from benchmarks.compute.adapters import report

__all__ = ["lambda_handler"]

steps = cache(report.steps_of)


@durable_step
def plan(_step: StepContext, event: dict[str, str]) -> int:
    """Freeze the run's input."""
    return report.plan(steps(), event)


@durable_step
def shard(_step: StepContext, event: dict[str, str], number: int) -> int:
    """Work off one shard."""
    return report.shard(steps(), event, number)


@durable_step
def publish(_step: StepContext, event: dict[str, str]) -> str:
    """Merge and publish."""
    return report.publish(steps(), event)


@durable_execution
def lambda_handler(event: dict[str, str], context: DurableContext) -> dict[str, str]:
    """Go through the steps; an invocation after one that ended goes on behind the last step that is kept."""
    for number in range(context.step(plan(event))):
        context.step(shard(event, number), name=f"shard-{number}")
    return {"report": context.step(publish(event))}
