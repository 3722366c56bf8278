from dataclasses import fields, replace
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from patterns_async.application.books import Booked, Entry, balance, book, entry_of
from patterns_async.testing import InMemoryLedger
from patterns_shared.domain.errors import InvalidEvent
from patterns_shared.domain.event_content import content_digest
from patterns_shared.domain.events import Event, EventType
from patterns_shared.testing import make_event, make_order

SALE = make_event(EventType.ORDER_FULFILLED, id="sale")
CANCELLATION = make_event(EventType.ORDER_CANCELLED, id="cancellation")
REJECTION = make_event(EventType.ORDER_REJECTED, id="rejection")
TOTAL = make_order().total


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        ([], 0),
        ([SALE], TOTAL),
        ([REJECTION], 0),
        ([CANCELLATION], 0),
        ([SALE, CANCELLATION], 0),
        ([REJECTION, CANCELLATION], 0),
        ([SALE, SALE, CANCELLATION, CANCELLATION, SALE], 0),
    ],
)
def test_the_books_do_not_depend_on_the_order_of_arrival(events: list[Event], expected: int) -> None:
    """A cancellation before the fulfilment, and after it, and any duplicates, come to the same."""
    for arrival in permutations(events):
        ledger = InMemoryLedger()
        for event in arrival:
            book([event], ledger)
        assert balance(ledger.entries.values()) == expected


def test_an_entry_says_what_happened_and_not_to_whom() -> None:
    """No contact data, no customer: the books outlive both."""
    entry = entry_of(SALE)
    assert entry == Entry(
        event_id="sale",
        order_id=SALE.order_id,
        order_version=2,
        type=EventType.ORDER_FULFILLED,
        amount=TOTAL,
        currency="EUR",
        occurred_at=SALE.occurred_at,
        trace_id="4bf92f3577b34da6a3ce929d0e0e4736",
        content=content_digest(SALE, contact=False),
    )
    assert SALE.data.contact.email not in repr(entry)
    assert {"email", "contact", "customer_id"}.isdisjoint(field.name for field in fields(Entry))


def test_a_cancellation_takes_back_what_was_sold() -> None:
    """Its entry is the sale's with the sign turned."""
    assert entry_of(CANCELLATION).amount == -TOTAL
    assert entry_of(REJECTION).amount == 0


def test_what_books_nothing_is_refused() -> None:
    """A placed order is no sale yet; what came with it is booked all the same."""
    placed = make_event(EventType.ORDER_PLACED, id="placed")
    ledger = InMemoryLedger()
    results = book([placed, SALE], ledger)
    assert results["sale"] is Booked.BOOKED
    assert isinstance(results["placed"], InvalidEvent)
    assert set(ledger.entries) == {"sale"}


@given(st.lists(st.tuples(st.sampled_from([SALE, CANCELLATION, REJECTION]), st.integers(0, 4)), max_size=30))
def test_every_event_is_booked_exactly_once(told: list[tuple[Event, int]]) -> None:
    """However often and in whatever batches it is told."""
    ledger = InMemoryLedger()
    events = [replace(event, id=f"{event.id} {n}") for event, n in told]
    booked = [result for event in events for result in book([event], ledger).values()]
    assert set(ledger.entries) == {event.id for event in events}
    assert booked.count(Booked.BOOKED) == len(ledger.entries)
    assert len(booked) == len(events)
