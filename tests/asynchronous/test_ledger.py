"""The books: every event once, whatever comes twice, at once, in the wrong order or in pieces."""

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from uuid import uuid4

import pytest
from tests.receivers import Receivers

from patterns_async.application.books import balance, entry_of
from patterns_shared.adapters.event_messages import MAX_BODY_BYTES
from patterns_shared.domain.events import Event, EventType
from patterns_shared.testing import body_of, make_batch, make_event, make_order

pytestmark = pytest.mark.integration

FULFILLED, REJECTED, CANCELLED = EventType.ORDER_FULFILLED, EventType.ORDER_REJECTED, EventType.ORDER_CANCELLED


def event_of(type_: EventType, order_id: str | None = None) -> Event:
    """Return a new event, of a new order unless one is named."""
    placed = make_event(order=make_order(order_id=order_id or str(uuid4())))
    return replace(make_event(type_), id=str(uuid4()), order_id=placed.order_id)


def test_an_entry_tells_what_the_event_told(receivers: Receivers) -> None:
    """Amount, currency, time and trace; nothing of the customer."""
    events = [event_of(type_) for type_ in (FULFILLED, REJECTED, CANCELLED)]
    receivers.publish(events)
    booked = receivers.wait_booked(events)
    for event in events:
        entry = entry_of(event)
        assert booked[event.id] == {
            "event_id": event.id,
            "order_id": event.order_id,
            "order_version": event.order_version,
            "type": event.type.value,
            "amount": entry.amount,
            "currency": "EUR",
            "occurred_at": event.occurred_at.isoformat(),
            "trace_id": entry.trace_id,
            "content": entry.content,
        }
    assert [booked[event.id]["amount"] for event in events] == [events[0].data.total, 0, -events[2].data.total]


@pytest.mark.parametrize("order", ["cancelled first", "cancelled last"])
def test_the_order_of_arrival_does_not_change_the_books(receivers: Receivers, order: str) -> None:
    """A cancellation and a fulfilment that cross come to nothing, read as the books are read: by the order."""
    order_id = str(uuid4())
    events = [event_of(FULFILLED, order_id), event_of(CANCELLED, order_id)]
    for event in reversed(events) if order == "cancelled first" else events:
        receivers.publish([event])
        receivers.wait_booked([event])
    amounts = [entry["amount"] for entry in receivers.entries_of_order(order_id)]
    assert sorted(amounts) == [-events[0].data.total, events[0].data.total]
    assert balance([entry_of(event) for event in events]) == 0 == max(0, sum(amounts))


def test_one_batch_twice_at_once_is_one_entry_each(receivers: Receivers) -> None:
    """Two environments get the same messages at the same moment: both succeed, the books hold each event once."""
    events = [event_of(FULFILLED) for _ in range(25)]
    batch = make_batch(events)
    with ThreadPoolExecutor(2) as environments:
        answers = list(environments.map(lambda _: receivers.invoke("ledger", batch), range(2)))
    assert answers == [{"batchItemFailures": []}] * 2
    assert receivers.entries(events).keys() == {event.id for event in events}


def test_what_cannot_be_read_costs_only_itself(receivers: Receivers) -> None:
    """Malformed, misshapen, too large, of the future, of no known type: each is a dead letter with its reason."""
    good = [event_of(FULFILLED) for _ in range(5)]
    filler = {"data": {**json.loads(body_of(good[0]))["data"], "note": "x" * MAX_BODY_BYTES}}
    bad = {
        "{": "is not JSON at character 1",
        body_of(event_of(FULFILLED), order_version="two"): "order_version: must be a whole number",
        body_of(event_of(FULFILLED), **filler): f"is over the limit of {MAX_BODY_BYTES} bytes",
        body_of(event_of(FULFILLED), schema_version=2): "schema_version",
        body_of(event_of(FULFILLED), type="OrderLost"): "type: is not an event of the shop",
    }
    answer = receivers.invoke("ledger", make_batch([*good[:3], *bad, *good[3:]]))
    assert answer == {"batchItemFailures": []}
    assert receivers.entries(good).keys() == {event.id for event in good}
    letters = {letter.body: letter.reason for letter in receivers.take_dead_letters("ledger", count=len(bad))}
    assert letters.keys() == bad.keys()
    for body, reason in bad.items():
        assert reason in letters[body]


def test_what_is_new_in_an_event_is_no_reason_to_refuse_it(receivers: Receivers) -> None:
    """A producer may add fields to this version of the schema."""
    event = event_of(FULFILLED)
    receivers.publish_bodies([body_of(event, colour="green")])
    receivers.wait_booked([event])


def test_unknown_events_reach_the_ledgers_dead_letters(receivers: Receivers) -> None:
    """The topic would drop it without a word: an unknown type, and a version of the future, are kept with a reason."""
    for each in ("ledger", "partner", "notify", "outcome"):
        receivers.take_dead_letters(each, count=0)
    unknown, future = body_of(event_of(FULFILLED), type="OrderLost"), body_of(event_of(FULFILLED), schema_version=99)
    receivers.publish_bodies([unknown], type_="OrderLost")
    receivers.publish_bodies([future], type_="OrderLost")
    letters = receivers.take_dead_letters("ledger", count=2)
    assert {letter.body for letter in letters} == {unknown, future}
    assert all(letter.reason for letter in letters)
    # The version of the future is of a type that all of them take.
    for each in ("partner", "notify", "outcome"):
        assert [letter.body for letter in receivers.take_dead_letters(each, count=1)] == [future]
