"""The OrderPlaced of orders of some days that were never decided, made again from the orders table."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from patterns_shared.adapters.client_errors import transient_as_unavailable
from patterns_shared.adapters.order_item_events import placed_event
from patterns_shared.adapters.order_items import ORDER_PREFIX, Item
from patterns_shared.domain.errors import MalformedOrder
from patterns_shared.domain.events import Event
from patterns_shared.domain.orders import OrderStatus

if TYPE_CHECKING:  # the stubs exist for the type checker only
    from mypy_boto3_dynamodb import DynamoDBClient

__all__ = ["PlacedOrder", "PlacedOrders"]


@dataclass(frozen=True, slots=True)
class PlacedOrder:
    """The key of an order that is still PLACED, and its OrderPlaced, or why that cannot be made."""

    key: str
    event: Event | MalformedOrder


class PlacedOrders:
    """The orders table, read from end to end: no index is by day, and a backfill is rare."""

    def __init__(self, client: "DynamoDBClient", table_name: str) -> None:
        """Keep the client and the table's name; nothing is called yet."""
        self._client = client
        self._table = table_name

    def between(self, first: date, last: date) -> Iterator[PlacedOrder]:
        """Yield the orders that were placed on these days (in UTC, both included) and are still PLACED.

        Raises:
            TemporarilyUnavailable: the table is throttled or down.
        """
        page: dict[str, Any] = {
            "TableName": self._table,
            "FilterExpression": "begins_with(pk, :order) AND #status = :placed "
            "AND placed_at >= :first AND placed_at < :after",
            "ExpressionAttributeNames": {"#status": "status"},
            "ExpressionAttributeValues": {
                ":order": {"S": ORDER_PREFIX},
                ":placed": {"S": OrderStatus.PLACED.value},
                # Times are kept as ISO texts, which sort as the times do, after the text of their day.
                ":first": {"S": first.isoformat()},
                ":after": {"S": (last + timedelta(days=1)).isoformat()},
            },
        }
        while True:
            with transient_as_unavailable("orders table"):
                answer = self._client.scan(**page)
            yield from map(_placed, answer["Items"])
            if "LastEvaluatedKey" not in answer:
                return
            page["ExclusiveStartKey"] = answer["LastEvaluatedKey"]


def _placed(item: Item) -> PlacedOrder:
    try:
        event: Event | MalformedOrder = placed_event(item)
    except MalformedOrder as malformed:
        event = malformed
    return PlacedOrder(item["pk"]["S"], event)
