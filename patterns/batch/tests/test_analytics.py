# ruff: noqa: S608 - names of tables and folders are the test's own
import json
import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import duckdb
import pytest

from patterns_batch.application.analytics import source_of
from patterns_batch.engine.day_files import TABLES
from patterns_batch.testing import csv_of, lines_of, make_orders
from patterns_batch.testing.plain_sums import plain_sums

DAY = date(2026, 11, 22)
DOCS = Path(__file__).parents[3] / "docs" / "batch.md"
World = Any
Rows = dict[Any, list[int]]


class Killed(BaseException):
    """What ends a task in the middle of its work."""


@pytest.fixture
def lake(tmp_path: Path) -> Callable[[dict[str, bytes]], duckdb.DuckDBPyConnection]:
    """Return a function that shows what is below ``analytics/`` as the Glue tables show it to Athena."""

    def show(kept: dict[str, bytes]) -> duckdb.DuckDBPyConnection:
        database = duckdb.connect()
        published = [json.loads(text) for key, text in kept.items() if key.startswith("analytics/published/")]
        rows = [(each["source"], each["version"], each["report"], each["days"]) for each in published]
        database.execute("CREATE TABLE published (source VARCHAR, version VARCHAR, report VARCHAR, days INTEGER)")
        for row in rows:
            database.execute("INSERT INTO published VALUES (?, ?, ?, ?)", row)
        for table, columns in TABLES.items():
            folder = Path(mkdtemp(dir=tmp_path))
            typed = ", ".join(f"NULL::{kind} AS {name}" for name, kind in columns.items())
            (folder / table / "day=none" / "source=none").mkdir(parents=True)
            database.execute(
                f"COPY (SELECT {typed} WHERE false) TO '{folder}/{table}/day=none/source=none/{table}.parquet'"
            )
            for key, content in kept.items():
                if key.startswith(f"analytics/{table}/"):
                    path = folder / key.removeprefix("analytics/")
                    path.parent.mkdir(parents=True, exist_ok=True)
                    path.write_bytes(content)
            database.execute(
                f"CREATE VIEW {table} AS SELECT * FROM read_parquet('{folder}/{table}/*/*/*.parquet', "
                "hive_partitioning = true, hive_types = {'day': VARCHAR, 'source': VARCHAR})"
            )
        return database

    return show


Lake = Callable[[dict[str, bytes]], duckdb.DuckDBPyConnection]


def publish(world: World, what: date | str, run: str) -> Any:  # noqa: ANN401
    """Work off, merge and publish; return the manifest."""
    manifest = world.plan(what, run=run)
    world.merge(manifest)
    world.steps.publisher.publish(manifest)
    return manifest


def overwrite(world: World, lines: list[dict[str, Any]], day: int) -> None:
    """Put a new version of the daily file."""
    world.drop("daily.csv", csv_of(lines))
    world.inputs.modified = datetime(2026, 11, day, tzinfo=UTC)


def baskets(database: duckdb.DuckDBPyConnection, source: str, *, strict: bool = False) -> Rows:
    """Return the sums of the table of orders, as ``plain_sums`` has them."""
    joined = "JOIN published ON published.source = orders.source AND published.version = orders.version"
    found = database.execute(
        "SELECT day, hour, currency, status, sum(orders), sum(revenue) "
        f"FROM orders {joined if strict else ''} WHERE orders.source = ? GROUP BY ALL",
        [source],
    ).fetchall()
    return {tuple(row[:4]): [int(each) for each in row[4:]] for row in found}


def test_a_file_s_days_are_files_of_their_own(world: World, lake: Lake) -> None:
    """And come to what plain loops say, in all three tables; no column names a customer or an order."""
    lines = lines_of(make_orders(120, day=DAY, days=5))
    lines.append({**lines[3], "quantity": -1, "placed_at": "2026-11-23T09:00:00+00:00"})
    world.drop("orders.csv", csv_of(lines))
    manifest = publish(world, "orders.csv", "run")
    source, expected, kept = source_of(manifest), plain_sums(lines), world.objects.kept
    assert source == json.loads(kept[f"reports/{manifest.report}/report.json"])["source"]
    assert re.fullmatch("orders.csv-[0-9a-f]{16}", source)
    days = sorted({key[0] for key in expected["baskets"]})
    assert sorted(key for key in kept if key.startswith("analytics/orders/")) == [
        f"analytics/orders/day={day}/source={source}/orders.parquet" for day in days
    ]
    database = lake(kept)
    assert baskets(database, source) == baskets(database, source, strict=True) == expected["baskets"]
    for table, by, sums in (("products", 5, "orders, units, revenue"), ("returns", 5, "lines, units, amount")):
        rows = database.execute(f"SELECT day, hour, sku, currency, status, {sums} FROM {table}").fetchall()
        assert {tuple(row[:by]): list(row[by:]) for row in rows} == expected[table]


def test_the_files_have_the_columns_that_the_tables_say(world: World, tmp_path: Path) -> None:
    """In this order and of these types, also where a file has no rows."""
    lines = lines_of(make_orders(20, day=DAY, days=2))
    overwrite(world, [*lines, {**lines[0], "unit_price": -100}], 23)
    publish(world, "daily.csv", "one")
    overwrite(world, lines[-1:], 24)
    publish(world, "daily.csv", "two")
    for key, content in world.objects.kept.items():
        if key.startswith("analytics/") and key.endswith(".parquet"):
            (path := tmp_path / "one.parquet").write_bytes(content)
            described = duckdb.execute(
                f"DESCRIBE SELECT * FROM read_parquet('{path}', hive_partitioning = false)"
            ).fetchall()
            assert {name: kind for name, kind, *_ in described} == TABLES[key.split("/")[1]]


def test_a_day_of_the_shop_that_is_made_again_takes_the_place_of_what_was_there(world: World, lake: Lake) -> None:
    """And of no other day."""
    world.table.kept = make_orders(90, day=DAY, days=9)
    publish(world, DAY, "one")
    publish(world, date(2026, 11, 21), "other")
    world.table.kept = [*make_orders(90, day=date(2026, 11, 21), days=8), *make_orders(7, day=DAY, seed=2)]
    world.now = datetime(2026, 11, 24, 4, 0, tzinfo=UTC)
    publish(world, DAY, "two")
    expected = plain_sums(lines_of(make_orders(7, day=DAY, seed=2)))["baskets"]
    found = baskets(lake(world.objects.kept), "shop", strict=True)
    assert {key: sums for key, sums in found.items() if key[0] == "2026-11-22"} == expected
    assert {key[0] for key in found} == {"2026-11-21", "2026-11-22"}


@pytest.fixture
def versions(world: World) -> tuple[World, list[Any], list[Rows]]:
    """Return a world with two merged versions of a file, and what each comes to: days vanish, orders move."""
    first, second = make_orders(40, day=DAY, days=3), make_orders(30, day=date(2026, 11, 21), days=2)
    contents = [lines_of(first), lines_of(second)]
    manifests = []
    for number, lines in enumerate(contents):
        overwrite(world, lines, 23 + number)
        manifests.append(world.plan("daily.csv", run=f"run-{number}"))
        world.merge(manifests[-1])
    return world, manifests, [plain_sums(lines)["baskets"] for lines in contents]


def test_a_reader_never_sees_an_order_twice(versions: tuple[World, list[Any], list[Rows]], lake: Lake) -> None:
    """After every single write: each day is of one version, and of the published version's rows none is of another."""
    world, (first, second), sums = versions
    world.steps.publisher.publish(first)
    source, snapshots = source_of(first), []
    write = world.objects.write

    def watched(key: str, content: bytes) -> None:
        write(key, content)
        if key.startswith("analytics/"):
            snapshots.append(dict(world.objects.kept))

    world.objects.write = watched
    world.steps.publisher.publish(second)
    assert len(snapshots) > 6
    for kept in snapshots:
        database = lake(kept)
        plain, strict = baskets(database, source), baskets(database, source, strict=True)
        for day in {key[0] for key in plain}:
            of_day = {key: each for key, each in plain.items() if key[0] == day}
            assert of_day in [{key: each for key, each in one.items() if key[0] == day} for one in sums]
        assert strict.items() <= sums[1].items()
    database = lake(world.objects.kept)
    assert baskets(database, source) == baskets(database, source, strict=True) == sums[1]


@pytest.mark.parametrize("moment", range(0, 16, 3))
def test_a_killed_task_leaves_no_mix_once_it_is_repeated(
    versions: tuple[World, list[Any], list[Rows]], lake: Lake, moment: int
) -> None:
    """At any write of the second version's; until then, the published version's rows are of it alone."""
    world, (first, second), sums = versions
    world.steps.publisher.publish(first)
    write, left = world.objects.write, moment

    def mortal(key: str, content: bytes) -> None:
        nonlocal left
        if key.startswith("analytics/"):
            if not left:
                raise Killed
            left -= 1
        write(key, content)

    world.objects.write = mortal
    try:
        world.steps.publisher.publish(second)
    except Killed:
        strict = baskets(lake(dict(world.objects.kept)), source_of(first), strict=True)
        assert any(strict.items() <= each.items() for each in sums)
    world.objects.write = write
    world.steps.publisher.publish(second)
    assert baskets(lake(world.objects.kept), source_of(first)) == sums[1]


@pytest.mark.parametrize("moment", range(0, 16, 3))
def test_of_two_versions_at_once_the_later_one_stays(
    versions: tuple[World, list[Any], list[Rows]], lake: Lake, moment: int
) -> None:
    """Whenever the later one is published while the earlier one is."""
    world, (first, second), sums = versions
    originals = {name: getattr(world.objects, name) for name in ("create", "replace", "upload")}
    left = moment

    def interrupted(name: str) -> Callable[..., Any]:
        def call(key: str, *arguments: Any) -> Any:  # noqa: ANN401
            nonlocal left
            if key.startswith("analytics/"):
                left -= 1
                if left == -1:
                    world.steps.publisher.publish(second)
            return originals[name](key, *arguments)

        return call

    for name in originals:
        setattr(world.objects, name, interrupted(name))
    world.steps.publisher.publish(first)
    if left >= 0:
        world.steps.publisher.publish(second)
    database = lake(world.objects.kept)
    assert baskets(database, source_of(first)) == baskets(database, source_of(first), strict=True) == sums[1]


def test_the_queries_of_the_documentation_run(world: World, lake: Lake) -> None:
    """As they stand there, over the same layout; DuckDB in the place of Athena."""
    world.table.kept = make_orders(60, day=DAY)
    publish(world, DAY, "day")
    world.drop("orders.csv", csv_of(lines_of(make_orders(40, day=DAY, days=3))))
    source = source_of(publish(world, "orders.csv", "file"))
    queries = re.findall(r"```sql\n(.+?)```", DOCS.read_text(), re.DOTALL)
    database = lake(world.objects.kept)
    by_day, of_file = (database.execute(re.sub("orders.csv-[0-9a-f]{16}", source, each)).fetchall() for each in queries)
    standing = [
        sums
        for key, sums in plain_sums(lines_of(world.table.kept))["baskets"].items()
        if key[-1] in {"PLACED", "FULFILLED"}
    ]
    assert by_day == [("2026-11-22", "EUR", sum(each[0] for each in standing), sum(each[1] for each in standing))]
    assert of_file
    assert sum(row[-1] for row in of_file) == world.result("file")["currencies"][0]["revenue"]
