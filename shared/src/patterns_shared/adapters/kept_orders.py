"""Orders from the items of an answer, of which some may not be readable."""

from collections.abc import Sequence

from patterns_shared.adapters.order_items import Item, order_from_item, text_of
from patterns_shared.domain.errors import IllegalTransition, MalformedOrder, MovedUnreadable
from patterns_shared.domain.orders import Order, OrderStatus
from patterns_shared.ports import OrderPage, UnreadableOrder

__all__ = ["moved_order", "page_of_items", "unmoved_order"]


def page_of_items(items: Sequence[Item], *, more: bool) -> OrderPage:
    """Return the orders of the items; one that cannot be read costs only itself, and none after it."""
    orders: list[Order] = []
    unreadable: list[UnreadableOrder] = []
    for item in items:
        try:
            orders.append(order_from_item(item))
        except MalformedOrder as malformed:
            unreadable.append(UnreadableOrder(_order_id(item), str(malformed)))
    # The sort key of the index, so that every item has one.
    return OrderPage(tuple(orders), _order_id(items[-1]) if more and items else None, tuple(unreadable))


def moved_order(item: Item) -> Order:
    """Return the order as it was moved. Nothing is refused after the write, so an item that cannot be read says so.

    Raises:
        MovedUnreadable: the order was moved, and cannot be read.
    """
    try:
        return order_from_item(item)
    except MalformedOrder as malformed:
        raise _moved_unreadable(item, malformed) from None


def unmoved_order(item: Item, target: OrderStatus) -> Order:
    """Return the order that was not moved to ``target``; of one that cannot be read, its status may say why.

    Raises:
        MovedUnreadable: it is in that status already.
        IllegalTransition: it is in another one that is not left.
        MalformedOrder: its status does not say why.
    """
    try:
        return order_from_item(item)
    except MalformedOrder as malformed:
        status = text_of(item, "status")
        if status == target:
            raise _moved_unreadable(item, malformed) from None
        if status == OrderStatus.PLACED or status not in set(OrderStatus):
            raise
        raise IllegalTransition(_order_id(item), str(status), target) from None


def _moved_unreadable(item: Item, malformed: MalformedOrder) -> MovedUnreadable:
    return MovedUnreadable(_order_id(item), int(float(item["order_version"]["N"])), str(malformed))


def _order_id(item: Item) -> str:
    return text_of(item, "order_id") or ""
