"""The ledger on one DynamoDB table: 25 entries a request, each inserted or refused for itself.

A batch of PartiQL inserts, and not a transaction or a put with a condition: an insert never overwrites, one request
takes 25 of them, one that is refused takes no other with it, and each costs one write unit, where a transaction costs
two. And its permission, ``dynamodb:PartiQLInsert``, is all that the function's role has: append-only is not a promise
of this code, the role cannot change an entry.
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ql-reference.multiplestatements.batching.html
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from patterns_async.application.books import Booked, Entry
from patterns_shared.adapters.client_errors import error_code, transient_as_unavailable
from patterns_shared.domain.errors import PermanentFailure, TemporarilyUnavailable

if TYPE_CHECKING:  # the stubs exist for the type checker only
    from mypy_boto3_dynamodb import DynamoDBClient

__all__ = ["MAX_STATEMENTS", "DynamoDBLedger", "LedgerRefused"]

MAX_STATEMENTS = 25
"""Statements in one request."""

_ATTRIBUTES = ("event_id", "order_id", "order_version", "type", "amount", "currency", "occurred_at", "trace_id")
# https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchStatementError.html
_PASSING = frozenset(
    {
        "InternalServerError",
        "ProvisionedThroughputExceeded",
        "RequestLimitExceeded",
        "ThrottlingError",
        "TransactionConflict",
    }
)
_DEPENDENCY = "ledger table"


class LedgerRefused(Exception):
    """The table refused an entry for a reason that is neither the entry's fault nor known to pass."""


class DynamoDBLedger:
    """Entries in the table of this name, whose key is ``event_id``."""

    def __init__(self, client: "DynamoDBClient", table_name: str) -> None:
        """Keep the client; nothing is called yet."""
        self._client = client
        fields = ",".join(f"'{name}':?" for name in _ATTRIBUTES)
        self._insert = f'INSERT INTO "{table_name}" VALUE {{{fields}}}'

    def append(self, entries: Sequence[Entry]) -> Mapping[str, Booked | Exception]:
        """Insert the entries; an event that has one is refused as a duplicate, which is a success."""
        results: dict[str, Booked | Exception] = {}
        for start in range(0, len(entries), MAX_STATEMENTS):
            results.update(self._append(entries[start : start + MAX_STATEMENTS]))
        return results

    def _append(self, entries: Sequence[Entry]) -> dict[str, Booked | Exception]:
        try:
            with transient_as_unavailable(_DEPENDENCY):
                answer = self._client.batch_execute_statement(Statements=[self._statement(entry) for entry in entries])
        except TemporarilyUnavailable as error:
            return dict.fromkeys((entry.event_id for entry in entries), error)
        except ClientError as error:
            return self._one_by_one(entries, error)
        return {
            entry.event_id: _result(response.get("Error"))
            for entry, response in zip(entries, answer["Responses"], strict=True)
        }

    def _one_by_one(self, entries: Sequence[Entry], error: ClientError) -> dict[str, Booked | Exception]:
        """Insert each entry alone after the request was refused as a whole: one of them may be the reason."""
        if error_code(error) != "ValidationException":
            raise error
        if len(entries) == 1:
            return {entries[0].event_id: PermanentFailure("the ledger table refuses the entry", detail=str(error))}
        return {event_id: result for entry in entries for event_id, result in self._append([entry]).items()}

    def _statement(self, entry: Entry) -> Any:  # noqa: ANN401 - the stubs' type exists for the type checker only
        values = (
            {"S": entry.event_id},
            {"S": entry.order_id},
            {"N": str(entry.order_version)},
            {"S": entry.type.value},
            {"N": str(entry.amount)},
            {"S": entry.currency},
            {"S": entry.occurred_at.isoformat()},
            {"S": entry.trace_id},
        )
        return {"Statement": self._insert, "Parameters": values}


def _result(error: Mapping[str, Any] | None) -> Booked | Exception:
    if not error:
        return Booked.BOOKED
    code = error.get("Code", "")
    if code == "DuplicateItem":
        return Booked.SEEN
    if code == "ValidationError":
        return PermanentFailure("the ledger table refuses the entry", detail=error.get("Message", ""))
    return TemporarilyUnavailable(_DEPENDENCY) if code in _PASSING else LedgerRefused(code)
