"""Orders that are there already when a test begins."""

from datetime import timedelta

from tests.clients import administrator

from patterns_local.platform import Platform
from patterns_shared.adapters.clock import utc_now
from patterns_shared.adapters.order_ids import new_order_id
from patterns_shared.adapters.order_items import order_to_item
from patterns_shared.domain.orders import OrderStatus
from patterns_shared.testing import make_order
from patterns_shared.testing.made import TRACEPARENT

__all__ = ["seed_orders"]

_BATCH = 25


def seed_orders(platform: Platform, table: str, customer_id: str, count: int, *, cancelled_every: int = 0) -> None:
    """Write a customer's orders, each later than the one before, every n-th of them CANCELLED."""
    items, first = [], utc_now()
    for n in range(count):
        placed_at = first + n * timedelta(microseconds=1)
        order = make_order(order_id=new_order_id(placed_at), customer_id=customer_id, placed_at=placed_at)
        cancelled = cancelled_every and n % cancelled_every == 0
        items.append(order_to_item(order.move(OrderStatus.CANCELLED) if cancelled else order, traceparent=TRACEPARENT))
    client = administrator(platform, "dynamodb")
    for start in range(0, count, _BATCH):
        puts = [{"PutRequest": {"Item": item}} for item in items[start : start + _BATCH]]
        answer = client.batch_write_item(RequestItems={table: puts})
        assert not answer.get("UnprocessedItems")
