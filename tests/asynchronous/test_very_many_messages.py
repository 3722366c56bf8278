"""Very many messages at once, one in a hundred broken, one in twenty twice: the books are exact, nothing is lost."""

import json
from collections.abc import Sequence

import pytest
from tests.commands import patterns
from tests.receivers import Receivers
from tests.traffic import Traffic, make_traffic
from tests.waiting import eventually

from patterns_async.application.books import entry_of
from patterns_local.partner.client import PartnerClient
from patterns_local.platform import Platform
from patterns_shared.domain.events import Event, EventType

SIZES = [
    pytest.param(1_000, marks=pytest.mark.integration),
    pytest.param(10_000, marks=pytest.mark.faults),
]
TOLD_TO_PARTNER = {EventType.ORDER_FULFILLED, EventType.ORDER_CANCELLED}


@pytest.mark.parametrize("messages", SIZES)
def test_the_books_are_exact_and_complete_after_the_repair(
    platform: Platform, receivers: Receivers, partner: PartnerClient, messages: int
) -> None:
    """Each good event is one entry, each broken message a dead letter with its reason and, repaired, an entry, too."""
    for each in ("ledger", "partner", "notify", "outcome"):
        receivers.take_dead_letters(each, count=0)
    traffic = make_traffic(seed=messages, messages=messages)
    receivers.publish_entries(traffic.entries)
    receivers.settle("ledger", seconds=60 + messages / 20)
    assert booked(receivers, traffic) == amounts(traffic.good)

    letters = dead_letters(platform, "ledger")
    told = {each.body: each for each in traffic.broken}
    # As a set: a client whose answer is late sends a dead letter once more, and SQS keeps both.
    assert {letter["body"] for letter in letters} == told.keys()
    assert all(told[letter["body"]].complaint in letter["reason"] for letter in letters)

    repaired = [{**letter, "body": told[letter["body"]].repaired} for letter in letters]
    redriven = patterns(
        platform, "redrive", "ledger", "--repaired", "-", typed="".join(f"{json.dumps(x)}\n" for x in repaired)
    )
    assert redriven.returncode == 0, redriven.stderr
    receivers.settle("ledger")
    assert booked(receivers, traffic) == amounts([*traffic.good, *(each.event for each in traffic.broken)])
    assert not dead_letters(platform, "ledger")

    good = {event.id for event in traffic.good if event.type in TOLD_TO_PARTNER}
    eventually(lambda: partner.seen()["done"] >= len(good), seconds=60 + messages / 10, pause=1.0)
    receivers.settle("partner", seconds=60)
    assert {event_id: seen["done"] for event_id, seen in partner.events().items()} == dict.fromkeys(good, 1)
    broken = {each.body for each in traffic.broken if each.is_json and each.event.type in TOLD_TO_PARTNER}
    # Dead letters of other tests that were hidden when this one began are there as well.
    assert {letter["body"] for letter in dead_letters(platform, "partner")} & told.keys() == broken


def booked(receivers: Receivers, traffic: Traffic) -> dict[str, int]:
    """Return the amounts in the books, by event id."""
    entries = receivers.entries([*traffic.good, *(each.event for each in traffic.broken)])
    return {event_id: entry["amount"] for event_id, entry in entries.items()}


def amounts(events: Sequence[Event]) -> dict[str, int]:
    """Return the amounts that must be in the books."""
    return {event.id: entry_of(event).amount for event in events}


def dead_letters(platform: Platform, receiver: str) -> list[dict[str, str]]:
    """Return what ``patterns dead-letters`` tells of a receiver."""
    shown = patterns(platform, "dead-letters", receiver, "--json", "--max", "1000")
    assert shown.returncode == 0, shown.stderr
    return [json.loads(line) for line in shown.stdout.splitlines()]
