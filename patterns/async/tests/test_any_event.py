import re
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from patterns_async.application.books import book
from patterns_async.application.breaker import Breaker
from patterns_async.application.circuit import CircuitPolicy
from patterns_async.application.delivery import Delivery, RetryPolicy
from patterns_async.application.notifications import Notifications
from patterns_async.application.operator_notices import notify_operators
from patterns_async.application.outcomes import forward
from patterns_async.testing import (
    InMemoryCircuit,
    InMemoryClaims,
    InMemoryLedger,
    InMemorySuppressions,
    RecordingMailer,
    RecordingNotices,
    ScriptedPartner,
)
from patterns_shared.adapters.event_messages import event_from_body, event_to_body
from patterns_shared.adapters.event_receiver import HandleEvents, Receiver, one_at_a_time
from patterns_shared.domain.errors import InvalidEvent
from patterns_shared.domain.events import Event
from patterns_shared.testing import FrozenClock, RecordingPublisher, make_batch
from patterns_shared.testing.strategies import events

IDS = st.uuids().map(str)
USUAL = st.builds(lambda event, own, order: replace(event, id=own, order_id=order), events(), IDS, IDS)
"""Events whose ids are ids; all else is as the schema allows it."""


def handlers() -> dict[str, HandleEvents]:
    """Return what each receiver does, on stand-ins that always work."""
    ledger, publisher = InMemoryLedger(), RecordingPublisher()
    notifications = Notifications(InMemoryClaims(), RecordingMailer(), InMemorySuppressions(), now=FrozenClock())
    delivery = Delivery(ScriptedPartner(), Breaker(InMemoryCircuit(), CircuitPolicy()), RetryPolicy())
    return {
        "ledger": lambda told: book(told, ledger),
        "partner": one_at_a_time(lambda event: delivery.deliver(event, lambda: 60.0)),
        "notify": one_at_a_time(notifications.notify),
        "outcome": lambda told: forward(told, publisher),
        "operators": one_at_a_time(lambda event: notify_operators(event, RecordingNotices())),
    }


@pytest.mark.parametrize("name", sorted(handlers()))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(told=st.lists(USUAL, max_size=6))
def test_any_event_is_done_or_a_dead_letter(
    make_receiver: Callable[..., Receiver], name: str, told: Sequence[Event]
) -> None:
    """Whatever the schema allows: no event makes a receiver fail in a way that it would meet again and again."""
    batch = make_batch([event_to_body(event) for event in told])
    assert make_receiver(name).receive(batch, handlers()[name]) == {"batchItemFailures": []}


@given(event=USUAL)
def test_any_event_comes_through(event: Event) -> None:
    """Nothing that a producer may write is refused."""
    assert event_from_body(event_to_body(event)) == event


@given(event=events())
def test_an_event_is_refused_for_its_ids_alone(event: Event) -> None:
    """They must be fit for a header and a key."""
    fit = all(re.fullmatch("[!-~]{1,255}", each) for each in (event.id, event.order_id))
    with nullcontext() if fit else pytest.raises(InvalidEvent, match="id: must be"):
        assert event_from_body(event_to_body(event)) == event
