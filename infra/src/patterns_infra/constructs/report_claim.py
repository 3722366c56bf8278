"""Whose report it is: one DynamoDB item for each day or file, taken by a conditional write with a lease."""

from aws_cdk import Duration
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_stepfunctions as sfn
from aws_cdk import aws_stepfunctions_tasks as tasks
from constructs import Construct

__all__ = ["ReportClaim"]

_REFUSED = "DynamoDb.ConditionalCheckFailedException"
_NOW = "{% $string($floor($millis() / 1000)) %}"
_MINE = {"S": "{% $states.context.Execution.Id %}"}


class ReportClaim(Construct):
    """States that take the claim, give it back with its outcome, and stand back when somebody else has it.

    A claim can be taken when nobody has it, when its lease is over, when its last holder failed, or again by the
    execution that holds it already. A finished one can be taken only by who asks for the report again.
    """

    def __init__(self, scope: Construct, construct_id: str, *, table: dynamodb.ITable, longest: Duration) -> None:
        """``longest`` is how long an execution may take: no lease ends before."""
        super().__init__(scope, construct_id)
        self._table = table
        self._lease = longest.to_seconds() + 300

    def begin(self, then: sfn.IChainable) -> sfn.State:
        """Return the state that takes the claim and goes on with ``then``."""
        take = self._update(
            "Claim",
            sets="SET #state = :running, holder = :mine, lease_until = :until REMOVE reason",
            condition="attribute_not_exists(#key) OR lease_until < :now OR holder = :mine OR #state = :failed"
            " OR (#state = :done AND :again = :true)",
            values={
                ":running": {"S": "RUNNING"},
                ":failed": {"S": "FAILED"},
                ":done": {"S": "DONE"},
                ":mine": _MINE,
                ":now": {"N": _NOW},
                ":until": {"N": f"{{% $string($floor($millis() / 1000) + {self._lease:.0f}) %}}"},
                ":again": {"BOOL": "{% $again %}"},
                ":true": {"BOOL": True},
            },
        )
        take.add_catch(self._stand_back(), errors=[_REFUSED])
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

    def give_up(self) -> tasks.CallAwsService:
        """Return the state that notes the failure with ``$reason``; the next to come may take the claim at once."""
        return self._update(
            "Give up",
            sets="SET #state = :failed, reason = :reason REMOVE lease_until",
            condition="holder = :mine",
            values={":failed": {"S": "FAILED"}, ":reason": {"S": "{% $reason %}"}, ":mine": _MINE},
        )

    def _stand_back(self) -> sfn.Succeed:
        return sfn.Succeed.jsonata(self, "Somebody else's", outputs={"outcome": "STOOD_BACK", "report": "{% $key %}"})

    def _update(self, name: str, *, sets: str, condition: str, values: dict[str, object]) -> tasks.CallAwsService:
        names = {"#state": "state"} | ({"#key": "report"} if "#key" in condition else {})
        return tasks.CallAwsService.jsonata(
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
