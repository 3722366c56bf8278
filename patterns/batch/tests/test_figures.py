import hashlib
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import duckdb
import pytest

from patterns_batch.testing import csv_of, json_lines_of, lines_of, make_orders, parquet_of
from patterns_batch.testing.plain_sums import plain_sums

DAY = date(2026, 11, 22)
World = Any
FORMATS: dict[str, Callable[..., bytes]] = {
    "orders.parquet": parquet_of,
    "orders.csv": csv_of,
    "orders.jsonl": json_lines_of,
}


def two_currencies(count: int = 120, days: int = 9) -> list[dict[str, Any]]:
    """Lines of orders in euro, with some in yen among them."""
    euro = make_orders(count, day=DAY, days=days, seed=1)
    yen = make_orders(count // 3, day=DAY, days=days, seed=2, currency="JPY")
    return lines_of(sorted([*euro, *yen], key=lambda order: order.placed_at))


def read_table(content: bytes, tmp_path: Any, columns: str) -> dict[Any, list[int]]:  # noqa: ANN401
    """Return a published Parquet table as a dictionary by its first columns."""
    path = tmp_path / "table.parquet"
    path.write_bytes(content)
    by = columns.split(",")
    rows = duckdb.connect().read_parquet(str(path)).fetchall()
    return {(str(row[0]), *row[1 : len(by)]): list(row[len(by) :]) for row in rows}


@pytest.mark.parametrize(
    ("key", "zone"),
    [
        ("orders.parquet", "Asia/Kathmandu"),
        ("orders.csv", "UTC"),
        ("orders.jsonl", "UTC"),
        pytest.param("orders.parquet", "UTC", marks=pytest.mark.fuzz),
        pytest.param("orders.csv", "Asia/Kathmandu", marks=pytest.mark.fuzz),
        pytest.param("orders.jsonl", "Asia/Kathmandu", marks=pytest.mark.fuzz),
    ],
)
def test_every_figure_is_what_plain_loops_say(world: World, tmp_path: Any, key: str, zone: str) -> None:  # noqa: ANN401
    """In every format, and by the clocks of a zone that is a quarter of an hour off."""
    lines = two_currencies()
    world.set(time_zone=zone, chunk_lines=100)
    world.drop(key, FORMATS[key](lines))
    document = world.merge(world.plan(key))
    expected = plain_sums(lines, zone)
    files = world.files()
    assert read_table(files["orders.parquet"], tmp_path, "day,hour,currency,status") == expected["baskets"]
    assert read_table(files["products.parquet"], tmp_path, "day,hour,sku,currency,status") == expected["products"]
    assert document["rows"] == {"read": len(lines), "rejected": 0}
    assert [each["currency"] for each in document["currencies"]] == ["EUR", "JPY"]
    for each in document["currencies"]:
        standing = [
            sums
            for (_, _, currency, status), sums in expected["baskets"].items()
            if currency == each["currency"] and status in {"PLACED", "FULFILLED"}
        ]
        assert each["orders"] == sum(orders for orders, _ in standing)
        assert each["revenue"] == sum(revenue for _, revenue in standing)
        assert each["average_basket"] == round(each["revenue"] / each["orders"])
        assert sum(hour["revenue"] for hour in each["hours"]) == each["revenue"]
        assert sum(product["revenue"] for product in each["products"]) == each["revenue"]


def test_the_top_customers_are_the_top_ones(world: World) -> None:
    """Under pseudonyms that only who has the key can make, from whatever shards their orders are in."""
    lines = two_currencies(count=1500)
    world.set(shard_lines=1000, top_customers=5)
    world.drop("orders.parquet", parquet_of(lines))
    manifest = world.plan("orders.parquet")
    assert len(manifest.shards) > 1
    document = world.merge(manifest)
    key = world.pseudonyms.key("1")
    for each in document["currencies"]:
        ranked = sorted(
            (-revenue, hashlib.sha256(f"{key}:{customer}".encode()).hexdigest()[:16], orders)
            for (currency, customer), (orders, revenue) in plain_sums(lines)["customers"].items()
            if currency == each["currency"]
        )
        assert [(-top["revenue"], top["customer"], top["orders"]) for top in each["top_customers"]] == ranked[:5]


def test_a_top_customer_may_be_the_top_one_of_no_shard(world: World) -> None:
    """Second in every shard, first in all of them together."""

    def line(number: int, customer: str, price: int) -> dict[str, Any]:
        return {
            "order_id": f"order-{number}",
            "customer_id": customer,
            "placed_at": "2026-11-22T12:00:00Z",
            "status": "PLACED",
            "currency": "EUR",
            "sku": "TEA",
            "quantity": 1,
            "unit_price": price,
        }

    best = {10: ("first", 1000), 11: ("steady", 900), 3000: ("last", 1000), 3001: ("steady", 900)}
    lines = [line(number, *best.get(number, (f"customer-{number}", 1))) for number in range(4096)]
    world.set(shard_lines=2048, top_customers=1)
    world.drop("a.parquet", parquet_of(lines))
    manifest = world.plan("a.parquet")
    assert [shard.parts[0].rows for shard in manifest.shards] == [(0, 2048), (2048, 4096)]
    (top,) = world.merge(manifest)["currencies"][0]["top_customers"]
    name = hashlib.sha256(f"{world.pseudonyms.key('1')}:steady".encode()).hexdigest()[:16]
    assert top == {"customer": name, "orders": 2, "revenue": 1800}


def test_no_customer_is_anywhere_in_the_bucket(world: World) -> None:
    """Neither in the report nor in what the steps leave for each other."""
    orders = make_orders(50, day=DAY)
    world.drop("orders.jsonl", json_lines_of(lines_of(orders)))
    world.merge(world.plan("orders.jsonl"))
    everything = b"".join(world.objects.kept.values())
    assert not [order for order in orders if order.customer_id.encode() in everything]


class TestOfADay:
    """A report of the orders table: the day, compared with the day and the week before."""

    @pytest.fixture
    def document(self, world: World) -> dict[str, Any]:
        """The report of the 22nd, of a table with ten days."""
        world.table.kept = make_orders(600, day=DAY, days=10)
        document: dict[str, Any] = world.merge(world.plan(DAY))
        return document

    def test_it_has_the_day_and_what_it_is_compared_with(self, world: World, document: dict[str, Any]) -> None:
        """And reads no other days."""
        by_day = {
            day: plain_sums(lines_of(o for o in world.table.kept if str(o.placed_at.date()) == day))
            for day in ("2026-11-22", "2026-11-21", "2026-11-15")
        }
        (euro,) = document["currencies"]
        (day,) = euro["days"]

        def orders(name: str) -> int:
            standing = {"PLACED", "FULFILLED"}
            return sum(sums[0] for key, sums in by_day[name]["baskets"].items() if key[-1] in standing)

        assert document["date"] == day["date"] == "2026-11-22"
        assert euro["orders"] == day["orders"] == orders("2026-11-22")
        assert day["day_before"]["orders"] == orders("2026-11-21")
        assert day["week_before"]["orders"] == orders("2026-11-15")
        assert document["rows"]["read"] == sum(
            sums[0] for sums_of in by_day.values() for sums in sums_of["products"].values()
        )

    def test_tables_and_customers_are_of_the_day_alone(
        self,
        world: World,
        document: dict[str, Any],
        tmp_path: Any,  # noqa: ANN401
    ) -> None:
        """What it is compared with is in no other figure."""
        lines = lines_of(order for order in world.table.kept if order.placed_at.date() == DAY)
        expected = plain_sums(lines)
        assert read_table(world.files()["orders.parquet"], tmp_path, "day,hour,currency,status") == expected["baskets"]
        best = max(revenue for _, revenue in expected["customers"].values())
        assert document["currencies"][0]["top_customers"][0]["revenue"] == best

    def test_without_orders_it_says_so(self, world: World) -> None:
        """A day without orders is a report, not a failure; what it is compared with does not make it less empty."""
        world.table.kept = make_orders(50, day=date(2026, 11, 21))
        document = world.merge(world.plan(DAY))
        assert document["currencies"] == []
        assert b"<b>No orders.</b>" in world.files()["sales.html"]
        world.table.kept = []
        assert world.merge(world.plan(DAY, run="again"))["currencies"] == []

    @pytest.mark.parametrize(
        ("days", "orders", "missed"),
        [
            ([], 0, False),
            ([DAY], 30, False),
            ([DAY - timedelta(days=1)], 0, False),
            ([DAY - timedelta(days=7)], 0, True),
            ([DAY - timedelta(days=7), DAY], 30, False),
        ],
        ids=["a new shop", "a good day", "closed on this weekday", "something is broken", "as the week before"],
    )
    def test_it_is_known_whether_orders_were_to_be_expected(
        self, world: World, days: list[date], orders: int, *, missed: bool
    ) -> None:
        """By the same weekday a week before; a later try of the step tells the same."""
        world.table.kept = [order for n, day in enumerate(days) for order in make_orders(30, day=day, seed=n + 1)]
        manifest = world.plan(DAY)
        world.steps.sharder.work(manifest, 0)
        for _ in range(2):
            merged = world.steps.merger.merge(manifest)
            assert (merged.orders, merged.missed, merged.empty) == (orders, missed, not orders)

    def test_a_compared_day_without_orders_is_none_and_not_unknown(self, world: World) -> None:
        """The table was read for it, so that it is known to have had none."""
        world.table.kept = make_orders(50, day=DAY)
        (day,) = world.merge(world.plan(DAY))["currencies"][0]["days"]
        assert (day["day_before"]["orders"], day["week_before"]["revenue"]) == (0, 0)

    def test_the_day_is_the_zones(self, world: World) -> None:
        """The 25 hours of the day on which Berlin turns its clocks back, and not a minute more."""
        world.set(time_zone="Europe/Berlin")
        world.table.kept = make_orders(400, day=date(2026, 10, 26), days=3)
        document = world.merge(world.plan(date(2026, 10, 25)))
        lines = lines_of(world.table.kept)
        expected = {
            key: sums for key, sums in plain_sums(lines, "Europe/Berlin")["baskets"].items() if key[0] == "2026-10-25"
        }
        figures = document["currencies"][0]["statuses"]
        assert sum(status["orders"] for status in figures) == sum(orders for orders, _ in expected.values())


def test_a_compared_day_that_a_file_lacks_is_unknown(make_world: Callable[[], World]) -> None:
    """A file of one day says nothing of the day before; a file of two says that it fell."""
    one, two = make_world(), make_world()
    one.drop("a.csv", csv_of(lines_of(make_orders(20, day=DAY))))
    assert one.merge(one.plan("a.csv"))["currencies"][0]["days"][0]["day_before"] is None
    two.drop("a.csv", csv_of(lines_of(make_orders(40, day=DAY, days=2))))
    before, after = two.merge(two.plan("a.csv"))["currencies"][0]["days"]
    assert after["day_before"]["orders"] == before["orders"]
