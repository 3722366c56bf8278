"""At the seams between patterns: what is delivered twice at any hop, and types that disagree."""

import json
import os
import secrets
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from tests.calls import one_line, signed_in
from tests.clients import administrator
from tests.in_process import aws_environment
from tests.operator_install import free_port
from tests.queues import receive_until, tap
from tests.receivers import Receivers
from tests.stack import WebApiStack
from tests.waiting import eventually

from patterns_cli.commands.journey import JourneyOptions, journey_at
from patterns_cli.demo.shoppers import Shopper
from patterns_k8s.worker.decisions import answer_to
from patterns_local.partner.client import PartnerClient
from patterns_local.platform import Platform
from patterns_shared.adapters.event_messages import event_to_body
from patterns_shared.domain.event_codec import decode_event
from patterns_shared.domain.events import EventType
from patterns_shared.testing import body_of, make_event

pytestmark = pytest.mark.integration

RECEIVERS = ("ledger", "partner", "notify", "outcome")
DUPLICATES = 3


@contextmanager
def fulfilment(platform: Platform, receivers: Receivers, log: Path) -> Iterator[str]:
    """Run a worker between the event bus and the topic, as the Kubernetes pattern does; gives its queue's URL."""
    sqs, events = administrator(platform, "sqs"), administrator(platform, "events")
    name = f"seams-{secrets.token_hex(4)}"

    def queue(name: str, **attributes: str) -> tuple[str, str]:
        url = sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]
        return url, sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]

    _, dead = queue(f"{name}-dead")
    redrive = {"deadLetterTargetArn": dead, "maxReceiveCount": 300}
    url, arn = queue(name, RedrivePolicy=json.dumps(redrive), VisibilityTimeout="30")
    pattern = {"source": ["patterns.local"], "detail": {"type": ["OrderPlaced", "OrderCancelled"]}}
    events.put_rule(Name=name, EventPattern=json.dumps(pattern))
    events.put_targets(Rule=name, Targets=[{"Id": "1", "Arn": arn}])
    variables = {
        "STAGE": "local",
        "QUEUE_URL": url,
        "TOPIC_ARN": receivers.outputs["topic_arn"],
        "CONCURRENCY": "10",
        "POLL_SECONDS": "1",
        "POD_IP": "127.0.0.1",
        "HEALTH_PORT": str(free_port()),
    }
    with aws_environment(platform, variables), log.open("ab") as output:
        worker = subprocess.Popen([sys.executable, "-m", "patterns_k8s.worker"], env=dict(os.environ), stdout=output)
    try:
        yield url
    finally:
        worker.kill()
        worker.wait()
        events.remove_targets(Rule=name, Ids=["1"])
        events.delete_rule(Name=name)
        sqs.delete_queue(QueueUrl=url)


def is_empty(sqs: Any, url: str) -> bool:  # noqa: ANN401 - a client
    """Whether nothing waits in a queue and nothing is in hand."""
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
    return all(found[name] == "0" for name in names)


def journey_of(platform: Platform, order_id: str, capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    """Return an order's steps as `patterns journey` tells programs."""
    capsys.readouterr()
    journey_at(platform.place, JourneyOptions(order_id, as_json=True))
    steps: list[dict[str, Any]] = json.loads(capsys.readouterr().out)["steps"]
    return steps


def test_a_duplicate_at_every_hop_changes_nothing(
    platform: Platform,
    receivers: Receivers,
    partner: PartnerClient,
    stack: WebApiStack,
    api: httpx.Client,
    alice: Shopper,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Bus, fulfilment queue, topic, each receiver's queue, bus again: one entry, one delivery, no dead letter.

    Its journey shows each program that had it, all in the trace of the placing, and the duplicates as what they were.
    """
    sqs, bus = administrator(platform, "sqs"), administrator(platform, "events")
    for each in RECEIVERS:
        receivers.take_dead_letters(each, count=0)
    with tap(platform, "patterns.local") as heard, fulfilment(platform, receivers, tmp_path / "worker.log") as queue:
        order_id = api.post("/orders", json=one_line(), headers=signed_in(alice)).json()["order_id"]
        [told] = heard.of_order(order_id, count=1)
        placed = decode_event(told["detail"])
        answer = answer_to(placed)
        entry = {"Source": told["source"], "DetailType": told["detail-type"], "Detail": json.dumps(told["detail"])}
        bus.put_events(Entries=[entry] * DUPLICATES)
        for _ in range(DUPLICATES):
            sqs.send_message(QueueUrl=queue, MessageBody=json.dumps(told))
        receivers.publish([answer] * DUPLICATES)
        for each in RECEIVERS:
            for _ in range(DUPLICATES):
                sqs.send_message(QueueUrl=receivers.outputs[f"{each}_queue_url"], MessageBody=event_to_body(answer))
        eventually(lambda: is_empty(sqs, queue), seconds=180)
        receivers.settle(*RECEIVERS, seconds=180)
        events = [each["detail"] for each in heard.take_all() if each["detail"]["order_id"] == order_id]
    # A receiver passes an event on once a batch, however many messages of the batch tell of it.
    assert events.count(told["detail"]) == 1 + DUPLICATES
    assert events.count(json.loads(event_to_body(answer))) == len(events) - 1 - DUPLICATES > 1
    eventually(lambda: partner.events().get(answer.id, {}).get("done") == 1, seconds=180)
    assert len(receivers.entries_of_order(order_id)) == 1
    status = api.get(f"/orders/{order_id}", headers=signed_in(alice)).json()["status"]
    assert status == "FULFILLED"
    assert {each: receivers.take_dead_letters(each, count=0) for each in RECEIVERS} == {x: [] for x in RECEIVERS}
    steps = journey_of(platform, order_id, capsys)
    expected = {"api POST /orders 201", "relay relayed", "outcome forwarded", "outcome recorded", "outcome duplicate"}
    expected |= {"ledger booked", "ledger duplicate", "notify sent", "partner delivered"}
    assert {f"{step['program']} {step['what']}" for step in steps if step["trace_id"]} >= expected
    first = next(step for step in steps if step["what"] == "POST /orders 201")
    others = [step["trace_id"] for step in steps if not step["what"].startswith("GET")]
    assert set(others) == {first["trace_id"]} == {placed.traceparent.split("-")[1]}
    # Outcomes of orders that other tests made up are there as well.
    left = receive_until(platform, stack.outcome_dead_letters, lambda _: False, seconds=1)
    assert [letter for letter in left if order_id in letter["Body"]] == []


@pytest.mark.parametrize("attribute", ["OrderPlaced", "OrderCancelled", "OrderLost"])
def test_the_body_decides_whatever_the_attribute_says(
    receivers: Receivers, partner: PartnerClient, attribute: str
) -> None:
    """A fulfilment under another type is what it is: booked, delivered, put on the bus."""
    event = replace(make_event(EventType.ORDER_FULFILLED), id=str(uuid4()), order_id=str(uuid4()))
    receivers.publish_bodies([event_to_body(event)], type_=attribute)
    receivers.wait_booked([event])
    eventually(lambda: partner.events().get(event.id, {}).get("done") == 1, seconds=180)


def test_an_order_placed_under_another_attribute_is_a_dead_letter_and_reaches_no_partner(
    receivers: Receivers, partner: PartnerClient
) -> None:
    """No receiver takes it; the ledger says so, for its publisher. The same for what is no event at all."""
    receivers.take_dead_letters("ledger", count=0)
    placed = body_of(replace(make_event(), id=str(uuid4()), order_id=str(uuid4())))
    receivers.publish_bodies([placed, "no JSON"], type_="OrderFulfilled")
    letters = {letter.body: letter.reason for letter in receivers.take_dead_letters("ledger", count=2)}
    assert letters == {placed: "type: OrderPlaced books nothing", "no JSON": "event: is not JSON at character 0"}
    receivers.settle("partner", "notify", "outcome", seconds=180)
    assert json.loads(placed)["id"] not in partner.events()


def test_one_id_on_two_orders_is_a_conflict(receivers: Receivers) -> None:
    """The first is booked, and stays so; the other is a dead letter with that reason, in both that keep ids.

    A mail is known by its order and its event: another order's is no conflict. However the messages are batched, what
    came first is a duplicate and no dead letter anywhere.
    """
    for each in ("ledger", "notify", "operators", "outcome"):
        receivers.take_dead_letters(each, count=0)
    first = replace(make_event(EventType.ORDER_REJECTED), id=str(uuid4()), order_id=str(uuid4()))
    other_order, other_version = replace(first, order_id=str(uuid4())), replace(first, order_version=9)
    receivers.publish([first])
    receivers.wait_booked([first])
    receivers.settle("notify", seconds=180)
    receivers.publish([other_order, other_version, first])
    reason = f"conflict: event {first.id} came before with another content"
    letters: Any = {(x.body, x.reason) for x in receivers.take_dead_letters("ledger", count=2)}
    assert letters == {(event_to_body(each), reason) for each in (other_order, other_version)}
    letters = {(x.body, x.reason) for x in receivers.take_dead_letters("notify", count=1)}
    assert letters == {(event_to_body(other_version), reason)}
    for each in ("ledger", "notify", "operators", "outcome"):
        receivers.settle(each, seconds=180)
        assert receivers.take_dead_letters(each, count=0) == []
    assert receivers.entries([first])[first.id]["order_id"] == first.order_id
