"""Items of orders that older rules allowed, and items that are no orders: reading, listing and moving them."""

from typing import Any
from uuid import uuid4

import pytest

from patterns_shared.adapters.clock import utc_now
from patterns_shared.adapters.dynamodb_orders import DynamoDBOrders
from patterns_shared.adapters.order_ids import new_order_id
from patterns_shared.adapters.order_items import order_key, order_to_item
from patterns_shared.domain.errors import IllegalTransition, MalformedOrder, MovedUnreadable
from patterns_shared.domain.orders import MAX_LINES, MAX_QUANTITY, Order, OrderLine, OrderStatus
from patterns_shared.testing import make_order
from patterns_shared.testing.made import TRACEPARENT

Client = Any
OLD = {
    "more pieces than today": (OrderLine("A", MAX_QUANTITY + 1, 5),),
    "more lines than today": tuple(OrderLine(f"SKU-{n}", 1, 5) for n in range(MAX_LINES + 1)),
    "a product twice": (OrderLine("A", 1, 5), OrderLine("A", 2, 5)),
    "a product that is no longer sold": (OrderLine("GONE", 1, 5),),
}
DAMAGE = {
    "a total that is not the sum": {"total": {"N": "1"}},
    "lines that are none": {"lines": {"S": "none"}},
    "a line without a price": {"lines": {"L": [{"M": {"sku": {"S": "A"}, "quantity": {"N": "1"}}}]}},
    "no contact": {"contact_email": {"NULL": True}},
    "a time that is none": {"placed_at": {"S": "yesterday"}},
    "a time without a zone": {"placed_at": {"S": "2026-01-05T09:30:00"}},
}


@pytest.fixture
def repository(table: Client) -> DynamoDBOrders:
    """The repository on a table."""
    return DynamoDBOrders(table, "orders")


def put(table: Client, order: Order, **damage: Any) -> Order:  # noqa: ANN401 - attributes of an item
    """Write an order's item past the repository, with these attributes instead of its own."""
    table.put_item(TableName="orders", Item={**order_to_item(order, traceparent=TRACEPARENT), **damage})
    return order


def new_order(customer_id: str, **fields: Any) -> Order:  # noqa: ANN401 - fields of an order
    """Return an order of the customer."""
    return make_order(order_id=new_order_id(utc_now()), customer_id=customer_id, **fields)


@pytest.mark.parametrize("lines", OLD.values(), ids=OLD)
def test_an_order_that_older_rules_allowed_is_like_any_other(
    table: Client, repository: DynamoDBOrders, lines: tuple[OrderLine, ...]
) -> None:
    """It is read, listed and cancelled."""
    order = put(table, new_order(f"customer-{uuid4()}", lines=lines))
    assert repository.get(order.order_id) == order
    page = repository.list_for_customer(order.customer_id, status=None, limit=10, after=None)
    assert (page.orders, page.unreadable) == ((order,), ())
    repository.move(order.order_id, OrderStatus.CANCELLED, customer_id=order.customer_id, traceparent=TRACEPARENT)
    assert repository.get(order.order_id).status is OrderStatus.CANCELLED


def test_a_time_in_another_zone_is_read_as_that_time_in_utc(table: Client, repository: DynamoDBOrders) -> None:
    """Another program may have written it."""
    order = put(table, new_order("zoned"), placed_at={"S": "2026-01-05T11:30:00+02:00"})
    assert repository.get(order.order_id) == order


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
def test_one_item_that_cannot_be_read_costs_only_itself(
    table: Client, repository: DynamoDBOrders, damage: dict[str, Any]
) -> None:
    """The page has the others and names it; pages go on behind it, wherever it stands."""
    customer_id = f"customer-{uuid4()}"
    orders = [put(table, new_order(customer_id)) for _ in range(5)]
    for bad in (0, 2, 4):
        put(table, orders[bad], **damage)
        seen: list[str] = []
        named: list[str] = []
        after: str | None = None
        while True:
            page = repository.list_for_customer(customer_id, status=None, limit=2, after=after)
            seen += [order.order_id for order in page.orders]
            named += [order.order_id for order in page.unreadable]
            assert all(order.reason for order in page.unreadable)
            if page.next_after is None:
                break
            after = page.next_after
        assert named == [orders[bad].order_id]
        assert seen == [order.order_id for order in reversed(orders) if order is not orders[bad]]
        put(table, orders[bad])


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
@pytest.mark.parametrize("target", [OrderStatus.CANCELLED, OrderStatus.FULFILLED])
def test_a_move_that_was_written_is_not_refused(
    table: Client, repository: DynamoDBOrders, damage: dict[str, Any], target: OrderStatus
) -> None:
    """It says that the order was moved and cannot be read, also when it is repeated; another move is refused."""
    order = put(table, new_order("damaged"), **damage)
    with pytest.raises(MovedUnreadable) as moved:
        repository.move(order.order_id, target, customer_id=order.customer_id, traceparent=TRACEPARENT)
    assert (moved.value.order_id, moved.value.order_version) == (order.order_id, 2)
    item = table.get_item(TableName="orders", Key=order_key(order.order_id))["Item"]
    assert (item["status"], item["order_version"]) == ({"S": target.value}, {"N": "2"})
    with pytest.raises(MovedUnreadable):
        repository.move(order.order_id, target, customer_id=order.customer_id, traceparent=TRACEPARENT)
    with pytest.raises(IllegalTransition) as refused:
        repository.move(order.order_id, OrderStatus.REJECTED, customer_id=order.customer_id, traceparent=TRACEPARENT)
    assert refused.value.current == target


def test_a_status_that_is_none_is_refused_before_anything_is_written(table: Client, repository: DynamoDBOrders) -> None:
    """Whether the order may move is not known."""
    order = put(table, new_order("lost"), status={"S": "LOST"})
    with pytest.raises(MalformedOrder) as malformed:
        repository.move(order.order_id, OrderStatus.CANCELLED, customer_id="lost", traceparent=TRACEPARENT)
    assert not isinstance(malformed.value, MovedUnreadable)
    item = table.get_item(TableName="orders", Key=order_key(order.order_id))["Item"]
    assert item["order_version"] == {"N": "1"}


@pytest.mark.parametrize("version", [{"S": "two"}, {"NULL": True}])
def test_an_order_without_a_version_that_counts_is_not_moved(
    table: Client, repository: DynamoDBOrders, version: dict[str, Any]
) -> None:
    """There is no next one; the table's own refusal would be an error that no caller knows."""
    order = put(table, new_order(f"customer-{uuid4()}"), order_version=version)
    with pytest.raises(MalformedOrder, match="order_version") as refused:
        repository.move(order.order_id, OrderStatus.CANCELLED, customer_id=order.customer_id, traceparent=TRACEPARENT)
    assert not isinstance(refused.value, MovedUnreadable)
