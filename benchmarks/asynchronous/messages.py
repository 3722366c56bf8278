"""What every ledger is given: events as messages of a queue, as Lambda hands them over, and messages to refuse.

The standard library only, since it runs in the measured processes.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from random import Random
from typing import Any

__all__ = ["BAD_BODIES", "GARBAGE", "batches", "body", "entry", "traffic"]

_EFFECT = {"OrderFulfilled": 1, "OrderCancelled": -1, "OrderRejected": 0}
_TYPES = (*["OrderFulfilled"] * 8, "OrderCancelled", "OrderRejected")
_LINES = (
    {"sku": "TEA-ASSAM-100", "quantity": 2, "unit_price": 690},
    {"sku": "COF-YIRGA-250", "quantity": 1, "unit_price": 1290},
    {"sku": "CUP-STONE-2", "quantity": 4, "unit_price": 2280},
)
_TOTAL = sum(int(str(line["quantity"])) * int(str(line["unit_price"])) for line in _LINES)
_DUPLICATES, _POISON = 0.05, 0.01


def body(number: int, **changes: object) -> str:
    """Return the event of this number as a message's body, with these fields of the envelope instead of its own."""
    type_ = _TYPES[number % len(_TYPES)]
    return _text({**_event(number, type_), **changes})


def entry(text: str) -> dict[str, dict[str, str]]:
    """Return the item that the ledger's table must have for a body."""
    event = json.loads(text)
    return {
        "event_id": {"S": event["id"]},
        "order_id": {"S": event["order_id"]},
        "order_version": {"N": str(event["order_version"])},
        "type": {"S": event["type"]},
        "amount": {"N": str(_EFFECT[event["type"]] * event["data"]["total"])},
        "currency": {"S": event["data"]["currency"]},
        "occurred_at": {"S": event["occurred_at"]},
        "trace_id": {"S": event["traceparent"].split("-")[1]},
    }


def batches(bodies: Sequence[str], size: int) -> Iterator[dict[str, Any]]:
    """Yield what Lambda is called with for these bodies, ``size`` of them at once."""
    for start in range(0, len(bodies), size):
        yield {"Records": list(_records(bodies[start : start + size], start))}


def traffic(messages: int) -> list[str]:
    """Return this many bodies in a fixed, mixed order: one in twenty is there twice, one in a hundred is garbage."""
    duplicates, poison = round(messages * _DUPLICATES), round(messages * _POISON)
    events = [body(number) for number in range(messages - duplicates - poison)]
    chance = Random(messages)
    bodies = [*events, *chance.sample(events, duplicates), *[GARBAGE] * poison]
    chance.shuffle(bodies)
    return bodies


def _event(number: int, type_: str) -> dict[str, Any]:
    data = {
        "customer_id": "a4c8f4c2-6031-70aa-5d1f-3f0e3a1f9b11",
        "contact": {"email": "ada@example.com"},
        "lines": _LINES,
        "currency": "EUR",
        "total": _TOTAL,
        "placed_at": "2025-03-11T23:28:32.123456+00:00",
    }
    return {
        "id": f"5f0c0f52-6d0e-5c0b-9a55-{number:012x}",
        "type": type_,
        "schema_version": 1,
        "occurred_at": "2025-03-11T23:28:33.123456+00:00",
        "order_id": f"019b8d00-0000-7000-8000-{number:012x}",
        "order_version": 2,
        "data": data | ({"reason": "2001 pieces are over the limit of 2000"} if type_ == "OrderRejected" else {}),
        "traceparent": f"00-4bf92f3577b34da6a3ce{number:012x}-00f067aa0ba902b7-01",
    }


def _records(bodies: Iterable[str], first: int) -> Iterator[dict[str, Any]]:
    for number, text in enumerate(bodies, first):
        yield {
            "messageId": f"059f36b4-87a3-44ab-83d2-{number:012x}",
            "receiptHandle": f"AQEBwJnKyrHigUMZj6rYigCgxlaS3SLy0a{number:012x}",
            "body": text,
            "attributes": {
                "ApproximateReceiveCount": "1",
                "SentTimestamp": "1741735713200",
                "SenderId": "AIDAIENQZJOLO23YVJ4VO",
                "ApproximateFirstReceiveTimestamp": "1741735713205",
            },
            "messageAttributes": {
                "type": {"stringValue": "OrderFulfilled", "dataType": "String"},
                "schema_version": {"stringValue": "1", "dataType": "Number"},
            },
            "md5OfBody": "e4e68fb7bd0e697a0ae8f1bb342846b3",
            "eventSource": "aws:sqs",
            "eventSourceARN": "arn:aws:sqs:us-east-1:123456789012:ledger",
            "awsRegion": "us-east-1",
        }


def _text(event: dict[str, Any]) -> str:
    return json.dumps(event, ensure_ascii=False, separators=(",", ":"))


def _bad(**changes: object) -> str:
    return body(0, **changes)


def _bad_data(**changes: object) -> str:
    return body(0, data={**_event(0, "OrderFulfilled")["data"], **changes})


def _without(name: str) -> str:
    return _text({key: value for key, value in _event(0, "OrderFulfilled").items() if key != name})


GARBAGE = body(0)[:-1]
"""An unreadable message: JSON without its end."""

BAD_BODIES = {
    "not JSON": GARBAGE,
    "no object": "[]",
    "no data": _without("data"),
    "no id": _without("id"),
    "an empty id": _bad(id=""),
    "a space in an id": _bad(order_id="an order"),
    "a future version": _bad(schema_version=2),
    "an unknown type": _bad(type="OrderLost"),
    "an event that books nothing": _bad(type="OrderPlaced"),
    "a rejection without its reason": _bad(type="OrderRejected"),
    "order version 0": _bad(order_version=0),
    "an order version in quotes": _bad(order_version="2"),
    "a time without a zone": _bad(occurred_at="2025-03-11T23:28:33"),
    "a time of another zone": _bad(occurred_at="2025-03-11T23:28:33+01:00"),
    "no line": _bad_data(lines=[], total=0),
    "quantity 0": _bad_data(lines=[{"sku": "GIFT-BOX-S", "quantity": 0, "unit_price": 350}], total=0),
    "a price below zero": _bad_data(lines=[{"sku": "GIFT-BOX-S", "quantity": 1, "unit_price": -350}], total=-350),
    "a total that is not the sum": _bad_data(total=_TOTAL + 1),
    "no address": _bad_data(contact={}),
}
"""Bodies that a ledger which looks must refuse, by what is wrong with them."""
