"""The same step for each part of a run, side by side: in the execution itself, or as executions of their own."""

from collections.abc import Callable
from typing import Any, cast

from aws_cdk import Stack
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from patterns_infra.constructs.batch.resilient_task import TRIES
from patterns_infra.constructs.common.acknowledgement import acknowledge, arn_in_findings
from patterns_infra.settings import ShardMap

__all__ = [
    "EVENTS_OF_PART",
    "MERGE_GROUP",
    "PART",
    "PART_DISK",
    "PART_RUN",
    "TOO_MANY_FAILED",
    "accept_parts",
    "parts_map",
    "shard_limit",
]

PART, PART_RUN, PART_DISK = "part", "partRun", "partDisk"
"""Variables of a part: its number as text, the run, the GiB of its disk. A distributed map's parts see no others."""
_LABELS = ("Shards", "Groups")
TOO_MANY_FAILED = "States.ExceedToleratedFailureThreshold"
"""A distributed map's error when a part failed: it tells neither which nor why."""
MERGE_GROUP = 32
"""Most shards that one merge adds up; of more, groups are added up first, and there are as many groups at most."""
_HISTORY = 25_000
"""Events of an execution, after which it fails: https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html"""
_REST = 1_000
"""Events of all other states, each call tried as often as it may be."""
_STATE, _TASK = 2, 6
"""Events of a state, entered and exited, and of a task: scheduled, started, submitted and ended, too."""
EVENTS_OF_PART = 3 * _STATE + TRIES * (2 * _STATE + _TASK) + (TRIES - 1) * _STATE + 2
"""Events of a part that succeeds in its last try: three states, the tries with their two choices, the pauses between
them, and the begin and end of the map's iteration."""


def shard_limit(kind: ShardMap) -> int:
    """Return how many shards the machine can run: by its own history, or by a merge in two levels."""
    two_levels = MERGE_GROUP**2
    if kind is ShardMap.DISTRIBUTED:
        return two_levels
    # The groups' events are in the same history.
    return min(two_levels, (_HISTORY - _REST) * MERGE_GROUP // ((MERGE_GROUP + 1) * EVENTS_OF_PART))


def parts_map(
    scope: Construct,
    name: str,
    *,
    kind: ShardMap,
    at_once: int,
    reports: s3.IBucket,
    step: Callable[[], sfn.StateMachineFragment],
) -> sfn.Map | sfn.DistributedMap:
    """Return the map over ``shards`` or ``groups``, named ``Shards`` or ``Groups``, whose count is in that variable.

    A distributed map reads the list of them from the run's folder, and starts an execution for each.
    """
    word = name.lower()
    distributed = kind is ShardMap.DISTRIBUTED
    item = "$states.context.Map.Item.Value" + (".number" if distributed else "")
    selector = {"run": "{% $run %}", "part": f"{{% $string({item}) %}}", "disk": "{% $disk %}"}
    given: dict[str, Any] = {"item_selector": selector, "max_concurrency": at_once, "outputs": {}}
    made: sfn.Map | sfn.DistributedMap
    if distributed:
        made = sfn.DistributedMap.jsonata(scope, name, label=name, item_reader=_list_of(word, reports), **given)
    else:
        items = sfn.ProvideItems.jsonata(f"{{% ${word} = 0 ? [] : [0..${word} - 1] %}}")
        made = sfn.Map.jsonata(scope, name, items=items, **given)
    names = {PART: "part", PART_RUN: "run", PART_DISK: "disk"}
    assign = {variable: f"{{% $states.input.{field} %}}" for variable, field in names.items()}
    begin = sfn.Pass.jsonata(scope, f"One of the {word}", assign=assign)
    return made.item_processor(begin.next(step()))


def _list_of(word: str, reports: s3.IBucket) -> sfn.S3JsonItemReader:
    # By its name: given as a bucket, all of it could be read.
    return sfn.S3JsonItemReader(bucket_name_path=reports.bucket_name, key=f"{{% 'runs/' & $run & '/{word}.json' %}}")


def accept_parts(machine: sfn.StateMachine) -> None:
    """Say why the machine may look at executions of parts, stop them and start them again: the CDK lets it, by pattern.

    So a report that is stopped, or whose part fails, ends the other parts.
    """
    name = Stack.of(machine).get_logical_id(cast("sfn.CfnStateMachine", machine.node.default_child))
    own = f'{{"Fn::Select":[6,{{"Fn::Split":[":",{{"Ref":"{name}"}}]}}]}}'
    for form in (":*", *(f"/{label}:*" for label in _LABELS)):
        told = arn_in_findings(machine, "states", f"execution:{own}{form}")
        reason = "The parts' executions are named by Step Functions, after this very machine."
        acknowledge(machine, f"AwsSolutions-IAM5[Resource::{told}]", reason)
