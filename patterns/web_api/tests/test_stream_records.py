"""Records of the table's stream as events, and records that cannot be read."""

import copy
import dataclasses
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from patterns_shared.adapters.event_messages import event_to_body
from patterns_shared.adapters.order_items import order_to_item
from patterns_shared.domain.event_codec import decode_event, encode_event
from patterns_shared.domain.events import EventType, change_event_id
from patterns_shared.domain.orders import ERASED_CONTACT, Order, OrderStatus
from patterns_shared.testing import make_order
from patterns_shared.testing.strategies import orders, texts
from patterns_web_api.adapters.stream_records import changes_from_records

TRACEPARENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
PLACED = make_order()
CLOSED = [PLACED.move(status) for status in (OrderStatus.CANCELLED, OrderStatus.FULFILLED, OrderStatus.REJECTED)]


def erased(order: Order) -> Order:
    """Return the order without the customer's address."""
    return replace(order, contact_email=ERASED_CONTACT)


def record(name: str, new: Order | None, old: Order | None = None, *, position: str = "100") -> dict[str, Any]:
    """Return a record as Lambda sends it."""
    order = new or old or PLACED
    stream: dict[str, Any] = {
        "ApproximateCreationDateTime": 1767605460.0,
        "Keys": {"pk": {"S": f"ORDER#{order.order_id}"}},
        "SequenceNumber": position,
        "StreamViewType": "NEW_AND_OLD_IMAGES",
    }
    for image, shown in (("NewImage", new), ("OldImage", old)):
        if shown is not None:
            stream[image] = order_to_item(shown, traceparent=TRACEPARENT)
    return {"eventID": "1", "eventName": name, "eventSource": "aws:dynamodb", "dynamodb": stream}


def test_a_new_order_is_an_order_placed() -> None:
    """With the order's own time, data and trace, and the id of its first version."""
    (change,) = changes_from_records([record("INSERT", PLACED)])

    assert change.position == "100"
    assert change.malformed is None
    event = change.event
    assert event is not None
    assert event.type is EventType.ORDER_PLACED
    assert event.id == change_event_id(PLACED.order_id, 1)
    assert event.occurred_at == PLACED.placed_at
    assert event.data.contact.email == PLACED.contact_email
    assert event.data.total == PLACED.total
    assert event.traceparent == TRACEPARENT


def test_a_cancellation_is_an_order_cancelled() -> None:
    """With the time of the write, and the id of the second version."""
    cancelled = PLACED.move(OrderStatus.CANCELLED)

    (change,) = changes_from_records([record("MODIFY", cancelled, PLACED)])

    assert change.event is not None
    assert change.event.type is EventType.ORDER_CANCELLED
    assert change.event.id == change_event_id(PLACED.order_id, 2)
    assert change.event.order_version == 2
    assert change.event.occurred_at == datetime(2026, 1, 5, 9, 31, tzinfo=UTC)


@given(order=orders(), traceparent=texts())
def test_a_record_read_twice_is_the_same_event_byte_for_byte(order: Order, traceparent: str) -> None:
    """Whatever the order and its trace context: consumers take one id with two contents for a conflict."""
    placed = dataclasses.replace(order, status=OrderStatus.PLACED)
    records = [record("INSERT", placed), record("MODIFY", placed.move(OrderStatus.CANCELLED), placed)]
    for each in records:
        each["dynamodb"]["NewImage"]["traceparent"] = {"S": traceparent}

    first, again = changes_from_records(records), changes_from_records(copy.deepcopy(records))

    assert [event_to_body(change.event) for change in first if change.event] == [
        event_to_body(change.event) for change in again if change.event
    ]
    assert all(change.event for change in first)


def test_the_events_survive_their_journey() -> None:
    """What is relayed is an envelope that every consumer reads."""
    records = [record("INSERT", PLACED), record("MODIFY", PLACED.move(OrderStatus.CANCELLED), PLACED)]

    for change in changes_from_records(records):
        assert change.event is not None
        assert decode_event(encode_event(change.event)) == change.event


def test_an_order_without_a_trace_starts_one() -> None:
    """Its event has a valid trace context in any case."""
    untraced = record("INSERT", PLACED)
    del untraced["dynamodb"]["NewImage"]["traceparent"]

    (change,) = changes_from_records([untraced])

    assert change.event is not None
    assert len(change.event.traceparent) == len(TRACEPARENT)


@pytest.mark.parametrize(
    "quiet",
    [
        record("MODIFY", PLACED.move(OrderStatus.FULFILLED), PLACED),
        record("MODIFY", PLACED.move(OrderStatus.REJECTED), PLACED),
        record("MODIFY", PLACED.move(OrderStatus.CANCELLED), PLACED.move(OrderStatus.CANCELLED)),
        record("MODIFY", PLACED, PLACED),
        record("REMOVE", None, PLACED),
        *(record("MODIFY", erased(each), each) for each in CLOSED),
        *(record("MODIFY", erased(each), erased(each)) for each in CLOSED),
        record("INSERT", PLACED.move(OrderStatus.FULFILLED)),
    ],
)
def test_other_changes_of_an_order_are_no_events(quiet: dict[str, Any]) -> None:
    """Outcomes come from the bus and need not go back to it."""
    (change,) = changes_from_records([quiet])

    assert (change.event, change.malformed) == (None, None)


@pytest.mark.parametrize("name", ["INSERT", "MODIFY", "REMOVE"])
def test_idempotency_claims_are_no_orders(name: str) -> None:
    """The table keeps both."""
    claim = record(name, PLACED)
    claim["dynamodb"]["Keys"] = {"pk": {"S": "IDEMPOTENCY#customer-1#abc"}}

    (change,) = changes_from_records([claim])

    assert (change.event, change.malformed) == (None, None)


def _without(*path: str) -> Callable[[dict[str, Any]], None]:
    def remove(broken: dict[str, Any]) -> None:
        for name in path[:-1]:
            broken = broken[name]
        del broken[path[-1]]

    return remove


def _with(value: object, *path: str) -> Callable[[dict[str, Any]], None]:
    def replace(broken: dict[str, Any]) -> None:
        for name in path[:-1]:
            broken = broken[name]
        broken[path[-1]] = value

    return replace


@pytest.mark.parametrize(
    "spoil",
    [
        _without("dynamodb"),
        _without("eventName"),
        _without("dynamodb", "SequenceNumber"),
        _without("dynamodb", "Keys"),
        _without("dynamodb", "NewImage"),
        _without("dynamodb", "ApproximateCreationDateTime"),
        _without("dynamodb", "NewImage", "lines"),
        _without("dynamodb", "NewImage", "contact_email"),
        _with([], "dynamodb"),
        _with("REPLACE", "eventName"),
        _with({}, "dynamodb", "Keys"),
        _with({"pk": {"N": "1"}}, "dynamodb", "Keys"),
        _with("x", "dynamodb", "NewImage"),
        _with("x", "dynamodb", "ApproximateCreationDateTime"),
        _with(1e40, "dynamodb", "ApproximateCreationDateTime"),
        _with(float("nan"), "dynamodb", "ApproximateCreationDateTime"),
        _with({"N": "1"}, "dynamodb", "NewImage", "status"),
        _with({"S": "SHIPPED"}, "dynamodb", "NewImage", "status"),
        _with({"L": []}, "dynamodb", "NewImage", "lines"),
        _with({"L": [{"S": "x"}]}, "dynamodb", "NewImage", "lines"),
        _with({"N": "1"}, "dynamodb", "NewImage", "total"),
        _with({"N": "one"}, "dynamodb", "NewImage", "order_version"),
        _with({"N": "0"}, "dynamodb", "NewImage", "order_version"),
        _with({"S": "yesterday"}, "dynamodb", "NewImage", "placed_at"),
    ],
)
def test_what_cannot_be_read_is_said_with_its_reason(spoil: Callable[[dict[str, Any]], None]) -> None:
    """It is neither an event nor an exception, and its neighbour is read all the same."""
    broken = record("MODIFY", PLACED.move(OrderStatus.CANCELLED), PLACED)
    spoil(broken)

    change, neighbour = changes_from_records([broken, record("INSERT", PLACED)])

    assert change.event is None
    assert change.malformed
    assert change.raw is broken
    assert neighbour.event is not None


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
PATHS = st.sampled_from(
    [
        ("eventName",),
        ("dynamodb",),
        *(
            ("dynamodb", name)
            for name in ("Keys", "NewImage", "OldImage", "SequenceNumber", "ApproximateCreationDateTime")
        ),
        *(("dynamodb", "NewImage", name) for name in order_to_item(PLACED, traceparent=TRACEPARENT)),
    ]
)


@given(path=PATHS, value=JSON)
def test_no_record_is_an_exception(path: tuple[str, ...], value: object) -> None:
    """Whatever stands where: an exception would hold up the shard."""
    spoilt = record("MODIFY", PLACED.move(OrderStatus.CANCELLED), PLACED)
    _with(value, *path)(spoilt)

    (change,) = changes_from_records([spoilt])

    assert change.event is None or change.malformed is None
