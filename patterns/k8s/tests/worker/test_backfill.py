from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import pytest
from aws_lambda_powertools import Logger
from botocore.exceptions import ClientError

from patterns_k8s.worker.backfill import Backfilled, InvalidRange, backfill, day_range
from patterns_k8s.worker.placed_orders import PlacedOrder, PlacedOrders
from patterns_shared.adapters.order_item_events import placed_event
from patterns_shared.adapters.order_items import order_to_item
from patterns_shared.domain.errors import TemporarilyUnavailable
from patterns_shared.domain.events import change_event_id, outcome_event_id
from patterns_shared.domain.orders import OrderStatus
from patterns_shared.testing import RecordingPublisher, make_order
from patterns_shared.testing.made import TRACEPARENT

Client = Any
TODAY = date(2026, 1, 10)
FIRST, LAST = date(2026, 1, 5), date(2026, 1, 6)


@pytest.fixture
def keep(aws: None, clients: Callable[[str], Client]) -> Callable[..., None]:  # noqa: ARG001
    """Keep an order in the table, and make the table first."""
    dynamodb = clients("dynamodb")
    dynamodb.create_table(
        TableName="orders",
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
    )

    def put(order_id: str, placed_at: str, status: str = "PLACED", **changes: Any) -> None:  # noqa: ANN401 - an item's attributes
        order = make_order(order_id=order_id, placed_at=datetime.fromisoformat(placed_at), status=OrderStatus(status))
        dynamodb.put_item(TableName="orders", Item={**order_to_item(order, traceparent=TRACEPARENT), **changes})

    return put


@pytest.fixture
def table(keep: None, clients: Callable[[str], Client]) -> PlacedOrders:  # noqa: ARG001
    """The orders table."""
    return PlacedOrders(clients("dynamodb"), "orders")


def ids(orders: PlacedOrders) -> set[str]:
    """Return the keys of what is found."""
    return {placed.key.removeprefix("ORDER#") for placed in orders.between(FIRST, LAST)}


def test_undecided_orders_of_the_days_are_found(keep: Callable[..., None], table: PlacedOrders) -> None:
    """From midnight to midnight in UTC, both days included, and nothing that has an outcome."""
    keep("before", "2026-01-04T23:59:59.999999+00:00")
    keep("at-midnight", "2026-01-05T00:00:00+00:00")
    keep("at-the-end", "2026-01-06T23:59:59.999999+00:00")
    keep("after", "2026-01-07T00:00:00+00:00")
    for status in OrderStatus:
        keep(status.value, "2026-01-05T12:00:00+00:00", status.value)
    assert ids(table) == {"at-midnight", "at-the-end", "PLACED"}


def test_claims_in_the_same_table_are_no_orders(
    keep: Callable[..., None], table: PlacedOrders, clients: Callable[[str], Client]
) -> None:
    """Even if they look like one."""
    keep("order", "2026-01-05T12:00:00+00:00")
    item = clients("dynamodb").scan(TableName="orders")["Items"][0]
    clients("dynamodb").put_item(TableName="orders", Item={**item, "pk": {"S": "IDEMPOTENCY#order"}})
    assert ids(table) == {"order"}


def test_a_table_of_many_pages_is_read_to_its_end(logger: Logger) -> None:
    """A page may be empty and not the last."""
    item = order_to_item(make_order(), traceparent=TRACEPARENT)
    pages: list[dict[str, Any]] = [
        {"Items": [], "LastEvaluatedKey": {"pk": {"S": "1"}}},
        {"Items": [item], "LastEvaluatedKey": {"pk": {"S": "2"}}},
        {"Items": [item]},
    ]
    starts: list[object] = []

    class Dynamo:
        def scan(self, **request: object) -> dict[str, Any]:
            starts.append(request.get("ExclusiveStartKey"))
            return pages.pop(0)

    dynamo = Dynamo()
    orders = PlacedOrders(dynamo, "orders").between(FIRST, LAST)  # type: ignore[arg-type] # the part used
    assert backfill(orders, RecordingPublisher(), logger=logger).decided == 2
    assert starts == [None, {"pk": {"S": "1"}}, {"pk": {"S": "2"}}]


def test_a_table_that_is_down_is_said_to_be() -> None:
    """Not there is another matter, and no retry fixes it."""

    class Dynamo:
        def __init__(self, code: str) -> None:
            self.code = code

        def scan(self, **_: object) -> dict[str, Any]:
            raise ClientError({"Error": {"Code": self.code}}, "Scan")

    with pytest.raises(TemporarilyUnavailable):
        list(PlacedOrders(Dynamo("ThrottlingException"), "orders").between(FIRST, LAST))  # type: ignore[arg-type] # as above
    with pytest.raises(ClientError):
        list(PlacedOrders(Dynamo("ResourceNotFoundException"), "orders").between(FIRST, LAST))  # type: ignore[arg-type] # as above


def placed(number: int) -> PlacedOrder:
    """Return an undecided order."""
    item = order_to_item(make_order(order_id=f"order-{number}"), traceparent=TRACEPARENT)
    return PlacedOrder(f"ORDER#{number}", placed_event(item))


def test_outcomes_have_the_ids_that_the_worker_would_give_them(logger: Logger) -> None:
    """So that an outcome on its way is not told of twice, and a second run tells nothing new."""
    bus = RecordingPublisher()
    for _ in range(2):
        assert backfill([placed(1)], bus, logger=logger) == Backfilled(decided=1)
    assert [event.id for event in bus.events] == [outcome_event_id(change_event_id("order-1", 1))] * 2
    assert bus.events[0].traceparent[:36] == TRACEPARENT[:36]


def test_an_order_that_cannot_be_read_costs_only_itself(
    keep: Callable[..., None], table: PlacedOrders, logger: Logger, lines: Callable[[], list[dict[str, Any]]]
) -> None:
    """It is named, counted and not guessed at."""
    keep("good", "2026-01-05T12:00:00+00:00")
    keep("bad", "2026-01-05T12:00:00+00:00", total={"N": "1"})
    bus = RecordingPublisher()
    done = backfill(table.between(FIRST, LAST), bus, logger=logger)
    assert done == Backfilled(decided=1, malformed=1)
    assert [event.order_id for event in bus.events] == ["good"]
    (line,) = [line for line in lines() if line["message"] == "malformed_order"]
    assert (line["key"], line["reason"]) == ("ORDER#bad", "total is not the sum of the lines")


def test_what_the_topic_does_not_take_now_ends_the_run(logger: Logger) -> None:
    """The same run again is safe; reading on would only lose sight of what was not sent."""
    bus = RecordingPublisher()
    bus.refuse = {outcome_event_id(change_event_id("order-150", 1)): "Throttled"}
    done = backfill(map(placed, range(300)), bus, logger=logger)
    assert done == Backfilled(decided=150, unsent=50)
    assert len(bus.events) == 150


def test_a_day_without_orders_is_no_failure(logger: Logger) -> None:
    """There is nothing to do."""
    assert backfill([], RecordingPublisher(), logger=logger) == Backfilled()


@pytest.mark.parametrize(
    ("first", "last", "named"),
    [
        ("2026-02-30", "2026-03-01", "FROM: '2026-02-30' is not a day"),
        ("yesterday", "2026-01-05", "FROM: 'yesterday' is not a day"),
        ("20260105", "2026-01-05", "FROM: '20260105' is not a day"),
        ("2026-01-05", "2026-W01", "TO: '2026-W01' is not a day"),
        ("2026-01-06", "2026-01-05", "FROM: 2026-01-06 is after TO: 2026-01-05"),
        ("2026-01-05", "2026-01-11", "TO: 2026-01-11 is in the future"),
    ],
)
def test_a_range_that_cannot_be_filled_is_refused_by_name(first: str, last: str, named: str) -> None:
    """Before anything is read."""
    with pytest.raises(InvalidRange, match=named):
        day_range(first, last, today=TODAY)


def test_a_range_may_be_one_day_and_end_today() -> None:
    """Today's orders can be decided, too."""
    assert day_range("2026-01-10", "2026-01-10", today=TODAY) == (TODAY, TODAY)
