"""`patterns relay --from-table`: which events the table can still tell, and what the bus says of them."""

import io
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from patterns_cli.commands import relaying
from patterns_cli.commands.failures import CommandError, WrongUse
from patterns_cli.commands.relaying import order_ids_of, relay, relay_at
from patterns_deploy.place import Place
from patterns_infra.settings import Target
from patterns_shared.adapters.dynamodb_orders import DynamoDBOrders
from patterns_shared.adapters.order_items import order_key
from patterns_shared.domain.events import change_event_id
from patterns_shared.domain.orders import OrderStatus
from patterns_shared.testing import make_order

TABLE = "patterns-dev-orders"
MOVED_AT = datetime(2026, 1, 5, 9, 31, tzinfo=UTC)
PLACED_TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
MOVED_TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-1111111111111111-01"


class Bus:
    """An event bus, which refuses what a test says."""

    def __init__(self) -> None:
        """Take everything."""
        self.entries: list[dict[str, Any]] = []
        self.refusals: dict[str, str] = {}
        self.down = False

    def put_events(self, Entries: list[dict[str, Any]]) -> dict[str, Any]:  # noqa: N803 - as boto3 calls it
        """Answer for each entry, as EventBridge does: with 200, whatever failed."""
        if self.down:
            raise ClientError({"Error": {"Code": "AccessDeniedException", "Message": "not allowed"}}, "PutEvents")
        codes = [self.refusals.get(entry["DetailType"], "") for entry in Entries]
        self.entries += [entry for entry, code in zip(Entries, codes, strict=True) if not code]
        results = [{"ErrorCode": code, "ErrorMessage": "no"} if code else {"EventId": "1"} for code in codes]
        return {"FailedEntryCount": sum(bool(code) for code in codes), "Entries": results}


@pytest.fixture
def bus() -> Bus:
    """Return an empty bus."""
    return Bus()


@pytest.fixture
def place(bus: Bus, monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    """Return an account with the orders table."""
    import boto3  # noqa: PLC0415 - after moto

    with mock_aws():
        dynamodb = boto3.client("dynamodb", "us-east-1", aws_access_key_id="test", aws_secret_access_key="test")
        dynamodb.create_table(
            TableName=TABLE,
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
        monkeypatch.setattr(relaying, "read_outputs", lambda _: {"web_api": {"orders_table": TABLE}})
        clients: dict[str, Any] = {"dynamodb": dynamodb, "events": bus}
        yield Place(Target.AWS, "dev", "us-east-1", "123456789012", None, clients.__getitem__)


@pytest.fixture
def orders(place: Place) -> DynamoDBOrders:
    """Return the shop's own access to the table."""
    return DynamoDBOrders(place.client("dynamodb"), TABLE, now=lambda: MOVED_AT)


def put(orders: DynamoDBOrders, order_id: str, target: OrderStatus | None = None) -> str:
    """Place an order, and move it."""
    order = make_order(order_id=order_id)
    orders.add(order, claim=None, traceparent=PLACED_TRACE)
    if target:
        orders.move(order_id, target, customer_id=order.customer_id, traceparent=MOVED_TRACE)
    return order_id


def exit_code(call: Callable[[], None]) -> int:
    """Return the exit code."""
    try:
        call()
    except SystemExit as ended:
        return int(str(ended.code))
    return 0


def told(bus: Bus) -> list[tuple[str, str, str]]:
    """Return source, type and detail of what is on the bus."""
    return [(x["Source"], x["DetailType"], x["Detail"]) for x in bus.entries]


def test_each_version_that_the_table_tells_of(place: Place, bus: Bus, orders: DynamoDBOrders) -> None:
    """OrderPlaced whatever became of the order, OrderCancelled; other moves are other programs' events."""
    for order_id, status in (("a", None), ("b", OrderStatus.CANCELLED), ("c", OrderStatus.FULFILLED)):
        put(orders, order_id, status)
    relay_at(place, ["a", "b", "c"])
    found = told(bus)
    assert [(source, kind) for source, kind, _ in found] == [
        ("patterns.dev", kind) for kind in ("OrderPlaced", "OrderPlaced", "OrderCancelled", "OrderPlaced")
    ]
    versions = [("a", 1), ("b", 1), ("b", 2), ("c", 1)]
    for (order_id, version), (_, kind, detail) in zip(versions, found, strict=True):
        assert f'"id":"{change_event_id(order_id, version)}"' in detail
        assert f'"traceparent":"{MOVED_TRACE if kind == "OrderCancelled" else PLACED_TRACE}"' in detail
    again = Bus()
    relay_at(
        Place(Target.AWS, "dev", "", "", None, {"dynamodb": place.client("dynamodb"), "events": again}.__getitem__),
        ["a", "b", "c"],
    )
    assert told(again) == found, "byte for byte"


def test_the_placing_is_the_same_before_and_after_a_move(place: Place, bus: Bus, orders: DynamoDBOrders) -> None:
    """A recovery that comes after the cancel makes the event that the relay would have made before it."""
    order = make_order(order_id="a")
    orders.add(order, claim=None, traceparent=PLACED_TRACE)
    relay_at(place, ["a"])
    orders.move("a", OrderStatus.CANCELLED, customer_id=order.customer_id, traceparent=MOVED_TRACE)
    relay_at(place, ["a"])
    first, again, _ = told(bus)
    assert first == again


def test_unknown_and_unreadable_orders_are_named(
    place: Place, bus: Bus, orders: DynamoDBOrders, capsys: pytest.CaptureFixture[str]
) -> None:
    """The others are put on the bus; the code says that something is missing."""
    put(orders, "good")
    put(orders, "spoilt")
    place.client("dynamodb").update_item(
        TableName=TABLE,
        Key=order_key("spoilt"),
        UpdateExpression="SET #lines = :none",
        ExpressionAttributeNames={"#lines": "lines"},
        ExpressionAttributeValues={":none": {"S": "none"}},
    )
    assert exit_code(lambda: relay_at(place, ["nothing", "spoilt", "good"])) == 1
    assert capsys.readouterr().err.splitlines() == [
        "nothing: there is no such order",
        "spoilt: cannot be read: lines is missing or is no L",
        "3 orders, 1 events: 1 put on the bus, 2 not made, 0 not taken",
    ]
    assert len(bus.entries) == 1


@pytest.mark.parametrize(
    ("status", "made"),
    [(OrderStatus.FULFILLED, []), (OrderStatus.REJECTED, []), (OrderStatus.CANCELLED, ["OrderCancelled"])],
)
def test_what_an_old_item_cannot_tell_is_said(
    place: Place,
    bus: Bus,
    orders: DynamoDBOrders,
    capsys: pytest.CaptureFixture[str],
    status: OrderStatus,
    made: list[str],
) -> None:
    """An order that moved before moves kept the trace of the placing: another OrderPlaced would be a conflict."""
    put(orders, "old", status)
    place.client("dynamodb").update_item(
        TableName=TABLE, Key=order_key("old"), UpdateExpression="REMOVE placed_traceparent"
    )
    assert exit_code(lambda: relay_at(place, ["old"])) == 1
    assert "old: OrderPlaced: it moved before moves kept the trace of the placing" in capsys.readouterr().err
    assert [kind for _, kind, _ in told(bus)] == made


def test_a_cancellation_without_its_time_is_not_made(
    place: Place, bus: Bus, orders: DynamoDBOrders, capsys: pytest.CaptureFixture[str]
) -> None:
    """Only the stream knew it."""
    put(orders, "old", OrderStatus.CANCELLED)
    place.client("dynamodb").update_item(TableName=TABLE, Key=order_key("old"), UpdateExpression="REMOVE moved_at")
    assert exit_code(lambda: relay_at(place, ["old"])) == 1
    assert "old: cannot be read: moved_at is missing" in capsys.readouterr().err
    assert [kind for _, kind, _ in told(bus)] == ["OrderPlaced"]


@pytest.mark.parametrize(
    ("code", "lines"),
    [
        ("MalformedDetail", ["5 orders, 5 events: 0 put on the bus, 0 not made, 5 not taken"]),
        ("InternalFailure", ["5 orders, 5 events: 0 put on the bus, 0 not made, 5 not taken"]),
    ],
)
def test_what_the_bus_refuses_fails_the_command(
    place: Place,
    bus: Bus,
    orders: DynamoDBOrders,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    code: str,
    lines: list[str],
) -> None:
    """PutEvents answers 200 and says per entry what failed."""
    monkeypatch.setattr("patterns_shared.adapters.event_batches._FIRST_PAUSE", 0)
    bus.refusals["OrderPlaced"] = code
    ids = [put(orders, f"order-{n}") for n in range(5)]
    assert exit_code(lambda: relay_at(place, ids)) == 1
    said = capsys.readouterr().err.splitlines()
    assert sum(code in line for line in said) == 5
    assert said[-1:] == lines


def test_a_role_without_the_right_is_one_line(
    place: Place, bus: Bus, orders: DynamoDBOrders, capsys: pytest.CaptureFixture[str]
) -> None:
    """With how many are missing."""
    bus.down = True
    put(orders, "a", OrderStatus.CANCELLED)
    assert exit_code(lambda: relay_at(place, ["a"])) == 1
    said = capsys.readouterr().err
    assert "stopped early: An error occurred (AccessDeniedException)" in said
    assert said.endswith("1 orders, 2 events: 0 put on the bus, 0 not made, 2 not taken\n")


def test_a_dry_run_shows_the_events(
    place: Place, bus: Bus, orders: DynamoDBOrders, capsys: pytest.CaptureFixture[str]
) -> None:
    """And asks nobody; an order that is not there fails it, too."""
    put(orders, "a")
    relay_at(place, ["a"], dry_run=True, agree=lambda _: pytest.fail("somebody was asked"))
    assert capsys.readouterr().err.splitlines() == [
        f"a: OrderPlaced of version 1, event id {change_event_id('a', 1)}",
        "dry run, nothing was put on the bus",
        "1 orders, 1 events: 0 put on the bus, 0 not made, 0 not taken",
    ]
    assert exit_code(lambda: relay_at(place, ["b"], dry_run=True)) == 1
    assert bus.entries == []


def test_an_account_s_bus_is_written_to_after_asking(place: Place, bus: Bus, orders: DynamoDBOrders) -> None:
    """What is shown: how many events, of how many orders, and as whom."""
    put(orders, "a", OrderStatus.CANCELLED)

    def disagree(what: Any) -> None:  # noqa: ANN401 - a mapping
        assert what == {"events": "2 of 1 orders", "bus": "default, as patterns.dev"}
        raise CommandError("not confirmed; nothing was changed")

    with pytest.raises(CommandError, match="not confirmed"):
        relay_at(place, ["a"], agree=disagree)
    assert bus.entries == []


def test_a_table_that_cannot_be_read_is_one_line(place: Place) -> None:
    """Nothing is put on the bus."""
    place.client("dynamodb").delete_table(TableName=TABLE)
    with pytest.raises(CommandError, match=f"the table {TABLE} cannot be read: .*ResourceNotFoundException"):
        relay_at(place, ["a"])


def test_without_the_pattern_there_are_no_orders(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """It says so."""
    monkeypatch.setattr(relaying, "read_outputs", lambda _: {})
    with pytest.raises(CommandError, match="web_api is not deployed to aws stage dev"):
        relay_at(place, ["a"])


def test_ids_are_taken_once_and_from_standard_input_too() -> None:
    """In their order; what cannot be an id is refused before anything is read."""
    assert order_ids_of(["a", "-", "b", "a"], io.StringIO("c d\nb\n\n")) == ["a", "c", "d", "b"]
    for wrong in (["-"], ["a", ""], ["a\nb"], ["x" * 1025]):
        with pytest.raises(WrongUse):
            order_ids_of(wrong, io.StringIO(""))
    with pytest.raises(WrongUse, match="say --from-table"):
        relay(["a"], Target.LOCAL, None, None, from_table=False, dry_run=False, yes=False)
