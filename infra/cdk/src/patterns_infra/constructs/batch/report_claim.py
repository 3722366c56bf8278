"""Whose report it is: one DynamoDB item for each day or file, taken by a conditional write with a lease."""

from typing import cast

from aws_cdk import ArnFormat, Duration, Stack
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from aws_cdk import aws_stepfunctions as sfn
from aws_cdk import aws_stepfunctions_tasks as tasks
from constructs import Construct

from patterns_infra.constructs.batch.retried_call import retried
from patterns_infra.constructs.common.acknowledgement import acknowledge, arn_in_findings

__all__ = ["ReportClaim"]

_REFUSED = "DynamoDb.ConditionalCheckFailedException"
_NO_EXECUTION = ["Sfn.ExecutionDoesNotExistException", "Sfn.ExecutionDoesNotExist"]
_NOW = "{% $string($floor($millis() / 1000)) %}"
_MINE = {"S": "{% $states.context.Execution.Id %}"}
_TAKE = "SET #state = :running, holder = :mine, lease_until = :until REMOVE reason"


class ReportClaim(Construct):
    """States that take the claim, give it back with its outcome, and stand back when somebody else has it.

    A claim can be taken when nobody has it, when its last holder failed, or again by the execution that holds it
    already; and when its holder has ended without a word: was stopped by hand, timed out, or failed in a way that no
    state can catch. Its lease is for a holder of which nothing can be learned. A finished claim can be taken only by
    who asks for the report again.
    """

    def __init__(self, scope: Construct, construct_id: str, *, table: dynamodb.ITable, longest: Duration) -> None:
        """``longest`` is how long an execution may take: no lease ends before."""
        super().__init__(scope, construct_id)
        self._table = table
        self._until = {"N": f"{{% $string($floor($millis() / 1000) + {longest.to_seconds() + 300:.0f}) %}}"}

    def begin(self, then: sfn.IChainable) -> sfn.State:
        """Return the state that takes the claim and goes on with ``then``."""
        take = self._update(
            "Claim",
            sets=_TAKE,
            condition="attribute_not_exists(#key) OR lease_until < :now OR holder = :mine OR #state = :failed"
            " OR (#state = :done AND :again = :true)",
            values={
                ":running": {"S": "RUNNING"},
                ":failed": {"S": "FAILED"},
                ":done": {"S": "DONE"},
                ":mine": _MINE,
                ":now": {"N": _NOW},
                ":until": self._until,
                ":again": {"BOOL": "{% $again %}"},
                ":true": {"BOOL": True},
            },
        )
        take.add_catch(self._refused(take, then), errors=[_REFUSED])
        take.next(then)
        return take

    def finish(self) -> tasks.CallAwsService:
        """Return the state that notes the success."""
        return self._update(
            "Finish",
            sets="SET #state = :done REMOVE lease_until",
            condition="holder = :mine",
            values={":done": {"S": "DONE"}, ":mine": _MINE},
        )

    def give_up(self, then: sfn.IChainable) -> tasks.CallAwsService:
        """Return the state that notes the failure with ``$reason``, and goes on whether that could be noted or not.

        The next to come may take the claim at once.
        """
        note = self._update(
            "Give up",
            sets="SET #state = :failed, reason = :reason REMOVE lease_until",
            condition="holder = :mine",
            values={":failed": {"S": "FAILED"}, ":reason": {"S": "{% $reason %}"}, ":mine": _MINE},
        )
        note.add_catch(then)
        note.next(then)
        return note

    def allow(self, machine: sfn.StateMachine) -> None:
        """Let the machine look at its own executions."""
        executions = Stack.of(self).format_arn(
            service="states",
            resource="execution",
            resource_name=f"{machine.state_machine_name}:*",
            arn_format=ArnFormat.COLON_RESOURCE_NAME,
        )
        # A policy of its own: the machine waits for the policies of its role, and this one names the machine.
        policy = iam.Policy(
            self,
            "LookAtExecutions",
            roles=[machine.role],
            statements=[iam.PolicyStatement(actions=["states:DescribeExecution"], resources=[executions])],
        )
        name = Stack.of(self).get_logical_id(cast("sfn.CfnStateMachine", machine.node.default_child))
        told = arn_in_findings(self, "states", f"execution:<{name}.Name>:*")
        reason = "Any execution of this very machine may be the claim's holder."
        acknowledge(policy, f"AwsSolutions-IAM5[Resource::{told}]", reason)

    def _refused(self, take: sfn.IChainable, then: sfn.IChainable) -> sfn.Chain:
        """Stand back from a holder that runs, or has made the report; take over from one that has ended."""
        stand_back = sfn.Succeed.jsonata(self, "Stand back", outputs={"outcome": "STOOD_BACK", "report": "{% $key %}"})
        over = self._update(
            "Take over",
            sets=_TAKE,
            condition="holder = :gone AND #state = :running",
            values={
                ":running": {"S": "RUNNING"},
                ":gone": {"S": "{% $holder %}"},
                ":mine": _MINE,
                ":until": self._until,
            },
        )
        over.add_catch(stand_back, errors=[_REFUSED])
        over.next(then)
        runs = sfn.Choice.jsonata(self, "Does it run")
        runs.when(sfn.Condition.jsonata("{% $status = 'RUNNING' %}"), stand_back).otherwise(over)
        ask = sfn.CustomState(
            self,
            "Ask for the holder",
            state_json={
                "Type": "Task",
                "Resource": f"arn:{Stack.of(self).partition}:states:::aws-sdk:sfn:describeExecution",
                "Arguments": {"ExecutionArn": "{% $holder %}"},
                "Assign": {"status": "{% $states.result.Status %}"},
            },
        )
        retried(ask, but=_NO_EXECUTION).add_catch(over, errors=_NO_EXECUTION)
        ask.next(runs)
        judge = sfn.Choice.jsonata(self, "How does it stand")
        judge.when(sfn.Condition.jsonata("{% $standing = 'RUNNING' %}"), ask)
        judge.when(sfn.Condition.jsonata("{% $standing = 'DONE' %}"), stand_back)
        judge.otherwise(take)
        return self._read().next(judge)

    def _read(self) -> tasks.CallAwsService:
        return retried(
            tasks.CallAwsService.jsonata(
                self,
                "Who has it",
                service="dynamodb",
                action="getItem",
                parameters={
                    "TableName": self._table.table_name,
                    "Key": {"report": {"S": "{% $key %}"}},
                    "ConsistentRead": True,
                },
                iam_resources=[self._table.table_arn],
                iam_action="dynamodb:GetItem",
                assign={
                    "standing": "{% $string($states.result.Item.state.S) %}",
                    "holder": "{% $string($states.result.Item.holder.S) %}",
                },
            )
        )

    def _update(self, name: str, *, sets: str, condition: str, values: dict[str, object]) -> tasks.CallAwsService:
        names = {"#state": "state"} | ({"#key": "report"} if "#key" in condition else {})
        call = tasks.CallAwsService.jsonata(
            self,
            name,
            service="dynamodb",
            action="updateItem",
            parameters={
                "TableName": self._table.table_name,
                "Key": {"report": {"S": "{% $key %}"}},
                "UpdateExpression": sets,
                "ConditionExpression": condition,
                "ExpressionAttributeNames": names,
                "ExpressionAttributeValues": values,
            },
            iam_resources=[self._table.table_arn],
            iam_action="dynamodb:UpdateItem",
        )
        return retried(call, but=[_REFUSED])
