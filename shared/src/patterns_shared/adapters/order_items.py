"""Orders and idempotency claims as DynamoDB items, in the wire's own form (``{"S": "text"}``).

The orders repository writes them, the relay reads them from the table's stream. boto3's serializer would do the same,
at the price of importing boto3.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, TypeVar

from patterns_shared.domain.errors import InvalidOrder, MalformedOrder
from patterns_shared.domain.orders import Order, OrderLine, OrderStatus

__all__ = [
    "CLAIM_PREFIX",
    "ORDER_PREFIX",
    "Item",
    "claim_key",
    "customer_status",
    "is_order",
    "order_from_item",
    "order_key",
    "order_to_item",
    "text_of",
]

_T = TypeVar("_T")
Item = Mapping[str, Any]
"""One item: attribute names to values in the wire's form."""

ORDER_PREFIX = "ORDER#"
CLAIM_PREFIX = "IDEMPOTENCY#"


def order_key(order_id: str) -> dict[str, Any]:
    """Return the key of the order's item."""
    return {"pk": {"S": f"{ORDER_PREFIX}{order_id}"}}


def claim_key(customer_id: str, key: str) -> dict[str, Any]:
    """Return the key of a claim's item; the client's text is hashed, so that its length and characters are ours."""
    digest = sha256(key.encode()).hexdigest()
    return {"pk": {"S": f"{CLAIM_PREFIX}{customer_id}#{digest}"}}


def is_order(item: Item) -> bool:
    """Whether an item (or its key) is an order's; the table also keeps claims."""
    try:
        return _text(item, "pk").startswith(ORDER_PREFIX)
    except MalformedOrder:
        return False


def customer_status(customer_id: str, status: OrderStatus) -> str:
    """Return the partition key of the index by customer and status."""
    return f"{customer_id}#{status.value}"


def order_to_item(order: Order, *, traceparent: str) -> dict[str, Any]:
    """Return the order's item; ``traceparent`` is that of the request that writes it."""
    return {
        **order_key(order.order_id),
        "order_id": {"S": order.order_id},
        "customer_id": {"S": order.customer_id},
        "customer_status": {"S": customer_status(order.customer_id, order.status)},
        "contact_email": {"S": order.contact_email},
        "lines": {
            "L": [
                {
                    "M": {
                        "sku": {"S": line.sku},
                        "quantity": {"N": str(line.quantity)},
                        "unit_price": {"N": str(line.unit_price)},
                    }
                }
                for line in order.lines
            ]
        },
        "currency": {"S": order.currency},
        "total": {"N": str(order.total)},
        "status": {"S": order.status.value},
        "placed_at": {"S": order.placed_at.isoformat()},
        "order_version": {"N": str(order.order_version)},
        "traceparent": {"S": traceparent},
    }


def order_from_item(item: Item) -> Order:
    """Return the order that the item keeps.

    Raises:
        MalformedOrder: naming what cannot be read; attributes that this code does not know are ignored. What was placed
            by other rules than today's is no reason.
    """
    try:
        order = Order(
            order_id=_text(item, "order_id"),
            customer_id=_text(item, "customer_id"),
            contact_email=_text(item, "contact_email"),
            lines=tuple(_line(line) for line in _attribute(item, "lines", "L", list)),
            currency=_text(item, "currency"),
            status=OrderStatus(_text(item, "status")),
            placed_at=_time(item, "placed_at"),
            order_version=_integer(item, "order_version"),
        )
        total = _integer(item, "total")
    except InvalidOrder as broken:
        raise MalformedOrder(str(broken)) from None
    except ValueError:
        # The error's own text would quote the value, and values are not for logs.
        raise MalformedOrder("status, a time or a number is not readable") from None
    if total != order.total:
        raise MalformedOrder("total is not the sum of the lines")
    return order


def text_of(item: Item, name: str) -> str | None:
    """Return the text of an attribute that an item may lack, None when there is none that can be read."""
    try:
        return _text(item, name)
    except MalformedOrder:
        return None


def _line(line: object) -> OrderLine:
    fields: Item = _attribute({"line": line}, "line", "M", dict)
    return OrderLine(
        sku=_text(fields, "sku"),
        quantity=_integer(fields, "quantity"),
        unit_price=_integer(fields, "unit_price"),
    )


def _text(item: Item, name: str) -> str:
    return _attribute(item, name, "S", str)


def _time(item: Item, name: str) -> datetime:
    """Return a time in UTC, whatever its zone; one without a zone stays as it is, and no order takes it."""
    moment = datetime.fromisoformat(_text(item, name))
    return moment if moment.tzinfo is None else moment.astimezone(UTC)


def _integer(item: Item, name: str) -> int:
    return int(_attribute(item, name, "N", str))


def _attribute(item: Item, name: str, wire_type: str, kind: type[_T]) -> _T:
    try:
        value = item[name][wire_type]
    except (KeyError, TypeError):
        value = None
    if not isinstance(value, kind):
        raise MalformedOrder(f"{name} is missing or is no {wire_type}")
    return value
