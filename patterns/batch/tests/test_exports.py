import gzip
import json
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from moto import mock_aws

from patterns_batch.adapters.s3_objects import S3Objects
from patterns_batch.errors import BadInput, Stopped
from patterns_batch.manifest import ExportSource, Manifest
from patterns_batch.testing import EXPORT_ID, data_file, export_of, export_of_files, make_orders
from patterns_shared.adapters.order_items import order_to_item

DAY = date(2026, 11, 22)
World = Any
Client = Any
ORDERS = make_orders(120, day=DAY + timedelta(days=1), days=10)
"""Some on the day, some on compared days, some on none of them, also after the day."""
PREFIX = "exports/run/"


def test_an_export_makes_the_table_s_own_report(world: World, make_world: Callable[[], World]) -> None:
    """Byte for byte, in however many shards; items that are no orders are left out, as by the scan."""
    other = make_world()
    other.table.kept = ORDERS
    expected = other.merge(other.plan(DAY))
    assert expected["currencies"][0]["days"][0]["week_before"]["orders"]
    for shard_bytes, shards in ((10**9, 1), (20_000, 3), (1, 4)):
        run = f"run{shards}"
        world.set(shard_bytes=shard_bytes)
        world.objects.kept |= export_of(ORDERS, prefix=f"exports/{run}/")
        manifest = world.steps.planner.plan_date(run, DAY, EXPORT_ID)
        assert len(manifest.shards) == shards
        assert world.merge(manifest) == expected
        assert world.files(run) == other.files()


def test_its_plan_is_read_as_it_was_written(world: World) -> None:
    """The manifest has the list's digest, not the list: it stays small, however many files there are."""
    world.objects.kept |= export_of(ORDERS, prefix=PREFIX)
    manifest = world.steps.planner.plan_date("run", DAY, EXPORT_ID)
    assert Manifest.decode(world.objects.kept["runs/run/manifest.json"]) == manifest
    assert isinstance(manifest.source, ExportSource)
    assert manifest.source.table == "patterns-test-orders"
    assert manifest.source.exported_at == "2026-11-24T02:00:00.000Z"
    assert [shard.files for shard in manifest.shards] == [(0, 4)]


def test_the_web_api_is_not_asked(world: World) -> None:
    """The table's own name is in the export: nothing but the bucket is read."""
    world.table.deployed = False
    world.objects.kept |= export_of(ORDERS, prefix=PREFIX)
    world.merge(world.steps.planner.plan_date("run", DAY, EXPORT_ID))
    assert world.table.pages == 0


def test_an_export_without_items_is_a_report_that_says_so(world: World) -> None:
    """A new shop's table: its one partition is an empty file."""
    world.objects.kept |= export_of_files([b""], [0], prefix=PREFIX)
    document = world.merge(world.steps.planner.plan_date("run", DAY, EXPORT_ID))
    assert (document["rows"], document["currencies"]) == ({"read": 0, "rejected": 0}, [])


def test_of_a_day_without_orders_nothing_is_counted(world: World) -> None:
    """Though the table has orders of other days."""
    world.objects.kept |= export_of(ORDERS, prefix=PREFIX)
    document = world.merge(world.steps.planner.plan_date("run", DAY - timedelta(days=90), EXPORT_ID))
    assert document["rows"]["read"] == 0


def test_files_are_divided_by_their_items(world: World) -> None:
    """A shard has whole files, and the large ones do not all fall to one."""
    items = [order_to_item(order, traceparent="") for order in ORDERS[:60]]
    sizes = [1, 1, 28, 1, 1, 28]
    parts = [items[sum(sizes[:n]) : sum(sizes[: n + 1])] for n in range(len(sizes))]
    world.objects.kept |= export_of_files([data_file(part) for part in parts], sizes, prefix=PREFIX)
    world.set(shard_bytes=400 * 30)
    manifest = world.steps.planner.plan_date("run", DAY, EXPORT_ID)
    assert [shard.files for shard in manifest.shards] == [(0, 3), (3, 6)]


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (lambda kept, at: kept.pop(f"{at}/manifest-summary.json"), "is not there, or not whole"),
        (lambda kept, at: kept.pop(f"{at}/manifest-files.json"), "is not there, or not whole"),
        (
            lambda kept, at: kept.update({f"{at}/manifest-files.json": b""}),
            "its files have 0 items, and it should have 121",
        ),
        (lambda kept, at: said(kept, at, outputFormat="ION"), "its outputFormat is ION and must be DYNAMODB_JSON"),
        (
            lambda kept, at: said(kept, at, exportType="INCREMENTAL_EXPORT"),
            "its exportType is INCREMENTAL_EXPORT and must be FULL_EXPORT",
        ),
    ],
)
def test_an_export_that_is_not_whole_is_told_by_the_plan(
    world: World, spoil: Callable[[dict[str, bytes], str], object], reason: str
) -> None:
    """Before anything else is started."""
    world.objects.kept |= export_of(ORDERS, prefix=PREFIX)
    spoil(world.objects.kept, f"{PREFIX}AWSDynamoDB/{EXPORT_ID}")
    with pytest.raises(BadInput, match=rf"^export {EXPORT_ID}: {reason}"):
        world.steps.planner.plan_date("run", DAY, EXPORT_ID)
    assert "runs/run/manifest.json" not in world.objects.kept


def said(kept: dict[str, bytes], at: str, **changes: str) -> None:
    """Let the summary say something else."""
    key = f"{at}/manifest-summary.json"
    kept[key] = json.dumps({**json.loads(kept[key]), **changes}).encode()


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (lambda content: content[:-20], "is not the one that was written: its MD5 is another"),
        (lambda content: gzip.compress(gzip.decompress(content)[:-300]), "is not the one that was written"),
        (lambda _: None, "is not there"),
    ],
)
def test_a_data_file_that_is_another_is_told_by_the_shard(
    world: World, spoil: Callable[[bytes], bytes | None], reason: str
) -> None:
    """A file cut short must not pass for fewer orders."""
    world.objects.kept |= export_of(ORDERS, prefix=PREFIX)
    manifest = world.steps.planner.plan_date("run", DAY, EXPORT_ID)
    key = next(key for key in world.objects.kept if "/data/" in key)
    spoiled = spoil(world.objects.kept.pop(key))
    world.objects.kept |= {key: spoiled} if spoiled is not None else {}
    with pytest.raises(BadInput, match=rf"^export {EXPORT_ID}: its file {key.rpartition('/')[2]} {reason}"):
        world.merge(manifest)


def test_a_list_of_files_that_has_changed_is_told(world: World) -> None:
    """A run is of one export, and of all of it."""
    world.objects.kept |= export_of(ORDERS, prefix=PREFIX)
    manifest = world.steps.planner.plan_date("run", DAY, EXPORT_ID)
    world.objects.kept[f"{PREFIX}AWSDynamoDB/{EXPORT_ID}/manifest-files.json"] += b"\n"
    with pytest.raises(BadInput, match="its list of files has changed since the run was planned"):
        world.merge(manifest)


def test_a_container_that_is_being_stopped_stops(world: World) -> None:
    """And the next try makes the report."""
    world.objects.kept |= export_of(ORDERS, prefix=PREFIX)
    manifest = world.steps.planner.plan_date("run", DAY, EXPORT_ID)
    world.stopping = lambda: True
    with pytest.raises(Stopped):
        world.steps.sharder.work(manifest, 0)
    world.stopping = lambda: False
    assert world.merge(manifest)["rows"]["read"]


@mock_aws
def test_what_moto_exports_is_read(world: World, clients: Callable[[str], Client]) -> None:
    """The data file of another writer of the format; it writes no manifests, which are those of the tests."""
    dynamodb, s3 = clients("dynamodb"), clients("s3")
    s3.create_bucket(Bucket="reports")
    table = dynamodb.create_table(
        TableName="orders",
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
    )["TableDescription"]["TableArn"]
    on = {"PointInTimeRecoveryEnabled": True}
    dynamodb.update_continuous_backups(TableName="orders", PointInTimeRecoverySpecification=on)
    for order in ORDERS[:40]:
        dynamodb.put_item(TableName="orders", Item=order_to_item(order, traceparent=""))
    asked = {"TableArn": table, "S3Bucket": "reports", "S3Prefix": "moto", "ExportFormat": "DYNAMODB_JSON"}
    export = dynamodb.export_table_to_point_in_time(**asked)["ExportDescription"]["ExportArn"]
    while dynamodb.describe_export(ExportArn=export)["ExportDescription"]["ExportStatus"] == "IN_PROGRESS":
        pass
    (found,) = s3.list_objects_v2(Bucket="reports", Prefix="moto/")["Contents"]
    content = s3.get_object(Bucket="reports", Key=found["Key"])["Body"].read()
    for key, text in export_of_files([content], [40], prefix=PREFIX).items():
        s3.put_object(Bucket="reports", Key=key, Body=text)
    world.objects = S3Objects(s3, "reports")
    day = ORDERS[0].placed_at.date()
    manifest = world.steps.planner.plan_date("run", day, EXPORT_ID)
    done = world.steps.sharder.work(manifest, 0)
    lines = sum(len(order.lines) for order in ORDERS[:40] if order.placed_at.date() == day)
    assert (done.read, done.bad) == (lines, 0)
