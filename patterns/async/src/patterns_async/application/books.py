"""The shop's books: one entry for each event, and what an order comes to.

An entry is made of its own event alone, so that it can be booked without reading anything, in any order of arrival.
What an order comes to is decided when it is read: its entries added up, and never below zero, since a cancellation
takes back what was booked and nothing else. So the same entries give the same balance in whatever order they came.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Protocol

from patterns_shared.domain.errors import InvalidEvent
from patterns_shared.domain.event_content import content_digest
from patterns_shared.domain.events import Event, EventType
from patterns_shared.observability.trace_ids import trace_id_of

__all__ = ["Booked", "Entry", "Ledger", "balance", "book", "entry_of"]

_EFFECT = MappingProxyType(
    {
        EventType.ORDER_FULFILLED: 1,
        EventType.ORDER_CANCELLED: -1,
        EventType.ORDER_REJECTED: 0,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One line in the books; never changed, never removed, and without contact data.

    ``amount`` is in minor units of ``currency``: what was sold, minus what was cancelled. ``content`` is a digest of
    the event, by which a duplicate is told from a conflict.
    """

    event_id: str
    order_id: str
    order_version: int
    type: EventType
    amount: int
    currency: str
    occurred_at: datetime
    trace_id: str
    content: str


class Booked(StrEnum):
    """What booking an event did; both are a success."""

    BOOKED = "booked"
    SEEN = "duplicate"
    """An entry for this event, with this content, is there already."""


class Ledger(Protocol):
    """Where entries are kept."""

    def append(self, entries: Sequence[Entry]) -> Mapping[str, Booked | Exception]:
        """Keep the entries whose event has none yet, each for itself, and return how it went, by event id.

        No two of the entries have the same event id. An entry that is there with another content gives EventConflict.
        """
        ...


def entry_of(event: Event) -> Entry:
    """Return the entry of an event.

    Raises:
        InvalidEvent: nothing is booked for this type of event.
    """
    effect = _EFFECT.get(event.type)
    if effect is None:
        raise InvalidEvent("type", f"{event.type} books nothing")
    return Entry(
        event_id=event.id,
        order_id=event.order_id,
        order_version=event.order_version,
        type=event.type,
        amount=effect * event.data.total,
        currency=event.data.currency,
        occurred_at=event.occurred_at,
        trace_id=trace_id_of(event.traceparent),
        content=content_digest(event, contact=False),
    )


def balance(entries: Iterable[Entry]) -> int:
    """Return what one order comes to, in minor units."""
    return max(0, sum(entry.amount for entry in entries))


def book(events: Sequence[Event], ledger: Ledger) -> dict[str, Booked | Exception]:
    """Book the events, each for itself, and return how it went, by event id; no two have the same id."""
    results: dict[str, Booked | Exception] = {}
    entries: list[Entry] = []
    for event in events:
        try:
            entries.append(entry_of(event))
        except InvalidEvent as invalid:
            results[event.id] = invalid
    if entries:
        results.update(ledger.append(entries))
    return results
