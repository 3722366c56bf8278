"""Records of the orders table's stream, as domain events.

A record is another program's output, so nothing about it is taken for granted: what cannot be read is told apart
from what needs no event, and neither is an exception of Python's.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from patterns_shared.adapters.order_items import ORDER_PREFIX, order_from_item, traceparent_of
from patterns_shared.domain.errors import ShopError
from patterns_shared.domain.events import SCHEMA_VERSION, Event, EventType, change_event_id, order_data
from patterns_shared.domain.orders import Order, OrderStatus
from patterns_shared.observability.tracing import TraceContext
from patterns_web_api.application.relay import Change

__all__ = ["changes_from_records"]

Record = Mapping[str, Any]


class _Malformed(Exception):
    """A record of an order that cannot be read."""


def changes_from_records(records: Iterable[Record]) -> list[Change]:
    """Return what the records say, one change for each, in their order."""
    return [_change(record) for record in records]


def _change(record: Record) -> Change:
    event, malformed = None, None
    try:
        event = _event(record)
    except (_Malformed, ShopError) as error:
        malformed = str(error)
    return Change(position=_position(record), event=event, malformed=malformed, raw=record)


def _position(record: Record) -> str:
    """Return the record's sequence number; an empty one makes Lambda try the whole batch again."""
    stream = record.get("dynamodb")
    position = stream.get("SequenceNumber") if isinstance(stream, Mapping) else None
    return position if isinstance(position, str) else ""


def _event(record: Record) -> Event | None:
    name, stream = record.get("eventName"), record.get("dynamodb")
    if not isinstance(stream, Mapping) or not _position(record):
        raise _Malformed("not a record of a table's stream")
    if name not in ("INSERT", "MODIFY", "REMOVE"):
        raise _Malformed("eventName is not a change")
    if name == "REMOVE" or not _key(stream).startswith(ORDER_PREFIX):
        return None
    new = stream.get("NewImage")
    if not isinstance(new, Mapping):
        raise _Malformed("the record has no new image")
    order = order_from_item(new)
    if name == "INSERT" and order.status is OrderStatus.PLACED:
        return _make_event(EventType.ORDER_PLACED, order, new, occurred_at=order.placed_at)
    if name == "MODIFY" and order.status is OrderStatus.CANCELLED and _status_changed(stream, new):
        return _make_event(EventType.ORDER_CANCELLED, order, new, occurred_at=_written_at(stream))
    return None


def _key(stream: Record) -> str:
    try:
        key = stream["Keys"]["pk"]["S"]
    except (KeyError, TypeError):
        key = None
    if not isinstance(key, str):
        raise _Malformed("the record has no key")
    return key


def _make_event(event_type: EventType, order: Order, item: Record, *, occurred_at: datetime) -> Event:
    return Event(
        id=change_event_id(order.order_id, order.order_version),
        type=event_type,
        schema_version=SCHEMA_VERSION,
        occurred_at=occurred_at,
        order_id=order.order_id,
        order_version=order.order_version,
        data=order_data(order),
        traceparent=TraceContext.from_traceparent(traceparent_of(item)).traceparent,
    )


def _status_changed(stream: Record, new: Record) -> bool:
    old = stream.get("OldImage")
    return not isinstance(old, Mapping) or old.get("status") != new.get("status")


def _written_at(stream: Record) -> datetime:
    """Return when DynamoDB took the write: the same for every attempt to relay it, as an event's fields must be."""
    seconds = stream.get("ApproximateCreationDateTime")
    try:
        return datetime.fromtimestamp(float(seconds), UTC)  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError, OSError):
        raise _Malformed("ApproximateCreationDateTime is not a time") from None
