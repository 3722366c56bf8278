"""Events to and from plain JSON values (dict, list, str, int), with errors that name the field.

A reader accepts fields that it does not know (they were added later) and refuses a schema version that it
does not know (its meaning changed). The JSON Schemas in ``docs/events`` say the same.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, TypeVar

from patterns_shared.domain.errors import InvalidEvent, UnknownEventVersion
from patterns_shared.domain.events import (
    SCHEMA_VERSION,
    Contact,
    Event,
    EventType,
    OrderData,
    OrderRejectedData,
)
from patterns_shared.domain.orders import OrderLine

__all__ = ["MAX_INTEGER", "UTC_TIME", "decode_event", "encode_event"]

UTC_TIME = (
    "^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]"
    "(\\.[0-9]{1,9})?(Z|\\+00:00)$"
)
"""RFC 3339 in UTC, as a regular expression that JSON Schema and Python read alike."""
MAX_INTEGER = 2**53 - 1
"""The greatest whole number that every reader of JSON keeps as it is (RFC 7493)."""
_UTC_TIME = re.compile(UTC_TIME)
_HALF_CHARACTER = re.compile("[\ud800-\udfff]")
_EVENT_TYPES: Mapping[str, EventType] = {event_type.value: event_type for event_type in EventType}
_T = TypeVar("_T")


def encode_event(event: Event) -> dict[str, Any]:
    """Return the event as JSON values; times are RFC 3339 in UTC."""
    data = event.data
    encoded: dict[str, Any] = {
        "customer_id": data.customer_id,
        "contact": {"email": data.contact.email},
        "lines": [{"sku": x.sku, "quantity": x.quantity, "unit_price": x.unit_price} for x in data.lines],
        "currency": data.currency,
        "total": data.total,
        "placed_at": _time(data.placed_at),
    }
    if isinstance(data, OrderRejectedData):
        encoded["reason"] = data.reason
    return {
        "id": event.id,
        "type": event.type.value,
        "schema_version": event.schema_version,
        "occurred_at": _time(event.occurred_at),
        "order_id": event.order_id,
        "order_version": event.order_version,
        "data": encoded,
        "traceparent": event.traceparent,
    }


def decode_event(document: object) -> Event:
    """Return the event.

    Raises:
        UnknownEventVersion: its schema version is newer than this code.
        InvalidEvent: naming the first field that is missing or wrong.
    """
    fields = _Fields(document)
    version = fields.integer("schema_version", least=1)
    if version > SCHEMA_VERSION:
        raise UnknownEventVersion("schema_version", f"{version} is newer than {SCHEMA_VERSION}, the newest known here")
    event_type = fields.event_type("type")
    return Event(
        id=fields.text("id"),
        type=event_type,
        schema_version=version,
        occurred_at=fields.time("occurred_at"),
        order_id=fields.text("order_id"),
        order_version=fields.integer("order_version", least=1),
        data=_decode_data(fields.nested("data"), event_type),
        traceparent=fields.text("traceparent"),
    )


def _decode_data(fields: "_Fields", event_type: EventType) -> OrderData:
    data = OrderData(
        customer_id=fields.text("customer_id"),
        contact=Contact(fields.nested("contact").text("email")),
        lines=tuple(
            OrderLine(
                sku=line.text("sku"),
                quantity=line.integer("quantity", least=1),
                unit_price=line.integer("unit_price", least=0),
            )
            for line in fields.list_of("lines")
        ),
        currency=fields.text("currency"),
        total=fields.integer("total", least=0),
        placed_at=fields.time("placed_at"),
    )
    if data.total != sum(line.amount for line in data.lines):
        raise InvalidEvent("data.total", "is not the sum of the lines")
    if event_type is not EventType.ORDER_REJECTED:
        return data
    return OrderRejectedData.of(data, reason=fields.text("reason"))


def _time(value: datetime) -> str:
    if value.tzinfo is None:
        raise ValueError("a time of an event must have a time zone")
    return value.astimezone(UTC).isoformat()


class _Fields:
    """A JSON object that is read field by field; every complaint names the field's whole path.

    Good values take the short way, which is most of the work of reading an event: no path, no second look-up.
    """

    __slots__ = ("_name", "_parent", "_values")

    def __init__(self, value: object, parent: "_Fields | None" = None, name: str = "") -> None:
        self._parent, self._name = parent, name
        if type(value) is not dict and not isinstance(value, Mapping):
            raise InvalidEvent(self._path, "must be an object")
        self._values: Mapping[str, object] = value

    @property
    def _path(self) -> str:
        return self._parent.at(self._name) if self._parent else self._name

    def at(self, name: str) -> str:
        path = self._path
        return f"{path}.{name}" if path else name

    def _get(self, name: str, kind: type[_T] | tuple[type[_T], ...], noun: str) -> _T:
        if name not in self._values:
            raise InvalidEvent(self.at(name), "is missing")
        value = self._values[name]
        if not isinstance(value, kind) or isinstance(value, bool):
            raise InvalidEvent(self.at(name), f"must be {noun}")
        return value

    def text(self, name: str) -> str:
        value = self._values.get(name)
        if type(value) is str and value and value.isascii():
            return value
        value = self._get(name, str, "a text")
        if not value:
            raise InvalidEvent(self.at(name), "must not be empty")
        if _HALF_CHARACTER.search(value):
            raise InvalidEvent(self.at(name), "has half a character, which no store takes")
        return value

    def event_type(self, name: str) -> EventType:
        event_type = _EVENT_TYPES.get(self.text(name))
        if event_type is None:
            raise InvalidEvent(self.at(name), "is not an event of the shop")
        return event_type

    def integer(self, name: str, *, least: int) -> int:
        value = self._values.get(name)
        if type(value) is int and least <= value <= MAX_INTEGER:
            return value
        value = self._get(name, (int, float), "a whole number")
        if isinstance(value, float):
            # 2.0 is a whole number in JSON, and some writers of JSON have no other.
            if not value.is_integer():
                raise InvalidEvent(self.at(name), "must be a whole number")
            value = int(value)
        if value < least:
            raise InvalidEvent(self.at(name), f"must be at least {least}")
        if value > MAX_INTEGER:
            raise InvalidEvent(self.at(name), f"must be at most {MAX_INTEGER}")
        return value

    def time(self, name: str) -> datetime:
        value = self.text(name)
        # fromisoformat alone takes other forms of ISO 8601 too (weeks, basic format), and which depends on the Python.
        if _UTC_TIME.fullmatch(value):
            try:
                return datetime.fromisoformat(value)
            except ValueError:
                pass  # the 30th of February, say
        raise InvalidEvent(self.at(name), "must be an RFC 3339 time in UTC")

    def nested(self, name: str) -> "_Fields":
        value = self._values.get(name)
        return _Fields(value if type(value) is dict else self._get(name, Mapping, "an object"), self, name)

    def list_of(self, name: str) -> "list[_Fields]":
        values = self._get(name, list, "a list")
        if not values:
            raise InvalidEvent(self.at(name), "must not be empty")
        return [_Fields(value, self, f"{name}.{n}") for n, value in enumerate(values)]
