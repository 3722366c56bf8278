"""Records of the orders table's stream, as domain events.

A record is another program's output, so nothing about it is taken for granted: what cannot be read is told apart
from what needs no event, and neither is an exception of Python's.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from patterns_shared.adapters.order_item_events import cancelled_event, placed_event
from patterns_shared.adapters.order_items import ORDER_PREFIX, order_from_item
from patterns_shared.domain.errors import ShopError
from patterns_shared.domain.events import Event
from patterns_shared.domain.orders import OrderStatus
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
        return placed_event(new)
    if name == "MODIFY" and order.status is OrderStatus.CANCELLED and _status_changed(stream, new):
        return cancelled_event(new, written_at=_written_at(stream))
    return None


def _key(stream: Record) -> str:
    try:
        key = stream["Keys"]["pk"]["S"]
    except (KeyError, TypeError):
        key = None
    if not isinstance(key, str):
        raise _Malformed("the record has no key")
    return key


def _status_changed(stream: Record, new: Record) -> bool:
    old = stream.get("OldImage")
    return not isinstance(old, Mapping) or old.get("status") != new.get("status")


def _written_at(stream: Record) -> datetime | None:
    """Return when DynamoDB took the write, for items that do not say it themselves; None if it cannot be read."""
    seconds = stream.get("ApproximateCreationDateTime")
    try:
        return datetime.fromtimestamp(float(seconds), UTC)  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError, OSError):
        return None
