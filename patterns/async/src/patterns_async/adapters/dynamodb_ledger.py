"""The ledger on one DynamoDB table: 25 entries a request, each inserted or refused for itself.

A batch of PartiQL inserts, and not a transaction or a put with a condition: an insert never overwrites, one request
takes 25 of them, one that is refused takes no other with it, and each costs one write unit, where a transaction costs
two. And its permission, ``dynamodb:PartiQLInsert``, is all that the function's role has for writing: append-only is not
a promise of this code, the role cannot change an entry. A refused insert does not return the entry that is there, so
one read a request compares those that were refused, and a batch without duplicates reads nothing.
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ql-reference.multiplestatements.batching.html
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from patterns_async.application.books import Booked, Entry
from patterns_shared.adapters.client_errors import error_code, transient_as_unavailable
from patterns_shared.domain.errors import EventConflict, PermanentFailure, TemporarilyUnavailable

if TYPE_CHECKING:  # the stubs exist for the type checker only
    from mypy_boto3_dynamodb import DynamoDBClient

__all__ = ["MAX_STATEMENTS", "DynamoDBLedger", "LedgerRefused"]

MAX_STATEMENTS = 25
"""Statements in one request."""

_ATTRIBUTES = (
    "event_id",
    "order_id",
    "order_version",
    "type",
    "amount",
    "currency",
    "occurred_at",
    "trace_id",
    "content",
)
_COMPARED_WITHOUT_CONTENT = ("order_id", "order_version", "type", "amount", "currency")
"""What must agree with an entry from before entries had a content."""
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
_DUPLICATE = "DuplicateItem"
_DEPENDENCY = "ledger table"


class LedgerRefused(Exception):
    """The table refused an entry for a reason that is neither the entry's fault nor known to pass."""


class DynamoDBLedger:
    """Entries in the table of this name, whose key is ``event_id``."""

    def __init__(self, client: "DynamoDBClient", table_name: str) -> None:
        """Keep the client; nothing is called yet."""
        self._client = client
        self._table = table_name
        fields = ",".join(f"'{name}':?" for name in _ATTRIBUTES)
        self._insert = f'INSERT INTO "{table_name}" VALUE {{{fields}}}'

    def append(self, entries: Sequence[Entry]) -> Mapping[str, Booked | Exception]:
        """Insert the entries; one that is there already is a duplicate, or a conflict if its content differs."""
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
        results: dict[str, Booked | Exception] = {}
        refused: list[Entry] = []
        for entry, response in zip(entries, answer["Responses"], strict=True):
            error_of_entry = response.get("Error")
            if error_of_entry and error_of_entry.get("Code") == _DUPLICATE:
                refused.append(entry)
            else:
                results[entry.event_id] = _result(error_of_entry)
        return results | self._compare(refused) if refused else results

    def _compare(self, entries: Sequence[Entry]) -> dict[str, Booked | Exception]:
        """Say of entries that are there already whether they are the same."""
        keys: list[Any] = [{"event_id": {"S": entry.event_id}} for entry in entries]
        try:
            with transient_as_unavailable(_DEPENDENCY):
                answer = self._client.batch_get_item(RequestItems={self._table: {"Keys": keys, "ConsistentRead": True}})
        except TemporarilyUnavailable as error:
            return dict.fromkeys((entry.event_id for entry in entries), error)
        there = {item["event_id"]["S"]: item for item in answer["Responses"].get(self._table, ())}
        return {entry.event_id: _compared(entry, there.get(entry.event_id)) for entry in entries}

    def _one_by_one(self, entries: Sequence[Entry], error: ClientError) -> dict[str, Booked | Exception]:
        """Insert each entry alone after the request was refused as a whole: one of them may be the reason."""
        if error_code(error) != "ValidationException":
            raise error
        if len(entries) == 1:
            return {entries[0].event_id: PermanentFailure("the ledger table refuses the entry", detail=str(error))}
        return {event_id: result for entry in entries for event_id, result in self._append([entry]).items()}

    def _statement(self, entry: Entry) -> Any:  # noqa: ANN401 - the stubs' type exists for the type checker only
        return {"Statement": self._insert, "Parameters": _values(entry)}


def _values(entry: Entry) -> list[dict[str, str]]:
    """Return the entry's attributes, in the order of their names."""
    return [
        {"S": entry.event_id},
        {"S": entry.order_id},
        {"N": str(entry.order_version)},
        {"S": entry.type.value},
        {"N": str(entry.amount)},
        {"S": entry.currency},
        {"S": entry.occurred_at.isoformat()},
        {"S": entry.trace_id},
        {"S": entry.content},
    ]


def _compared(entry: Entry, item: Mapping[str, Any] | None) -> Booked | Exception:
    if item is None:
        return TemporarilyUnavailable(_DEPENDENCY)
    names = ("content",) if "content" in item else _COMPARED_WITHOUT_CONTENT
    mine = dict(zip(_ATTRIBUTES, _values(entry), strict=True))
    return Booked.SEEN if all(item.get(name) == mine[name] for name in names) else EventConflict(entry.event_id)


def _result(error: Mapping[str, Any] | None) -> Booked | Exception:
    if not error:
        return Booked.BOOKED
    code = error.get("Code", "")
    if code == "ValidationError":
        return PermanentFailure("the ledger table refuses the entry", detail=error.get("Message", ""))
    return TemporarilyUnavailable(_DEPENDENCY) if code in _PASSING else LedgerRefused(code)
