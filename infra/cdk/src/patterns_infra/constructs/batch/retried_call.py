"""A workflow's calls of AWS's own APIs, tried again when a service is throttled or down for a moment."""

from collections.abc import Sequence
from typing import TypeVar

from aws_cdk import Duration
from aws_cdk import aws_stepfunctions as sfn
from aws_cdk import aws_stepfunctions_tasks as tasks

__all__ = ["retried"]

_Call = TypeVar("_Call", tasks.CallAwsService, tasks.SnsPublish, sfn.CustomState)


def retried(call: _Call, *, but: Sequence[str] = ()) -> _Call:
    """Let the call be tried five times in about a minute; errors of ``but`` are answers, and final."""
    if but:
        call.add_retry(errors=list(but), max_attempts=0)
    call.add_retry(
        errors=["States.TaskFailed"],
        interval=Duration.seconds(2),
        backoff_rate=2,
        max_attempts=4,
        jitter_strategy=sfn.JitterType.FULL,
    )
    return call
