"""Orders that the demo makes up, placed in the orders table where the web API is deployed, too.

An event about an order that no table has is a dead letter of the web API: outcomes belong to orders. So where there is
a table, the orders come first, and the events are those that their items tell.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from patterns_infra.registry import PATTERNS
from patterns_shared.adapters.dynamodb_orders import DynamoDBOrders
from patterns_shared.adapters.order_item_events import cancelled_event, placed_event
from patterns_shared.adapters.order_items import order_key
from patterns_shared.domain.events import Event, EventType
from patterns_shared.domain.orders import Order, OrderStatus
from patterns_shared.testing.order_events import outcome_of

__all__ = ["place_in_table", "published_orders_table"]

_AT_ONCE = 8


def published_orders_table(client: Callable[[str], Any], stage: str) -> str | None:
    """Return the name of the orders table, as the web API publishes it; None where that is not deployed."""
    ssm = client("ssm")
    try:
        name = PATTERNS["web_api"].parameter_name(stage, "orders_table")
        return str(ssm.get_parameter(Name=name)["Parameter"]["Value"])
    except ssm.exceptions.ParameterNotFound:
        return None


def place_in_table(dynamodb: Any, table: str, events: Sequence[Event]) -> list[Event]:  # noqa: ANN401 - boto3 makes its classes when it runs
    """Place the events' orders, cancel those that are cancelled, and return the same events as the table tells them.

    The relay puts OrderPlaced and OrderCancelled on the event bus by itself.
    """
    orders = DynamoDBOrders(dynamodb, table)
    by_order: dict[str, list[Event]] = {}
    for event in events:
        by_order.setdefault(event.order_id, []).append(event)

    def place(about: list[Event]) -> dict[tuple[str, EventType], Event]:
        return _place(dynamodb, table, orders, about)

    with ThreadPoolExecutor(_AT_ONCE) as threads:
        told = {key: event for found in threads.map(place, by_order.values()) for key, event in found.items()}
    return [told[event.order_id, event.type] for event in events]


def _place(
    dynamodb: Any,  # noqa: ANN401 - as above
    table: str,
    orders: DynamoDBOrders,
    about: Sequence[Event],
) -> dict[tuple[str, EventType], Event]:
    """Place one order and return its events by order and type."""
    order_id, data, trace = about[0].order_id, about[0].data, about[0].traceparent
    order = Order(
        order_id=order_id,
        customer_id=data.customer_id,
        contact_email=data.contact.email,
        lines=data.lines,
        currency=data.currency,
        status=OrderStatus.PLACED,
        placed_at=data.placed_at,
        order_version=1,
    )
    orders.add(order, claim=None, traceparent=trace)
    types = {event.type for event in about}
    if EventType.ORDER_CANCELLED in types:
        orders.move(order_id, OrderStatus.CANCELLED, customer_id=data.customer_id, traceparent=trace)
    item = dynamodb.get_item(TableName=table, Key=order_key(order_id), ConsistentRead=True)["Item"]
    placed = placed_event(item)
    events = [placed, outcome_of(placed)]
    if EventType.ORDER_CANCELLED in types:
        events.append(cancelled_event(item))
    return {(order_id, event.type): event for event in events}
