"""The outcome of an order comes back from the bus: twice, late, in any order, or unreadable."""

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import httpx
import pytest
from tests.calls import one_line, signed_in
from tests.clients import administrator
from tests.queues import receive_until, tap
from tests.stack import WebApiStack
from tests.waiting import eventually

from patterns_cli.demo.shoppers import Shopper
from patterns_local.platform import Platform
from patterns_shared.domain.event_codec import encode_event
from patterns_shared.domain.events import Event, EventType, change_event_id, outcome_event_id
from patterns_shared.domain.orders import OrderStatus
from patterns_shared.testing import make_event, make_order

pytestmark = pytest.mark.integration

FULFILLED, REJECTED = EventType.ORDER_FULFILLED, EventType.ORDER_REJECTED


class Shop:
    """Alice's orders, and what the bus says about them."""

    def __init__(self, platform: Platform, stack: WebApiStack, api: httpx.Client, alice: Shopper) -> None:
        """Order as Alice; put events on the bus as the administrator, in another pattern's place."""
        self._events = administrator(platform, "events")
        self._sqs = administrator(platform, "sqs")
        self._stack, self._api, self._alice = stack, api, alice
        self._queue_url = stack.outcome_queue

    def place(self) -> str:
        """Return a new order."""
        placed = self._api.post("/orders", json=one_line(), headers=signed_in(self._alice))
        assert placed.status_code == 201, placed.text
        return str(placed.json()["order_id"])

    def cancel(self, order_id: str) -> None:
        """Cancel it as Alice."""
        assert self._api.post(f"/orders/{order_id}/cancel", headers=signed_in(self._alice)).status_code == 200

    def state(self, order_id: str) -> tuple[str, int]:
        """Return status and version."""
        order = self._api.get(f"/orders/{order_id}", headers=signed_in(self._alice)).json()
        return order["status"], order["order_version"]

    def wait_for(self, order_id: str, status: str) -> None:
        """Wait until the order has moved to the status."""
        eventually(lambda: self.state(order_id) == (status, 2), seconds=60)

    def outcome(self, type_: EventType, order_id: str, *, order_version: int = 2) -> Event:
        """Return the event that decides the order."""
        placed = make_order(order_id=order_id, customer_id=self._alice.sub, contact_email=self._alice.email)
        decided = placed.move(OrderStatus.FULFILLED if type_ is FULFILLED else OrderStatus.REJECTED)
        event_id = outcome_event_id(change_event_id(order_id, 1))
        return replace(make_event(type_, decided), id=event_id, order_version=order_version)

    def tell(self, *details: tuple[str, Any], source: str = "patterns.local") -> None:
        """Put details of a type on the bus, as they are."""
        entries = [{"Source": source, "DetailType": type_, "Detail": json.dumps(detail)} for type_, detail in details]
        answer = self._events.put_events(Entries=entries)
        assert answer["FailedEntryCount"] == 0, answer

    def decide(self, *events: Event) -> None:
        """Put outcomes on the bus."""
        self.tell(*((event.type.value, encode_event(event)) for event in events))

    def is_quiet(self) -> bool:
        """Whether the queue of outcomes is empty: nothing waits, nothing is being tried."""
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        found = self._sqs.get_queue_attributes(QueueUrl=self._queue_url, AttributeNames=names)["Attributes"]
        return all(found[name] == "0" for name in names)

    def settle(self) -> None:
        """Wait until every outcome was taken or set aside."""
        eventually(self.is_quiet, seconds=60)


@pytest.fixture(scope="module")
def shop(platform: Platform, stack: WebApiStack, api: httpx.Client, alice: Shopper) -> Iterator[Shop]:
    """Give the shop, with an outcome queue that gives a failed message back after a second, not after a minute."""
    sqs, queue_url = administrator(platform, "sqs"), stack.outcome_queue
    name = "VisibilityTimeout"
    before = sqs.get_queue_attributes(QueueUrl=queue_url, AttributeNames=[name])["Attributes"][name]
    sqs.set_queue_attributes(QueueUrl=queue_url, Attributes={name: "1"})
    # Other patterns' tests tell of orders that this one never had.
    for url in (queue_url, stack.outcome_dead_letters):
        sqs.purge_queue(QueueUrl=url)
    yield Shop(platform, stack, api, alice)
    sqs.set_queue_attributes(QueueUrl=queue_url, Attributes={name: before})


@pytest.mark.parametrize(("outcome", "status"), [(FULFILLED, "FULFILLED"), (REJECTED, "REJECTED")])
def test_an_outcome_becomes_the_orders_status(shop: Shop, outcome: EventType, status: str) -> None:
    """The order moves to the outcome's status and its next version."""
    order_id = shop.place()
    shop.decide(shop.outcome(outcome, order_id))
    shop.wait_for(order_id, status)


def test_an_outcome_is_no_change_that_is_told_again(platform: Platform, stack: WebApiStack, shop: Shop) -> None:
    """The relay tells of placed and cancelled orders only: an outcome does not echo on the bus."""
    with tap(platform, stack.environment("relay")["EVENT_SOURCE"]) as bus:
        order_id = shop.place()
        shop.decide(shop.outcome(FULFILLED, order_id))
        shop.wait_for(order_id, "FULFILLED")
        later = shop.place()
        bus.of_order(later, count=1)
        told = [event["detail-type"] for event in bus.of_order(order_id, count=2)]
    assert sorted(told) == ["OrderFulfilled", "OrderPlaced"]


def test_an_outcome_told_five_times_counts_once(platform: Platform, stack: WebApiStack, shop: Shop) -> None:
    """Duplicates are successes: one move, nothing in the dead-letter queue."""
    order_id = shop.place()
    shop.decide(*[shop.outcome(FULFILLED, order_id)] * 5)
    shop.wait_for(order_id, "FULFILLED")
    shop.settle()
    assert shop.state(order_id) == ("FULFILLED", 2)
    assert not about(order_id, receive_until(platform, stack.outcome_dead_letters, bool, seconds=0.5))


def test_the_first_outcome_stands(platform: Platform, stack: WebApiStack, shop: Shop) -> None:
    """A second, contradicting outcome changes nothing, whatever its version, and is no failure either."""
    order_id = shop.place()
    shop.decide(shop.outcome(REJECTED, order_id))
    shop.wait_for(order_id, "REJECTED")
    shop.decide(shop.outcome(FULFILLED, order_id, order_version=7), shop.outcome(FULFILLED, order_id, order_version=1))
    shop.settle()
    assert shop.state(order_id) == ("REJECTED", 2)
    assert not about(order_id, receive_until(platform, stack.outcome_dead_letters, bool, seconds=0.5))


def test_an_outcome_after_the_cancellation_is_ignored_and_counted(
    platform: Platform, stack: WebApiStack, shop: Shop
) -> None:
    """CANCELLED stands; the message is gone; the function's log tells of a ``late_outcome``."""
    order_id = shop.place()
    shop.cancel(order_id)
    shop.decide(shop.outcome(FULFILLED, order_id))
    logged = stack.log_group("outcome")
    eventually(lambda: log_has(platform, logged, order_id, "late_outcome"), seconds=60)
    shop.settle()
    assert shop.state(order_id) == ("CANCELLED", 2)
    assert not about(order_id, receive_until(platform, stack.outcome_dead_letters, bool, seconds=0.5))


def test_unreadable_outcomes_are_set_aside_and_the_others_take_effect(
    platform: Platform, stack: WebApiStack, shop: Shop
) -> None:
    """Five good and four bad outcomes at once: five orders move, the four are dead letters, whole, with reasons."""
    good = [shop.place() for _ in range(5)]
    victim = shop.place()
    unknown = "01990000-0000-7000-8000-00000000dead"
    envelope = encode_event(shop.outcome(FULFILLED, victim))
    bad: list[tuple[str, Any]] = [
        ("OrderFulfilled", {**envelope, "order_version": "two"}),
        ("OrderFulfilled", {**envelope, "schema_version": 99}),
        ("OrderRejected", {"order_id": victim}),
        ("OrderFulfilled", encode_event(shop.outcome(FULFILLED, unknown))),
    ]
    told = [(FULFILLED.value, encode_event(shop.outcome(FULFILLED, order_id))) for order_id in good]
    shop.tell(*(entry for pair in zip(told, bad, strict=False) for entry in pair), *told[len(bad) :])
    for order_id in good:
        shop.wait_for(order_id, "FULFILLED")

    def enough(messages: list[dict[str, Any]]) -> bool:
        return len(messages) >= len(bad)

    letters = receive_until(platform, stack.outcome_dead_letters, enough, seconds=60)
    assert all(message["MessageAttributes"]["reason"]["StringValue"] for message in letters)
    set_aside = [json.loads(message["Body"]) for message in letters]
    key = json.dumps
    assert sorted(key(x["detail"], sort_keys=True) for x in set_aside) == sorted(key(x, sort_keys=True) for _, x in bad)
    shop.settle()
    assert shop.state(victim) == ("PLACED", 1)


def test_events_that_are_not_the_shops_never_arrive(shop: Shop) -> None:
    """Another source passes the rule by, and so does what neither its detail type nor its body calls an outcome."""
    order_id = shop.place()
    detail = encode_event(shop.outcome(FULFILLED, order_id))
    shop.tell(("OrderFulfilled", detail), source="patterns.other")
    shop.tell(("orderfulfilled", {**detail, "type": "orderfulfilled"}))
    witness = shop.place()
    shop.decide(shop.outcome(FULFILLED, witness))
    shop.wait_for(witness, "FULFILLED")
    shop.settle()
    assert shop.state(order_id) == ("PLACED", 1)


def test_the_body_of_an_outcome_decides_whatever_its_detail_type(
    platform: Platform, stack: WebApiStack, shop: Shop
) -> None:
    """An outcome under another detail type is one; another event under an outcome's is a dead letter."""
    order_id, other = shop.place(), shop.place()
    shop.tell(("OrderPlaced", encode_event(shop.outcome(FULFILLED, order_id))))
    shop.wait_for(order_id, "FULFILLED")
    placed = encode_event(make_event(order=make_order(order_id=other)))
    shop.tell(("OrderFulfilled", placed))

    def told(messages: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return about(other, messages)

    [letter] = told(receive_until(platform, stack.outcome_dead_letters, told, seconds=60))
    assert letter["MessageAttributes"]["reason"]["StringValue"] == "type: OrderPlaced is not an outcome"
    assert shop.state(other) == ("PLACED", 1)


def about(order_id: str, messages: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the messages that mention the order."""
    return [message for message in messages if order_id in message["Body"]]


def log_has(platform: Platform, group: str, *texts: str) -> bool:
    """Whether one line of the group has all the texts."""
    pages = administrator(platform, "logs").get_paginator("filter_log_events").paginate(logGroupName=group)
    return any(all(text in event["message"] for text in texts) for page in pages for event in page["events"])
