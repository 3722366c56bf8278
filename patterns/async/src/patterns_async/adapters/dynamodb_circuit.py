"""The shared circuit as one DynamoDB item, replaced only where it has not changed."""

from typing import TYPE_CHECKING, Any
from uuid import uuid4

from botocore.exceptions import ClientError

from patterns_async.application.circuit import Circuit, State
from patterns_shared.adapters.client_errors import error_code, transient_as_unavailable

if TYPE_CHECKING:  # the stubs exist for the type checker only
    from mypy_boto3_dynamodb import DynamoDBClient

__all__ = ["DynamoDBCircuit"]

_DEPENDENCY = "circuit table"
_ZERO = {"N": "0"}
_NO_TEXT = {"S": ""}


class DynamoDBCircuit:
    """The circuit of one name; the table's key is ``circuit``. Deleting the item closes the circuit."""

    def __init__(self, client: "DynamoDBClient", table_name: str, name: str) -> None:
        """Keep the client and the names; nothing is called yet."""
        self._client = client
        self._table = table_name
        self._key = {"circuit": {"S": name}}

    def read(self) -> Circuit:
        """Return the circuit by a strongly consistent read; a closed one when there is no item."""
        with transient_as_unavailable(_DEPENDENCY):
            answer = self._client.get_item(TableName=self._table, Key=self._key, ConsistentRead=True)
        item = answer.get("Item")
        return _circuit(item) if item else Circuit()

    def replace(self, old: Circuit, new: Circuit) -> Circuit:
        """Keep ``new`` if the item still has the version of ``old``; return what is kept now."""
        write_id = {"S": str(uuid4())}
        # Version 0 is a circuit that was never stored, or whose item was deleted to close it.
        condition: dict[str, Any] = (
            {"ConditionExpression": "version = :old", "ExpressionAttributeValues": {":old": {"N": str(old.version)}}}
            if old.version
            else {"ConditionExpression": "attribute_not_exists(circuit)"}
        )
        try:
            with transient_as_unavailable(_DEPENDENCY):
                self._client.put_item(
                    TableName=self._table,
                    Item={**self._key, **_attributes(new), "write_id": write_id},
                    ReturnValuesOnConditionCheckFailure="ALL_OLD",
                    **condition,
                )
        except ClientError as error:
            if error_code(error) != "ConditionalCheckFailedException":
                raise
            item: dict[str, Any] | None = error.response.get("Item")  # type: ignore[assignment] # not in the stubs
            if item is None:
                return Circuit()
            # The client repeats a put whose answer was lost, and then meets what it wrote itself.
            return new if item.get("write_id") == write_id else _circuit(item)
        return new


def _attributes(circuit: Circuit) -> dict[str, Any]:
    return {
        "state": {"S": circuit.state.value},
        "failures": {"N": str(circuit.failures)},
        "trips": {"N": str(circuit.trips)},
        "until": {"N": f"{circuit.until:.3f}"},
        "version": {"N": str(circuit.version)},
        "refusal": {"N": str(circuit.refusal)},
        "refusals": {"N": str(circuit.refusals)},
        "refused": {"S": "\n".join(circuit.refused)},
        "reason": {"S": circuit.reason},
    }


def _circuit(item: Any) -> Circuit:  # noqa: ANN401 - an item in the wire's form
    return Circuit(
        state=State(item["state"]["S"]),
        failures=int(item["failures"]["N"]),
        trips=int(item["trips"]["N"]),
        until=float(item["until"]["N"]),
        version=int(item["version"]["N"]),
        # An item of a version that did not count refusals has none.
        refusal=int(item.get("refusal", _ZERO)["N"]),
        refusals=int(item.get("refusals", _ZERO)["N"]),
        refused=tuple(filter(None, item.get("refused", _NO_TEXT)["S"].split("\n"))),
        reason=item.get("reason", _NO_TEXT)["S"],
    )
