"""The partner is told of every outcome and cancellation once, signed, whatever it answers."""

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest
from tests.clients import administrator
from tests.receivers import Receivers
from tests.stack import DeployedStack
from tests.waiting import eventually
from tests.worker_process import WorkerProcess

from patterns_local.partner.client import PartnerClient
from patterns_local.platform import Platform
from patterns_shared.domain.events import Event, EventType
from patterns_shared.testing import make_batch
from patterns_shared.testing.order_events import events_of_orders

pytestmark = pytest.mark.integration

_PARTNER_LOOKS_AGAIN = 3.0
"""Seconds after which the simulator has noticed that a key was withdrawn."""
TOLD = {EventType.ORDER_FULFILLED, EventType.ORDER_CANCELLED}


def told_to_partner(events: list[Event]) -> list[Event]:
    """Return the events that the partner hears of."""
    return [event for event in events if event.type in TOLD]


def wait_done(partner: PartnerClient, events: list[Event], *, seconds: float = 60) -> dict[str, dict[str, int]]:
    """Return how often the partner was asked and did each of these, once it did all."""
    wanted = {event.id for event in told_to_partner(events)}
    eventually(
        lambda: {key for key, seen in partner.events().items() if seen["done"]} >= wanted, seconds=seconds, pause=0.3
    )
    return {key: seen for key, seen in partner.events().items() if key in wanted}


def test_each_event_is_told_once_signed_and_without_the_contact(partner: PartnerClient, receivers: Receivers) -> None:
    """By its id as the key; the simulator refuses a contact and a wrong signature, so being done shows both."""
    events = events_of_orders(seed=31, orders=60)
    receivers.publish(events)
    seen = wait_done(partner, events)
    receivers.settle("partner")
    assert seen == {event.id: {"asked": 1, "done": 1} for event in told_to_partner(events)}
    assert partner.seen()["rejected_signatures"] == 0
    assert not partner.events().keys() - seen.keys()


def test_a_duplicate_is_done_once(partner: PartnerClient, receivers: Receivers) -> None:
    """The key says that it is one: the partner answers and does nothing."""
    events = told_to_partner(events_of_orders(seed=32, orders=20))
    receivers.publish(events + events)
    wait_done(partner, events)
    receivers.settle("partner")
    assert all(seen["done"] == 1 for seen in partner.events().values())


def test_an_answer_that_is_lost_costs_a_repetition_and_no_second_delivery(
    partner: PartnerClient, receivers: Receivers
) -> None:
    """The partner did it and could not say so: it is asked again, and knows the key."""
    events = told_to_partner(events_of_orders(seed=33, orders=30))
    partner.behave("drop", only_every=3)
    receivers.publish(events)
    seen = wait_done(partner, events, seconds=60)
    partner.behave("up")
    receivers.settle("partner", seconds=90)
    assert {each["done"] for each in seen.values()} == {1}
    assert partner.seen()["duplicates"] > 0
    assert not receivers.take_dead_letters("partner", count=0)


def test_a_refusal_for_good_is_a_dead_letter_with_the_partner_s_answer(
    partner: PartnerClient, receivers: Receivers
) -> None:
    """It is asked once, and other events go on."""
    events = told_to_partner(events_of_orders(seed=34, orders=20))
    partner.behave("refuse", status=422, for_requests=2)
    receivers.publish(events)
    letters = receivers.take_dead_letters("partner", count=2)
    assert len(letters) == 2
    assert all("the partner answered 422" in letter.reason for letter in letters)
    refused = {json.loads(letter.body)["id"] for letter in letters}
    wait_done(partner, [event for event in events if event.id not in refused])
    seen = partner.events()
    assert all(seen[event_id] == {"asked": 1, "done": 0} for event_id in refused)


@pytest.mark.parametrize("retry_after", [2, "a date"])
def test_too_many_requests_are_asked_later(partner: PartnerClient, receivers: Receivers, retry_after: Any) -> None:  # noqa: ANN401
    """In seconds or as a date: no request is made before that, and everything is done after it."""
    events = told_to_partner(events_of_orders(seed=35, orders=8))
    until = time.time() + 4
    when = time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime(until)) if retry_after == "a date" else retry_after
    partner.behave("too_many_requests", retry_after=when, for_requests=1)
    receivers.publish(events)
    wait_done(partner, events, seconds=60)
    receivers.settle("partner")
    assert not receivers.take_dead_letters("partner", count=0)


@pytest.fixture
def signing_secret(platform: Platform, async_stack: DeployedStack) -> Iterator[str]:
    """Return the signing key's secret, which has its first value again afterwards."""
    arn = async_stack.environment("partner")["PARTNER_SECRET_ARN"]
    client = administrator(platform, "secretsmanager")
    before = client.get_secret_value(SecretId=arn)["SecretString"]
    yield arn
    client.put_secret_value(SecretId=arn, SecretString=before)


@pytest.mark.parametrize("overlap", [True, False], ids=["the old key stays good", "the old key is withdrawn at once"])
def test_a_key_is_rotated_while_messages_are_under_way(
    platform: Platform, partner: PartnerClient, receivers: Receivers, signing_secret: str, *, overlap: bool
) -> None:
    """Nothing is refused for good: everything is delivered, and nothing is a dead letter."""
    secrets = administrator(platform, "secretsmanager")
    old = json.loads(secrets.get_secret_value(SecretId=signing_secret)["SecretString"])
    events = told_to_partner(events_of_orders(seed=36, orders=120))
    half = len(events) // 2
    receivers.publish(events[:half])
    new = {"key_id": f"second-{overlap}", "secret": "another secret of sixty-four characters or so, made for this test"}
    keys = {"current": new, "previous": old.get("current", old) if overlap else None}
    secrets.put_secret_value(SecretId=signing_secret, SecretString=json.dumps(keys))
    if not overlap:
        wait_done(partner, events[:half])
        time.sleep(_PARTNER_LOOKS_AGAIN)
    receivers.publish(events[half:])
    wait_done(partner, events, seconds=60)
    receivers.settle("partner")
    assert not receivers.take_dead_letters("partner", count=0)
    if not overlap:
        last = [partner.event(event.id) for event in events[half:]]
        assert all(each and new["key_id"] in each["key_ids"] for each in last)


def test_clocks_that_are_an_hour_apart_are_named_as_the_reason(partner: PartnerClient, receivers: Receivers) -> None:
    """Five minutes are tolerated; an hour is refused, and the dead letter says by how much the clocks differ."""
    near, far = (told_to_partner(events_of_orders(seed=seed, orders=3))[:1] for seed in (37, 38))
    partner.behave("up", clock_skew_seconds=240)
    receivers.publish(near)
    wait_done(partner, near)
    partner.behave("up", clock_skew_seconds=3600)
    receivers.publish(far)
    (letter,) = receivers.take_dead_letters("partner", count=1)
    assert json.loads(letter.body)["id"] == far[0].id
    assert "the partner answered 401" in letter.reason
    assert "seconds away from now" in letter.reason


def test_killed_while_the_partner_works(
    platform: Platform, async_stack: DeployedStack, partner: PartnerClient, receivers: Receivers
) -> None:
    """The partner did the work, the worker died before it heard so: asked again, the partner knows the key."""
    events = told_to_partner(events_of_orders(seed=39, orders=3))[:1]
    batch = make_batch(events)
    partner.behave("slow", delay_seconds=10, for_requests=1)
    patient = {"PARTNER_READ_SECONDS": "15"}
    with WorkerProcess(platform, async_stack, "partner", batch, variables=patient) as worker:
        eventually(lambda: partner.seen()["in_flight"], seconds=60)
        worker.kill()
    partner.behave("up")
    assert receivers.invoke("partner", batch) == {"batchItemFailures": []}
    assert wait_done(partner, events)[events[0].id]["done"] == 1
