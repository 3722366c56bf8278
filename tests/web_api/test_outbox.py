"""What happens in the orders table is told on the event bus, in order, at least once, and never blocked."""

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from tests.calls import one_line, signed_in
from tests.clients import administrator
from tests.commands import patterns
from tests.faulty_service import Answer, Fault, FaultyService, Request, answer_error, lose_answer, pass_on
from tests.queues import BusTap, receive_until, tap
from tests.stack import WebApiStack

from patterns_cli.demo.shoppers import Shopper
from patterns_local.platform import Platform
from patterns_shared.domain.event_codec import decode_event
from patterns_shared.domain.events import change_event_id

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def bus(platform: Platform, stack: WebApiStack) -> Iterator[BusTap]:
    """Give a copy of what the shop tells on the bus."""
    with tap(platform, stack.environment("relay")["EVENT_SOURCE"]) as listening:
        yield listening


def place(api: httpx.Client, who: Shopper) -> httpx.Response:
    """Place an order of one line."""
    placed = api.post("/orders", json=one_line(), headers=signed_in(who))
    assert placed.status_code == 201, placed.text
    return placed


def test_a_placed_order_is_told_with_everything_in_it(api: httpx.Client, alice: Shopper, bus: BusTap) -> None:
    """The event has the deterministic id, the order as placed, whom to write to, and the trace of the request."""
    placed = place(api, alice)
    order = placed.json()
    [told] = bus.of_order(order["order_id"], count=1)
    assert (told["source"], told["detail-type"]) == ("patterns.local", "OrderPlaced")
    event = decode_event(told["detail"])
    assert event.id == change_event_id(order["order_id"], 1)
    assert (event.type, event.order_version) == ("OrderPlaced", 1)
    assert (event.data.customer_id, event.data.contact.email) == (alice.sub, alice.email)
    assert event.data.total == order["total"]
    assert event.data.placed_at.isoformat() == order["placed_at"]
    assert event.traceparent.split("-")[1] == placed.headers["traceparent"].split("-")[1]


def test_a_cancellation_is_told_after_the_placing(api: httpx.Client, alice: Shopper, bus: BusTap) -> None:
    """Two changes, two events, in order, each with the version that it made."""
    order_id = place(api, alice).json()["order_id"]
    assert api.post(f"/orders/{order_id}/cancel", headers=signed_in(alice)).status_code == 200
    told = [decode_event(event["detail"]) for event in bus.of_order(order_id, count=2)]
    assert [(event.type, event.order_version) for event in told] == [("OrderPlaced", 1), ("OrderCancelled", 2)]
    assert [event.id for event in told] == [change_event_id(order_id, version) for version in (1, 2)]


def test_events_are_made_again_from_the_table(
    platform: Platform, api: httpx.Client, alice: Shopper, bus: BusTap
) -> None:
    """`patterns relay` puts the same events on the bus as the relay function, so consumers take them for duplicates."""
    order_id = place(api, alice).json()["order_id"]
    assert api.post(f"/orders/{order_id}/cancel", headers=signed_in(alice)).status_code == 200
    bus.of_order(order_id, count=2)
    done = patterns(platform, "relay", "--from-table", order_id)
    assert done.returncode == 0, done.stderr
    assert done.stderr == "1 orders, 2 events: 2 put on the bus, 0 not made, 0 not taken\n"
    *told, placed, cancelled = bus.of_order(order_id, count=4)
    kept = ("source", "detail-type", "detail")
    assert [[x[name] for name in kept] for x in told] == [[x[name] for name in kept] for x in (placed, cancelled)]
    unknown = patterns(platform, "relay", "--from-table", "no-such-order")
    assert (unknown.returncode, unknown.stderr.splitlines()[0]) == (1, "no-such-order: there is no such order")


def test_a_replayed_request_and_a_repeated_cancel_are_told_no_second_time(
    api: httpx.Client, alice: Shopper, bus: BusTap
) -> None:
    """What changes no order makes no event: retries with the same key, claims, cancels of what is cancelled."""
    headers = {**signed_in(alice), "Idempotency-Key": "told-once"}
    order_id = api.post("/orders", json=one_line(), headers=headers).json()["order_id"]
    assert api.post("/orders", json=one_line(), headers=headers).status_code == 200
    cancels = [api.post(f"/orders/{order_id}/cancel", headers=signed_in(alice)).status_code for _ in range(2)]
    assert cancels == [200, 200]
    later = place(api, alice).json()["order_id"]
    bus.of_order(later, count=1)
    assert [event["detail-type"] for event in bus.of_order(order_id, count=2)] == ["OrderPlaced", "OrderCancelled"]


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        ({"total": {"N": "1"}}, "total"),
        ({"lines": {"S": "none"}}, "lines"),
        ({"status": {"S": "LOST"}}, "status"),
        ({"placed_at": {"S": "yesterday"}}, "time"),
    ],
)
def test_a_malformed_record_is_dead_lettered_with_its_reason_and_blocks_no_other(
    platform: Platform,
    stack: WebApiStack,
    orders_table: str,
    api: httpx.Client,
    alice: Shopper,
    bus: BusTap,
    damage: dict[str, Any],
    reason: str,
) -> None:
    """An item that no program of ours wrote goes to the dead-letter queue; orders placed after it are told."""
    table = administrator(platform, "dynamodb")
    template = place(api, alice).json()["order_id"]
    item = table.get_item(TableName=orders_table, Key={"pk": {"S": f"ORDER#{template}"}})["Item"]
    key = {"S": f"ORDER#damaged-{reason}"}
    table.put_item(TableName=orders_table, Item={**item, "pk": key, **damage})
    after = place(api, alice).json()["order_id"]
    bus.of_order(after, count=1)

    def mentions_it(messages: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [message for message in messages if key["S"] in message["Body"]]

    letters = mentions_it(receive_until(platform, stack.relay_dead_letters, mentions_it, seconds=15))
    table.delete_item(TableName=orders_table, Key={"pk": key})
    [letter] = [json.loads(message["Body"]) for message in letters]
    assert reason in letter["reason"]
    assert letter["record"]["dynamodb"]["Keys"]["pk"] == key


def test_a_bus_that_fails_gets_the_events_later_and_in_order(
    platform: Platform, stack: WebApiStack, api: httpx.Client, alice: Shopper, bus: BusTap
) -> None:
    """Errors, refused entries and lost answers only delay: every event arrives, first of each id in order."""
    troubles: list[Fault] = [answer_error(500, "InternalException")] * 4 + [refuse_entries] * 2 + [lose_answer]

    def troubled(request: Request) -> Answer | None:
        return (troubles.pop(0) if troubles else pass_on)(request)

    with FaultyService(platform.endpoint_url) as eventbridge:
        eventbridge.fault = troubled
        with stack.redirected("relay", eventbridge=eventbridge.url):
            order_id = place(api, alice).json()["order_id"]
            assert api.post(f"/orders/{order_id}/cancel", headers=signed_in(alice)).status_code == 200
            another = place(api, alice).json()["order_id"]
            bus.of_order(another, count=1, seconds=60)
            told = bus.of_order(order_id, count=2, seconds=60)
    assert not troubles
    first_of_each = list(dict.fromkeys(event["detail"]["id"] for event in told))
    assert first_of_each == [change_event_id(order_id, 1), change_event_id(order_id, 2)]


def refuse_entries(request: Request) -> Answer | None:
    """Take the call and none of its entries."""
    refused = [
        {"ErrorCode": "ThrottlingException", "ErrorMessage": "slow down"} for _ in json.loads(request.body)["Entries"]
    ]
    body = json.dumps({"FailedEntryCount": len(refused), "Entries": refused}).encode()
    return Answer(200, body, {"Content-Type": "application/x-amz-json-1.1"})
