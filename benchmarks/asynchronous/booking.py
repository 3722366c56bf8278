"""Asking a subject to book messages, in its own process: each mode gives lines of JSON."""

import json
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeAlias

from benchmarks.asynchronous.messages import BAD_BODIES, batches, body, traffic
from benchmarks.asynchronous.tables import BOOKS, LEDGER, Tables
from benchmarks.order_event import LambdaContext
from benchmarks.stubbed_dynamodb import stub

__all__ = ["check", "requests", "warm"]

Handler: TypeAlias = Callable[[dict[str, Any], LambdaContext], dict[str, Any]]
_ALL_DONE: dict[str, Any] = {"batchItemFailures": []}


def warm(handler: Handler, size: str, messages: str) -> Iterator[str]:
    """Book ``messages`` for each line on standard input: seconds by the clock, and of processor time."""
    tables = Tables()
    stub(tables.answer)
    for turn, _ in enumerate(sys.stdin):
        numbers = range(turn * int(messages), (turn + 1) * int(messages))
        asked = list(batches([body(number) for number in numbers], int(size)))
        wall, processor = time.perf_counter(), time.process_time()
        for batch in asked:
            answer = handler(batch, LambdaContext())
            assert answer == _ALL_DONE
        took = {"wall": time.perf_counter() - wall, "processor": time.process_time() - processor}
        assert len(BOOKS) == len(numbers)
        tables.clear()
        yield json.dumps(took)


def requests(handler: Handler, size: str, messages: str) -> Iterator[str]:
    """Book traffic with duplicates and poison: requests to DynamoDB by operation, and the outcome of each message."""
    tables = Tables()
    stub(tables.answer)
    failed = sum(_failures(handler, batch) for batch in batches(traffic(int(messages)), int(size)))
    yield json.dumps(
        {"requests": tables.requests, "books": BOOKS, "failed": failed, "dead_letters": tables.dead_letters}
    )


def check(handler: Handler) -> Iterator[str]:
    """Book ten events, the same again, and each bad message with a good one: entries, log lines and failures."""
    tables = Tables()
    stub(tables.answer)
    good = next(batches([body(number) for number in range(10)], 10))
    with _overheard() as said:
        first = _failures(handler, good)
    booked = dict(BOOKS)
    again = _failures(handler, good)
    writes = tables.writes[LEDGER]
    refused = {}
    for number, (what, text) in enumerate(BAD_BODIES.items(), 100):
        tables.clear()
        batch = next(batches([body(number), text, body(number + 1000)], 3))
        failed = _failures(handler, batch)
        refused[what] = {"booked": len(BOOKS), "told": failed + len(tables.dead_letters)}
        tables.dead_letters.clear()
    yield json.dumps({"failed": [first, again], "books": booked, "writes": writes, "said": said, "refused": refused})


def _failures(handler: Handler, batch: dict[str, Any]) -> int:
    """Return how many messages of a batch come again; all of them when the function itself fails."""
    try:
        return len(handler(batch, LambdaContext())["batchItemFailures"])
    except Exception:  # noqa: BLE001 - whatever it is, that is what Lambda makes of it
        return len(batch["Records"])


@contextmanager
def _overheard() -> Iterator[list[str]]:
    """Yield the lines that are written to standard output, through whichever object."""
    said: list[str] = []
    kept = os.dup(1)
    with tempfile.TemporaryFile() as file:
        os.dup2(file.fileno(), 1)
        try:
            yield said
        finally:
            sys.stdout.flush()
            os.dup2(kept, 1)
            os.close(kept)
            file.seek(0)
            said += file.read().decode().splitlines()
