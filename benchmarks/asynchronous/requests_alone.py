"""What DynamoDB's part of one call of a function takes on the platform when nothing else runs."""

import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from benchmarks.asynchronous.routes import Route, make_tables
from patterns_async.adapters.dynamodb_ledger import DynamoDBLedger
from patterns_async.application.books import entry_of
from patterns_shared.domain.events import Event

__all__ = ["requests_of_a_call"]

_TIMES = 15


def requests_of_a_call(model: Route, events: Sequence[Event], *, size: int) -> tuple[float, float]:
    """Return the milliseconds for ``size`` messages: of our one insert, and of Powertools' three requests for each."""
    client = model.platform.client("dynamodb")
    tables = make_tables(model, "alone")
    batches = [events[start : start + size] for start in range(0, 2 * _TIMES * size, size)]
    ledger = DynamoDBLedger(client, tables[0])

    def insert(batch: Sequence[Event]) -> None:
        ledger.append([entry_of(event) for event in batch])

    def claim_put_and_mark(batch: Sequence[Event]) -> None:
        for event in batch:
            for call in _claim_put_and_mark(client, tables, event):
                call()

    return _milliseconds(insert, batches[:_TIMES]), _milliseconds(claim_put_and_mark, batches[_TIMES:])


def _milliseconds(work: Callable[[Sequence[Event]], None], batches: Sequence[Sequence[Event]]) -> float:
    took = []
    for batch in batches:
        began = time.perf_counter()
        work(batch)
        took.append((time.perf_counter() - began) * 1000)
    return statistics.median(took)


def _claim_put_and_mark(client: Any, tables: Sequence[str], event: Event) -> Iterator[Callable[[], object]]:  # noqa: ANN401
    ledger, idempotency = tables
    yield lambda: client.put_item(
        TableName=idempotency,
        Item={"id": {"S": event.id}, "status": {"S": "INPROGRESS"}},
        ConditionExpression="attribute_not_exists(id)",
    )
    yield lambda: client.put_item(
        TableName=ledger, Item={"event_id": {"S": event.id}, "order_id": {"S": event.order_id}}
    )
    yield lambda: client.update_item(
        TableName=idempotency,
        Key={"id": {"S": event.id}},
        UpdateExpression="SET #status = :status",
        ExpressionAttributeNames={"#status": "status"},
        ExpressionAttributeValues={":status": {"S": "COMPLETED"}},
    )
