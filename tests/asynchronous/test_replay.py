"""A replay of archived events: every consumer gets them again, and the books stay exact."""

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from tests.clients import administrator
from tests.commands import patterns
from tests.queues import tap
from tests.receivers import Receivers

from patterns_async.adapters import dynamodb_claims
from patterns_infra.constructs.web_api.event_archive import RETENTION_DAYS
from patterns_infra.receivers import read_receivers
from patterns_k8s.worker.decisions import answer_to
from patterns_k8s.worker.fulfilment import Fulfilment
from patterns_local.platform import Platform
from patterns_shared.adapters.event_messages import event_from_delivery
from patterns_shared.adapters.eventbridge import EventBridgePublisher
from patterns_shared.adapters.sns import SnsPublisher
from patterns_shared.domain.events import Event, EventType, change_event_id
from patterns_shared.testing import make_event

pytestmark = pytest.mark.integration

SOURCE = "patterns.local"
RECEIVERS = ("ledger", "partner", "notify", "outcome")


def placed_orders(count: int) -> list[Event]:
    """Return the events that the relay publishes for so many new orders."""
    orders = [str(uuid4()) for _ in range(count)]
    event = make_event(EventType.ORDER_PLACED)
    return [replace(event, id=change_event_id(order, 1), order_id=order) for order in orders]


def decide(deliveries: Sequence[dict[str, Any]], publisher: SnsPublisher) -> None:
    """Do with what the bus delivered what a worker of the Kubernetes pattern does."""
    events = {event.id: event for event in (event_from_delivery(json.dumps(each)) for each in deliveries)}
    results = Fulfilment(publisher)(list(events.values()))
    assert not [result for result in results.values() if isinstance(result, Exception)]


def test_books_are_exact_after_a_replay(platform: Platform, receivers: Receivers) -> None:
    """Twelve orders are decided and booked; replayed, they are decided again: no entry more, no dead letter."""
    publisher = SnsPublisher(administrator(platform, "sns"), receivers.outputs["topic_arn"])
    placed = placed_orders(12)
    ids = {event.id for event in placed}
    start = datetime.now(UTC) - timedelta(seconds=1)
    with tap(platform, SOURCE) as bus:
        assert not EventBridgePublisher(administrator(platform, "events"), SOURCE).publish(placed)
        delivered = [each for order in placed for each in bus.of_order(order.order_id, count=1)]
        assert not any("replay-name" in each for each in delivered)
        decide(delivered, publisher)
        outcomes = [answer_to(event) for event in placed]
        booked = receivers.wait_booked(outcomes)
        receivers.settle(*RECEIVERS, seconds=400)

        done = patterns(platform, "replay", "--from", start.isoformat(), "--json")
        assert done.returncode == 0, done.stderr
        told = json.loads(done.stdout)
        assert told["state"] == "COMPLETED"
        replayed = [each for each in bus.take_all() if each.get("replay-name") == told["replay"]]
        again = [each for each in replayed if each["detail"]["id"] in ids]
        assert {each["detail"]["id"] for each in again} == ids
        decide(again, publisher)
        receivers.settle(*RECEIVERS, seconds=400)
    assert receivers.entries(outcomes) == booked
    for order in placed:
        (entry,) = receivers.entries_of_order(order.order_id)
        assert entry["amount"] == order.data.total
    for name in RECEIVERS:
        receivers.take_dead_letters(name, count=0)


def test_a_dry_run_replays_nothing_and_a_bad_range_is_one_line(platform: Platform) -> None:
    """The one names who would get events; the other is wrong use, with the option."""
    with tap(platform, SOURCE) as bus:
        start = datetime.now(UTC) - timedelta(seconds=1)
        assert not EventBridgePublisher(administrator(platform, "events"), SOURCE).publish(placed_orders(1))
        assert len(bus.take_all()) == 1
        done = patterns(platform, "replay", "--from", start.isoformat(), "--dry-run", "--json")
        assert (done.returncode, json.loads(done.stdout)["state"]) == (0, "DRY_RUN")
        assert not bus.take_all()
    wrong = patterns(platform, "replay", "--from", "2020-01-01T00:00:00Z")
    assert (wrong.returncode, "the archive keeps 14 days" in wrong.stderr) == (2, True)


def test_a_mail_is_known_again_for_longer_than_events_are_archived() -> None:
    """A replayed event may wait in the queue as long as that keeps it, and still finds that its mail went out."""
    waits = timedelta(days=RETENTION_DAYS + read_receivers()["notify"].queue.retention_days)
    assert waits < dynamodb_claims.CLAIMS_KEPT
