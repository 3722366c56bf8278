"""The report of a day from the orders table, against a bare parallel scan of it, on the emulator."""

import statistics
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

from benchmarks.batch.processes import Took, run
from benchmarks.results import Result, compared
from patterns_batch.testing import make_orders
from patterns_deploy.folder import LocalFolder
from patterns_local.platform import Platform
from patterns_shared.adapters.order_items import order_to_item

__all__ = ["DAY", "SEGMENTS", "TABLE", "measure"]

BENCHMARK = "batch-table"
DAY = date(2026, 11, 22)
ORDERS = 100_000
SEGMENTS = 4
TABLE = "patterns-bench-orders"
_BATCH = 25
_AT_ONCE = 4


def measure(rounds: int) -> list[Result]:
    """Let both take turns, after one that is not counted."""
    took: dict[str, list[Took]] = {"bare": [], "shard": []}
    with _platform() as endpoint:
        for number in range(rounds + 1):
            for name, all_took in took.items():
                one = run("benchmarks.batch.scan_subjects", name, endpoint)
                assert one.counted["orders"] == ORDERS
                if number:
                    all_took.append(one)
    return [
        compared(
            BENCHMARK,
            f"{ORDERS:,} orders{text}: a bare parallel scan that only reads pages",
            statistics.median(getattr(one, kind) for one in took["shard"]),
            statistics.median(getattr(one, kind) for one in took["bare"]),
            "s",
            at_most=goal,
        )
        for kind, text, goal in (("wall", "", 1.3), ("processor", ", processor time of the task", 0.0))
    ]


@contextmanager
def _platform() -> Iterator[str]:
    """Start an emulator of our own, with a table of orders that were placed on the day and on the day before."""
    with (
        tempfile.TemporaryDirectory(prefix="patterns-bench-") as folder,
        Platform.start([], folder=LocalFolder(Path(folder))) as platform,
    ):
        dynamodb = platform.client("dynamodb")
        dynamodb.create_table(
            TableName=TABLE,
            BillingMode="PAY_PER_REQUEST",
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        )
        orders = make_orders(ORDERS, day=DAY, days=2)
        items = [order_to_item(order, traceparent="") for order in orders]
        with ThreadPoolExecutor(_AT_ONCE) as threads:
            batches = [items[start : start + _BATCH] for start in range(0, ORDERS, _BATCH)]
            for _ in threads.map(lambda batch: _put(dynamodb, batch), batches):
                pass
        platform.client("ssm").put_parameter(Name="/patterns/bench/web_api/orders_table", Value=TABLE, Type="String")
        yield platform.endpoint_url


def _put(dynamodb: Any, items: list[dict[str, Any]]) -> None:  # noqa: ANN401 - botocore's client
    asked = {TABLE: [{"PutRequest": {"Item": item}} for item in items]}
    while asked:
        asked = dynamodb.batch_write_item(RequestItems=asked).get("UnprocessedItems", {})
