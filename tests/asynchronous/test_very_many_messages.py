"""Very many messages at once, one in a hundred broken, one in twenty twice: the books are exact, nothing is lost."""

from collections import Counter

import pytest
from tests.receivers import Receivers
from tests.traffic import Traffic, make_traffic

from patterns_async.application.books import entry_of

SIZES = [
    pytest.param(1_000, marks=pytest.mark.integration),
    pytest.param(10_000, marks=pytest.mark.faults),
]


@pytest.mark.parametrize("messages", SIZES)
def test_the_books_are_exact_and_complete_after_mending(receivers: Receivers, messages: int) -> None:
    """Each good event is one entry, each broken message a dead letter with its reason and, mended, an entry, too."""
    receivers.take_dead_letters("ledger", count=0)
    traffic = make_traffic(seed=messages, messages=messages)
    receivers.publish_entries(traffic.entries)
    receivers.settle("ledger", seconds=60 + messages / 20)
    books_are_exact(receivers, traffic)
    letters = receivers.take_dead_letters("ledger", count=len(traffic.broken))
    assert Counter(letter.body for letter in letters) == Counter(each.body for each in traffic.broken)
    reasons = {letter.body: letter.reason for letter in letters}
    for each in traffic.broken:
        assert each.complaint in reasons[each.body]


def books_are_exact(receivers: Receivers, traffic: Traffic) -> None:
    """Compare entry by entry."""
    booked = receivers.entries([*traffic.good, *(each.event for each in traffic.broken)])
    assert {event_id: entry["amount"] for event_id, entry in booked.items()} == {
        event.id: entry_of(event).amount for event in traffic.good
    }
