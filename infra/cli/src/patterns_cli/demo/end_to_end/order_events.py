"""The events that the shop's orders must have caused, made again from the orders table and the shop's rules."""

from collections.abc import Iterable
from typing import Any

from patterns_cli.demo.end_to_end.shop import Shop
from patterns_shared.adapters.order_item_events import cancelled_event, placed_event
from patterns_shared.adapters.order_items import order_key
from patterns_shared.domain.events import Event
from patterns_shared.testing.order_events import outcome_of

__all__ = ["events_of", "placed_events"]


def placed_events(shop: Shop, numbers: Iterable[int]) -> list[Event]:
    """Return the OrderPlaced of the orders with these numbers in the plan."""
    return [placed_event(_item(shop, number)) for number in numbers]


def events_of(shop: Shop, numbers: Iterable[int]) -> list[Event]:
    """Return what the topic must tell of them: an outcome of each, and the cancellations.

    A worker decides every order that it hears of, also one that was cancelled meanwhile; then the cancellation takes
    back what the outcome booked.
    """
    events = []
    for number in numbers:
        item = _item(shop, number)
        events.append(outcome_of(placed_event(item)))
        if number in shop.cancelled:
            events.append(cancelled_event(item))
    return events


def _item(shop: Shop, number: int) -> dict[str, Any]:
    table, key = shop.scene.outputs["orders_table"], order_key(shop.order_id(number))
    item: dict[str, Any] = shop.scene.client("dynamodb").get_item(TableName=table, Key=key, ConsistentRead=True)["Item"]
    return item
