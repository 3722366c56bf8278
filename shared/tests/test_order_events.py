"""Events by the hundred, for demonstrations and tests."""

from collections import Counter, defaultdict

from patterns_shared.adapters.event_messages import event_from_body, event_to_body
from patterns_shared.domain.events import Event, EventType
from patterns_shared.testing.order_events import events_of_orders


def shape(events: list[Event]) -> list[tuple[EventType, int]]:
    """Return what does not change from run to run."""
    return [(event.type, event.data.total) for event in events]


def test_the_seed_decides_what_happens_and_not_to_whom() -> None:
    """The same baskets and fates, with new ids."""
    first, second = (events_of_orders(seed=7, orders=300) for _ in range(2))
    assert shape(first) == shape(second) != shape(events_of_orders(seed=8, orders=300))
    assert not {event.id for event in first} & {event.id for event in second}


def test_every_fate_is_among_them() -> None:
    """Outcomes and cancellations, and orders for which both come, in either order."""
    events = events_of_orders(seed=1, orders=500)
    assert set(Counter(event.type for event in events)) == set(EventType) - {EventType.ORDER_PLACED}
    told = defaultdict(list)
    for event in events:
        told[event.order_id].append(event.type)
    both = {tuple(types) for types in told.values() if len(types) > 1}
    assert both >= {
        (EventType.ORDER_CANCELLED, EventType.ORDER_FULFILLED),
        (EventType.ORDER_FULFILLED, EventType.ORDER_CANCELLED),
    }
    assert len(told) == 500
    assert len({event.id for event in events}) == len(events)


def test_each_is_an_event_that_consumers_take() -> None:
    """They go through the codec and come back equal."""
    for event in events_of_orders(seed=2, orders=100):
        assert event_from_body(event_to_body(event)) == event
