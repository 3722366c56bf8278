"""The batch pattern's report of the same table."""

from collections import Counter, defaultdict
from pathlib import Path

import duckdb
from tests.whole.books import differences, drain
from tests.whole.customers import BASKETS, Customers
from tests.whole.promises import Promises
from tests.whole.world import World

from patterns_async.application.books import Entry, balance
from patterns_batch.bootstrap import Ports, steps_with
from patterns_batch.settings import Settings
from patterns_batch.testing.fakes import FixedPseudonyms, InMemoryInputs, InMemoryObjects, InMemoryOrdersTable
from patterns_shared.domain.orders import OrderStatus

ENVIRONMENT = {
    "STAGE": "test",
    "REPORT_BUCKET": "reports",
    "PSEUDONYM_SECRET_ARN": "pseudonyms",
    "APP_VERSION": "1",
    "THREADS": "1",
    "SEGMENTS": "2",
}


def test_the_report_has_the_ledgers_books(tmp_path: Path) -> None:
    """Orders and amounts of each status are those of the table, and what was fulfilled is what the ledger comes to."""
    world, promises = World(), Promises()
    customers = Customers(world, promises)
    for number in range(30):
        customers.place(f"customer-{number % 7}", sorted(BASKETS)[number % 3], None)
        if number % 5 == 0:
            customers.cancel(number)
        if number % 4 == 0:
            world.turn("relay 0")
            world.turn("fulfilment", size=3)
    drain(world)
    assert differences(world, promises) == []
    reported = report_of(world, tmp_path)
    orders = world.table.all.values()
    assert {status: count for status, (count, _) in reported.items()} == Counter(order.status for order in orders)
    booked: defaultdict[str, list[Entry]] = defaultdict(list)
    for entry in world.ledger.entries.values():
        booked[entry.order_id].append(entry)
    assert reported[OrderStatus.FULFILLED][1] == sum(map(balance, booked.values())) > 0
    assert len(reported) == 3


def report_of(world: World, folder: Path) -> dict[OrderStatus, tuple[int, int]]:
    """Make the report of the day, and return orders and amount by status."""
    objects = InMemoryObjects()
    ports = Ports(
        objects=objects,
        inputs=InMemoryInputs(),
        table=InMemoryOrdersTable(world.table.all.values()),
        pseudonyms=FixedPseudonyms(),
        now=world.clock,
    )
    settings = Settings.from_environment({**ENVIRONMENT, "SCRATCH_DIR": str(folder)})
    steps = steps_with(settings, ports, lambda: False)
    manifest = steps.planner.plan_date("run", world.clock().date())
    for shard in manifest.shards:
        steps.sharder.work(manifest, shard.number)
    steps.merger.merge(manifest)
    path = folder / "orders.parquet"
    path.write_bytes(objects.kept["runs/run/result/orders.parquet"])
    with duckdb.connect() as database:
        rows = database.execute(
            "SELECT status, sum(orders)::BIGINT, sum(revenue)::BIGINT FROM read_parquet(?) GROUP BY status", [str(path)]
        ).fetchall()
    return {OrderStatus(status): (orders, revenue) for status, orders, revenue in rows}
