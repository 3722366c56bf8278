"""Fulfilments and rejections reach the event bus, and through it the owner of the order's status."""

from collections import Counter

import httpx
import pytest
from tests.calls import one_line, signed_in
from tests.queues import tap
from tests.receivers import Receivers
from tests.waiting import eventually

from patterns_cli.demo.shoppers import Shopper
from patterns_local.platform import Platform
from patterns_shared.domain.events import EventType, change_event_id, outcome_event_id
from patterns_shared.domain.orders import OrderStatus
from patterns_shared.testing import make_event, make_order
from patterns_shared.testing.order_events import events_of_orders

pytestmark = pytest.mark.integration

FORWARDED = {EventType.ORDER_FULFILLED, EventType.ORDER_REJECTED}


def test_outcomes_go_to_the_bus_as_they_are(platform: Platform, receivers: Receivers) -> None:
    """Each once under its own type, id and trace; cancellations came from there and do not go back."""
    events = events_of_orders(seed=21, orders=60)
    expected = {event.id: event for event in events if event.type in FORWARDED}
    with tap(platform, "patterns.local") as bus:
        receivers.publish(events)
        receivers.settle("outcome")
        heard = [x for x in bus.take_all() if x["detail"]["order_id"] in {event.order_id for event in events}]
    assert Counter(x["detail"]["id"] for x in heard) == dict.fromkeys(expected, 1)
    for told in heard:
        event = expected[told["detail"]["id"]]
        assert told["detail-type"] == event.type.value
        assert told["detail"]["traceparent"] == event.traceparent


def test_an_outcome_becomes_the_status_that_the_customer_sees(
    receivers: Receivers, api: httpx.Client, alice: Shopper
) -> None:
    """From the topic to the order: both patterns deployed side by side, neither knows the other."""
    placed = api.post("/orders", json=one_line(), headers=signed_in(alice)).json()
    order = make_order(order_id=placed["order_id"], customer_id=alice.sub, contact_email=alice.email)
    decided = make_event(
        EventType.ORDER_FULFILLED,
        order.move(OrderStatus.FULFILLED),
        id=outcome_event_id(change_event_id(order.order_id, 1)),
    )
    receivers.publish([decided, decided])

    def status() -> str:
        return str(api.get(f"/orders/{order.order_id}", headers=signed_in(alice)).json()["status"])

    eventually(lambda: status() == "FULFILLED", seconds=60)
