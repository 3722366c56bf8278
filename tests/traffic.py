"""Very many messages, some of them twice and some of them broken, and what must come of each."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

from patterns_shared.adapters.event_messages import event_to_body
from patterns_shared.adapters.sns import attributes_of
from patterns_shared.domain.events import Event
from patterns_shared.testing.order_events import events_of_orders

__all__ = ["Broken", "Traffic", "make_traffic"]

_POISON, _DUPLICATES = 0.01, 0.05


@dataclass(frozen=True, slots=True)
class Broken:
    """A message that cannot be read, and the event that it should have been."""

    body: str
    event: Event
    complaint: str

    @property
    def is_json(self) -> bool:
        """Whether subscriptions with a filter get it: they match fields of the body."""
        return self.complaint != "is not JSON"

    @property
    def repaired(self) -> str:
        """The body as it should have been."""
        return event_to_body(self.event)


@dataclass(frozen=True, slots=True)
class Traffic:
    """Messages in the order in which they are published.

    Attributes:
        good: events that can be read; each is published once or twice.
        broken: those that cannot.
        entries: what SNS is given, duplicates included.
    """

    good: Sequence[Event]
    broken: Sequence[Broken]
    entries: Sequence[dict[str, Any]]


def make_traffic(*, seed: int, messages: int) -> Traffic:
    """Return this many messages: one in a hundred is broken, one in twenty is there twice."""
    chance = Random(seed)
    duplicates = round(messages * _DUPLICATES)
    events = events_of_orders(seed=seed, orders=messages)[: messages - duplicates]
    chance.shuffle(events)
    poison = round(messages * _POISON)
    broken = [_break(event, number) for number, event in enumerate(events[:poison])]
    good = events[poison:]
    entries = [_entry(event_to_body(event), event) for event in good + chance.sample(good, duplicates)]
    entries += [_entry(each.body, each.event) for each in broken]
    chance.shuffle(entries)
    return Traffic(good, broken, entries)


def _break(event: Event, number: int) -> Broken:
    body = event_to_body(event)
    document = json.loads(body)
    ways = (
        (body[: len(body) // 2], "is not JSON"),
        (json.dumps({**document, "schema_version": 99}), "schema_version"),
        (json.dumps({**document, "order_version": "one"}), "order_version: must be a whole number"),
        (json.dumps({name: value for name, value in document.items() if name != "data"}), "data: is missing"),
    )
    broken, complaint = ways[number % len(ways)]
    return Broken(broken, event, complaint)


def _entry(body: str, event: Event) -> dict[str, Any]:
    return {"Message": body, "MessageAttributes": attributes_of(event)}
