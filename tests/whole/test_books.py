"""The books of all four patterns agree after any schedule of deliveries and faults, and the schedules find faults."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test
from tests.whole.machine import BooksDiffer, Schedule
from tests.whole.orders_table import StreamedOrders

from patterns_async.application.books import Booked, Entry
from patterns_async.testing import InMemoryClaims, InMemoryLedger
from patterns_k8s.worker import fulfilment
from patterns_k8s.worker.decisions import answer_to
from patterns_shared.adapters import order_item_events
from patterns_shared.domain.events import Event, EventType
from patterns_shared.domain.orders import OrderStatus
from patterns_shared.observability.tracing import TraceContext
from patterns_web_api.application.outcomes import Outcomes, Recorded
from patterns_web_api.application.relay import Change, Relay

SCHEDULES = settings(
    max_examples=2_000,
    stateful_step_count=20,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)
FIRST = settings(SCHEDULES, phases=[Phase.generate], report_multiple_bugs=False)
"""Ends at the first schedule that finds a fault, and does not look for a shorter one."""

PutBack = Callable[[pytest.MonkeyPatch], None]


def test_the_books_agree_after_any_schedule() -> None:
    """Whatever is repeated, reordered, lost or killed: each order ends once, and everyone has the same of it."""
    run_state_machine_as_test(Schedule, settings=SCHEDULES)


def another_span(fault: pytest.MonkeyPatch) -> None:
    """The worker's answer to a repeated event has another span."""

    def answer(event: Event) -> Event:
        return replace(answer_to(event), traceparent=TraceContext.new().traceparent)

    fault.setattr(fulfilment, "answer_to", answer)


def filters_by_attributes(fault: pytest.MonkeyPatch) -> None:
    """Subscriptions filter by attributes, which may say another thing than the body."""
    fault.setattr(Schedule, "by_attributes", True)


def known_id_is_a_duplicate(fault: pytest.MonkeyPatch) -> None:
    """The ledger takes another event under a known id for a duplicate."""

    def append(ledger: InMemoryLedger, entries: Sequence[Entry]) -> Mapping[str, Booked | Exception]:
        for entry in entries:
            ledger.entries.setdefault(entry.event_id, entry)
        return {entry.event_id: Booked.SEEN for entry in entries}

    fault.setattr(InMemoryLedger, "append", append)


def one_id_for_two_orders(fault: pytest.MonkeyPatch) -> None:
    """The id of an event follows from the version of the order, and not from the order."""
    fault.setattr(order_item_events, "change_event_id", lambda _, version: f"version-{version}")


def cancellation_is_dropped(fault: pytest.MonkeyPatch) -> None:
    """The stream's records of cancellations need no event."""
    real = Relay._publish

    def publish(relay: Relay, events: Sequence[Event]) -> Mapping[str, Any]:
        return real(relay, [event for event in events if event.type is not EventType.ORDER_CANCELLED])

    fault.setattr(Relay, "_publish", publish)


def relay_forgets_failures(fault: pytest.MonkeyPatch) -> None:
    """The relay goes on after a batch, whatever the bus did not take."""
    real = Relay.relay

    def relay(self: Relay, changes: Sequence[Change]) -> None:
        real(self, changes)

    fault.setattr(Relay, "relay", relay)


def marked_before_sent(fault: pytest.MonkeyPatch) -> None:
    """A mail is marked as sent as soon as it is claimed."""
    real = InMemoryClaims.claim

    def claim(claims: InMemoryClaims, event: Event, **how: Any) -> bool:  # noqa: ANN401 - the port's own
        cancelled = real(claims, event, **how)
        claims.sent[event.order_id, event.id] = how["now"]
        return cancelled

    fault.setattr(InMemoryClaims, "claim", claim)


def never_marked(fault: pytest.MonkeyPatch) -> None:
    """A mail that went out is not marked."""
    fault.setattr(InMemoryClaims, "mark_sent", lambda *_, **__: None)


def late_outcome_wins(fault: pytest.MonkeyPatch) -> None:
    """An outcome moves an order that was cancelled."""
    real = Outcomes.record

    def record(outcomes: Outcomes, event: Event) -> Recorded:
        recorded = real(outcomes, event)
        table = outcomes._repository
        if recorded is Recorded.LATE and isinstance(table, StreamedOrders):
            order = table._orders[event.order_id]
            fulfilled = event.type is EventType.ORDER_FULFILLED
            status = OrderStatus.FULFILLED if fulfilled else OrderStatus.REJECTED
            table._orders[event.order_id] = replace(order, status=status)
        return recorded

    fault.setattr(Outcomes, "record", record)


def claims_run_out_at_once(fault: pytest.MonkeyPatch) -> None:
    """A claim has run out as soon as it is made, so that two workers write the same mail."""
    real = InMemoryClaims.__init__
    fault.setattr(InMemoryClaims, "__init__", lambda claims, **_: real(claims, lease=-1.0))


@pytest.mark.parametrize(
    ("put_back", "complaint"),
    [
        (another_span, "contents|another body"),
        (filters_by_attributes, "ends as PLACED|the ledger has|should know|mails|lacks|not planned"),
        (known_id_is_a_duplicate, "ledger-dead-letters lacks"),
        (one_id_for_two_orders, "contents|not planned"),
        (cancellation_is_dropped, "OrderCancelled"),
        (relay_forgets_failures, "ends as PLACED|the ledger has"),
        (marked_before_sent, "0 mails"),
        (never_marked, "[2-9] mails"),
        (late_outcome_wins, "confirmed as cancelled|OrderCancelled"),
        (claims_run_out_at_once, "[2-9] mails"),
    ],
)
def test_a_fault_that_is_put_back_is_found(put_back: PutBack, complaint: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Faults that were at the seams once, and others of their kind: the books say which order, and what is wrong."""
    put_back(monkeypatch)
    monkeypatch.setattr(Schedule, "ran", 0)
    with pytest.raises(BooksDiffer, match=complaint):
        run_state_machine_as_test(Schedule, settings=FIRST)
    print(f"{put_back.__name__}: found by schedule {Schedule.ran}")  # noqa: T201
