"""Whose report it is: the items of the claims table, as the state machine writes them."""

from dataclasses import dataclass

from botocore.exceptions import ClientError

from patterns_deploy.place import AwsClient

__all__ = ["Claim", "Claims"]


@dataclass(frozen=True, slots=True)
class Claim:
    """Who has, or had, a report: RUNNING, DONE or FAILED, and the ARN of the execution."""

    state: str
    holder: str


class Claims:
    """Reads claims, and frees one whose holder has ended without giving it back."""

    def __init__(self, dynamodb: AwsClient, table: str) -> None:
        """Take a client of DynamoDB."""
        self._dynamodb, self._table = dynamodb, table

    def of(self, key: str) -> Claim | None:
        """Return the claim of a day or file, named as the state machine names it."""
        found = self._dynamodb.get_item(TableName=self._table, Key={"report": {"S": key}}, ConsistentRead=True)
        item = found.get("Item")
        return Claim(item["state"]["S"], item["holder"]["S"]) if item else None

    def free(self, key: str, claim: Claim, reason: str) -> bool:
        """Note that the holder ended, so that the next to come takes the claim; False when it has changed meanwhile.

        An execution that is stopped, or times out, cannot do it itself, and the lease would keep others out for hours.
        """
        try:
            self._dynamodb.update_item(
                TableName=self._table,
                Key={"report": {"S": key}},
                UpdateExpression="SET #state = :failed, reason = :reason REMOVE lease_until",
                ConditionExpression="holder = :holder AND #state = :running",
                ExpressionAttributeNames={"#state": "state"},
                ExpressionAttributeValues={
                    ":failed": {"S": "FAILED"},
                    ":running": {"S": "RUNNING"},
                    ":reason": {"S": reason},
                    ":holder": {"S": claim.holder},
                },
            )
        except ClientError as error:
            if error.response["Error"]["Code"] == "ConditionalCheckFailedException":
                return False
            raise
        return True
