from collections.abc import Callable
from datetime import UTC, date, datetime
from random import Random
from typing import Any

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from patterns_batch.testing import COLUMNS, csv_of, json_lines_of, lines_of, make_orders, parquet_of
from patterns_batch.testing.plain_reading import PlainSums, plain_report
from patterns_batch.testing.plain_sums import plain_sums

DAY = date(2026, 11, 22)
LATER = "2026-11-23T10:00:00+00:00"
World = Any
Line = dict[str, Any]
FORMATS: dict[str, Callable[..., bytes]] = {"a.csv": csv_of, "a.jsonl": json_lines_of, "a.parquet": parquet_of}
SALES = lines_of(make_orders(40, day=DAY))
SOLD = SALES[0]
"""The first row of the first order, which stands in rows 0 to ``ROWS``."""
ROWS = sum(line["order_id"] == SOLD["order_id"] for line in SALES)
BACK = {**SOLD, "quantity": -1, "placed_at": LATER}
AMOUNT = SOLD["unit_price"]


def figures(document: dict[str, Any]) -> tuple[int, int, int, int, int]:
    """Return rejected rows, orders, revenue, and lines and amount of returns."""
    (euro,) = document["currencies"]
    returns = euro["returns"]
    return document["rows"]["rejected"], euro["orders"], euro["revenue"], returns["lines"], returns["amount"]


def sold() -> tuple[int, int]:
    """Return orders and revenue of the sales alone."""
    standing = [sums for key, sums in plain_sums(SALES)["baskets"].items() if key[-1] in {"PLACED", "FULFILLED"}]
    return sum(orders for orders, _ in standing), sum(revenue for _, revenue in standing)


CASES: dict[str, tuple[list[Line], int, int, int]] = {
    "behind all orders": ([*SALES, BACK], 0, 1, AMOUNT),
    "before all orders": ([BACK, *SALES], 0, 1, AMOUNT),
    "right behind the sale": ([*SALES[:ROWS], BACK, *SALES[ROWS:]], 0, 1, AMOUNT),
    "among the sale's rows": ([SALES[0], BACK, *SALES[1:]], 0, 1, AMOUNT),
    "of an amount": ([*SALES, {**SOLD, "unit_price": -300, "placed_at": LATER}], 0, 1, 300 * SOLD["quantity"]),
    "at the sale's own time": ([*SALES, {**SOLD, "quantity": -1}], 0, 1, AMOUNT),
    "twice, at two times": ([*SALES, BACK, SALES[-1] | {"order_id": "x"}, BACK | {"quantity": -2}], 0, 2, 3 * AMOUNT),
    "two in a row": ([*SALES, BACK, {**BACK, "placed_at": "2026-11-24T10:00:00+00:00"}], 0, 2, 2 * AMOUNT),
    "in another status": ([*SALES, {**BACK, "status": "PLACED"}], 0, 1, AMOUNT),
    "the same one twice": ([*SALES, BACK, SALES[-1] | {"order_id": "x"}, BACK], 1, 1, AMOUNT),
    "behind the order twice": ([*SALES, BACK, *SALES[:ROWS]], ROWS, 1, AMOUNT),
}
CHUNKS = {"in one chunk": 1_000_000, "in many chunks": 20}


@pytest.mark.parametrize("chunk_lines", CHUNKS.values(), ids=CHUNKS)
@pytest.mark.parametrize("case", CASES)
def test_a_return_under_the_sales_order_id_is_counted_apart(world: World, case: str, chunk_lines: int) -> None:
    """Wherever it stands; only the same return once more is a duplicate."""
    lines, rejected, count, amount = CASES[case]
    world.set(chunk_lines=chunk_lines, reject_share=0.5)
    world.drop("a.csv", csv_of(lines))
    found = figures(world.merge(world.plan("a.csv")))
    extra = next((line for line in lines if line["order_id"] == "x"), None)
    worth = (extra["quantity"] * extra["unit_price"], 1) if extra and extra["status"] in {"PLACED", "FULFILLED"} else ()
    orders, revenue = (sold()[0] + worth[1], sold()[1] + worth[0]) if worth else sold()
    assert found == (rejected, orders, revenue, count, amount)


@pytest.mark.parametrize("chunk_lines", CHUNKS.values(), ids=CHUNKS)
def test_a_return_that_is_there_twice_says_where_it_stands(world: World, chunk_lines: int) -> None:
    """In words of its own: it is no order."""
    world.set(chunk_lines=chunk_lines, reject_share=0.5)
    world.drop("a.csv", csv_of([BACK, *SALES[ROWS:], BACK]))
    world.merge(world.plan("a.csv"))
    (reject,) = [line for line in world.files()["rejects.jsonl"].decode().splitlines() if '"order_id"' in line]
    assert f'"row": {len(SALES) - ROWS + 2}' in reject
    assert "is a duplicate, the return stands in row 1 already" in reject


def test_a_file_that_is_there_twice_counts_its_returns_once(world: World) -> None:
    """Where they stand apart, and where they stand with their orders."""
    lines = [SALES[0], BACK, *SALES[1:], {**SALES[-1], "quantity": -2}, {**SALES[8], "unit_price": -5}]
    world.set(reject_share=1, chunk_lines=30)
    world.drop("a.csv", csv_of(lines * 2))
    world.drop("good.csv", csv_of(lines))
    document, good = world.merge(world.plan("a.csv")), world.merge(world.plan("good.csv", run="good"))
    assert document["rows"] == {"read": 2 * len(lines), "rejected": len(lines)}
    assert document["currencies"] == good["currencies"]


@pytest.mark.parametrize("name", ["currency", "customer_id"])
def test_a_return_right_behind_its_sale_is_of_the_same_customer_and_currency(world: World, name: str) -> None:
    """Else neither is counted: what stands together is one order, and one of its rows is wrong."""
    world.set(reject_share=1)
    world.drop("a.csv", csv_of([*SALES[:ROWS], {**BACK, name: "USD"}, *SALES[ROWS:]]))
    document = world.merge(world.plan("a.csv"))
    assert document["rows"]["rejected"] == ROWS + 1
    assert (reject := world.rejects()[-1])["row"] == ROWS + 1
    assert (reject["column"], reject["reason"].partition(" of")[0].partition(";")[0]) == (name, "is not that")


def test_a_sale_of_another_time_in_the_same_order_is_a_bad_row(world: World) -> None:
    """Returns are free to have a time of their own; sales are not."""
    world.set(reject_share=1)
    world.drop("a.csv", csv_of([BACK, SOLD, {**SOLD, "sku": "other", "placed_at": LATER}, *SALES[ROWS:]]))
    document = world.merge(world.plan("a.csv"))
    assert document["rows"]["rejected"] == 3
    assert [reject["column"] for reject in world.rejects()] == ["order_id", "order_id", "placed_at"]


def test_rejected_returns_leave_their_sales_alone(world: World) -> None:
    """With the setting, where they do not stand with them."""
    world.set(returns="rejected", reject_share=0.5)
    world.drop("a.csv", csv_of([*SALES, BACK]))
    assert figures(world.merge(world.plan("a.csv"))) == (1, *sold(), 0, 0)


@pytest.mark.parametrize("key", FORMATS)
def test_every_table_is_what_plain_loops_say(world: World, tmp_path: Any, key: str) -> None:  # noqa: ANN401
    """By day and hour of each return, and not of its sale."""
    lines = with_returns(Random(3))
    world.set(chunk_lines=50)
    world.drop(key, FORMATS[key](lines))
    document, expected = world.merge(world.plan(key)), plain_sums(lines)
    assert document["rows"]["rejected"] == 0
    for name, table, by in (("returns", "returns", 5), ("orders", "baskets", 4), ("products", "products", 5)):
        path = tmp_path / f"{name}.parquet"
        path.write_bytes(world.files()[path.name])
        rows = duckdb.connect().read_parquet(str(path)).fetchall()
        assert {(str(row[0]), *row[1:by]): list(row[by:]) for row in rows} == expected[table]


def with_returns(random: Random) -> list[Line]:
    """Return sales with returns of some of their products anywhere among them, each another one."""
    lines = [*SALES]
    for number, line in enumerate(random.sample(SALES, 12)):
        back = {**line, "quantity": -1, "placed_at": f"2026-11-23T{number:02}:30:00+00:00"}
        starts = [0, *(row for row in range(1, len(lines)) if lines[row]["order_id"] != lines[row - 1]["order_id"])]
        lines.insert(random.choice(starts), back)
    return lines


@pytest.mark.fuzz
@given(seed=st.integers(0, 10**6), chunk=st.integers(1, 60), copies=st.integers(0, 6))
def test_any_order_of_rows_in_any_chunks_is_what_plain_loops_say(
    make_world: Callable[[], World], seed: int, chunk: int, copies: int
) -> None:
    """Sales and returns torn apart at random, some of them there twice."""
    random, world = Random(seed), make_world()
    lines = with_returns(random)
    for _ in range(copies):
        begin = random.randrange(len(lines))
        piece = lines[begin : begin + random.randrange(1, 6)]
        place = random.randrange(len(lines))
        lines[place:place] = piece
    world.set(chunk_lines=chunk, reject_share=1)
    world.drop("a.csv", csv_of(lines))
    manifest = world.plan("a.csv")
    document = world.merge(manifest)
    rows = [(number, {name: str(line[name]) for name in COLUMNS}) for number, line in enumerate(lines)]
    (euro,) = document["currencies"]
    statuses = euro["statuses"]
    found = PlainSums(
        read=document["rows"]["read"],
        bad=document["rows"]["rejected"],
        orders=sum(status["orders"] for status in statuses),
        revenue=sum(status["revenue"] for status in statuses),
    )
    expected = plain_report(rows, _moment, manifest.before)
    found.return_lines, found.return_amount = _returned(world)
    assert found == expected


def _moment(text: str) -> int:
    return int(datetime.fromisoformat(text).astimezone(UTC).timestamp()) * 1_000_000


def _returned(world: World) -> list[int]:
    """Return lines and amount of the returns in all statuses."""
    path = world.settings.scratch / "returns.parquet"
    path.write_bytes(world.files()["returns.parquet"])
    with duckdb.connect() as engine:
        table = engine.read_parquet(str(path))
        return [int(table.sum(column).fetchall()[0][0] or 0) for column in ("lines", "amount")]
