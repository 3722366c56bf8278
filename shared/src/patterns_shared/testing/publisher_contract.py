"""What every event publisher does, whatever carries its events.

Subclass :class:`PublisherContract` and give it two fixtures: ``publisher``, and ``received``, a call that takes all
events that have arrived since the last call off the bus and returns them.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest

from patterns_shared.adapters.clock import utc_now
from patterns_shared.adapters.order_ids import new_order_id
from patterns_shared.domain.events import Event, EventType, change_event_id
from patterns_shared.ports import EventPublisher
from patterns_shared.testing.made import make_event

__all__ = ["PublisherContract"]

# ruff: noqa: S101 - a contract suite asserts

Received = Callable[[], Sequence[Event]]


def _by_id(events: Sequence[Event]) -> list[Event]:
    """Return the events in an order that does not depend on the bus, which keeps none."""
    return sorted(events, key=lambda event: event.id)


class PublisherContract:
    """The contract of ``EventPublisher``."""

    @pytest.mark.parametrize("event_type", list(EventType))
    def test_an_event_arrives_as_it_was_published(
        self, publisher: EventPublisher, received: Received, event_type: EventType
    ) -> None:
        """Every field of every type of event comes through."""
        order_id = new_order_id(utc_now())
        event = replace(make_event(event_type), id=change_event_id(order_id, 1), order_id=order_id)
        assert not publisher.publish([event])
        assert list(received()) == [event]

    def test_many_events_all_arrive_once(self, publisher: EventPublisher, received: Received) -> None:
        """A number of events that no single call takes is nothing that the caller has to know about."""
        events = []
        for _ in range(25):
            order_id = new_order_id(utc_now())
            events.append(replace(make_event(), id=change_event_id(order_id, 1), order_id=order_id))
        assert not publisher.publish(events)
        assert _by_id(received()) == _by_id(events)

    def test_publishing_nothing_is_nothing(self, publisher: EventPublisher, received: Received) -> None:
        """No events, no failure, nothing on the bus."""
        assert not publisher.publish([])
        assert not received()

    def test_texts_of_all_languages_arrive(self, publisher: EventPublisher, received: Received) -> None:
        """Nothing is lost to an encoding."""
        order_id = new_order_id(utc_now())
        event = make_event()
        event = replace(
            event,
            id=change_event_id(order_id, 1),
            order_id=order_id,
            data=replace(event.data, customer_id='Žofie "喫茶" 🫖 \\ \u2028'),
        )
        assert not publisher.publish([event])
        assert list(received()) == [event]
