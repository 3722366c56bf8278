"""The customer gets a mail about the outcome of the order: once, and never not at all."""

import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from uuid import uuid4

import pytest
from tests.clients import administrator
from tests.faulty_service import FaultyService, HeldAt
from tests.receivers import Receivers
from tests.stack import DeployedStack
from tests.waiting import eventually
from tests.worker_process import WorkerProcess

from patterns_async.adapters.dynamodb_suppressions import DynamoDBSuppressions
from patterns_async.application.mail import mail_about
from patterns_infra.settings import LOCAL_SENDER
from patterns_local.mail.mailbox import ReceivedMail, read_mails
from patterns_local.mail.switch import switch_mail
from patterns_local.platform import Platform
from patterns_shared.domain.events import Contact, Event, EventType
from patterns_shared.testing import make_batch, make_event

pytestmark = pytest.mark.integration

_A_CLAIM_OF_A_SECOND = 2.1
"""Seconds after which it is over: a claim counts in whole seconds."""
KINDS = (EventType.ORDER_FULFILLED, EventType.ORDER_REJECTED, EventType.ORDER_CANCELLED)


def news(type_: EventType, *, order_id: str | None = None) -> Event:
    """Return an event for an address of its own."""
    event = make_event(type_)
    data = replace(event.data, contact=Contact(f"ada-{uuid4()}@example.com"))
    return replace(event, id=str(uuid4()), order_id=order_id or str(uuid4()), data=data)


class Mailbox:
    """The mails that were received."""

    def __init__(self, platform: Platform) -> None:
        """Look into the platform's folder of mails."""
        self._folder = platform.mails

    def of(self, event: Event) -> list[ReceivedMail]:
        """Return the mails to an event's contact."""
        return [mail for mail in read_mails(self._folder) if mail.to == (event.data.contact.email,)]

    def wait(self, events: Sequence[Event], *, seconds: float = 60) -> None:
        """Wait until each contact has mail."""
        eventually(lambda: all(self.of(event) for event in events), seconds=seconds, pause=0.3)


@pytest.fixture
def mailbox(platform: Platform) -> Iterator[Mailbox]:
    """Give the mailbox of a mail server that works, before the test and after it."""
    switch_mail(platform.mails, "accept")
    yield Mailbox(platform)
    switch_mail(platform.mails, "accept")


@pytest.mark.parametrize("type_", KINDS)
def test_a_mail_says_what_became_of_the_order(receivers: Receivers, mailbox: Mailbox, type_: EventType) -> None:
    """To the order's contact alone, from the shop, as text and as HTML."""
    event = news(type_)
    receivers.publish([event])
    mailbox.wait([event])
    expected = mail_about(event)
    (mail,) = mailbox.of(event)
    assert (mail.subject, mail.sender) == (expected.subject, "orders@shop.example.com")
    assert mail.text.split() == expected.text.split()
    assert mail.html.split() == expected.html.split()


def test_a_duplicate_sends_nothing(receivers: Receivers, mailbox: Mailbox) -> None:
    """However often it comes, also at the same moment."""
    events = [news(EventType.ORDER_FULFILLED) for _ in range(10)]
    receivers.publish(events * 5)
    mailbox.wait(events)
    receivers.settle("notify", seconds=60)
    assert Counter(len(mailbox.of(event)) for event in events) == {1: 10}


def test_no_mail_says_that_a_cancelled_order_is_on_its_way(receivers: Receivers, mailbox: Mailbox) -> None:
    """An outcome that comes after the cancellation sends nothing."""
    cancelled = news(EventType.ORDER_CANCELLED)
    late = replace(news(EventType.ORDER_FULFILLED, order_id=cancelled.order_id), data=cancelled.data)
    receivers.publish([cancelled])
    mailbox.wait([cancelled])
    receivers.settle("notify")
    receivers.publish([late])
    receivers.settle("notify")
    assert [mail.subject for mail in mailbox.of(cancelled)] == [mail_about(cancelled).subject]


def test_a_mail_that_is_refused_for_good_costs_only_itself(
    platform: Platform, receivers: Receivers, mailbox: Mailbox
) -> None:
    """It is a dead letter with the mail service's word for it; the others go out."""
    switch_mail(platform.mails, "refuse", for_requests=1)
    events = [news(EventType.ORDER_FULFILLED) for _ in range(5)]
    receivers.publish(events)
    (letter,) = receivers.take_dead_letters("notify", count=1)
    assert "SES refuses the mail" in letter.reason
    receivers.settle("notify")
    assert sorted(len(mailbox.of(event)) for event in events) == [0, 1, 1, 1, 1]
    assert not any(event.data.contact.email in letter.reason for event in events)


def test_while_the_mail_service_is_out_mails_wait(
    platform: Platform, async_stack: DeployedStack, mailbox: Mailbox
) -> None:
    """Not now is no refusal: the message comes again, once the claim on its mail has run out."""
    event = news(EventType.ORDER_FULFILLED)
    batch = make_batch([event])
    quick = {"CLAIM_SECONDS": "1"}
    switch_mail(platform.mails, "refuse_for_now")
    with WorkerProcess(platform, async_stack, "notify", batch, variables=quick) as worker:
        assert worker.answer() == {"batchItemFailures": [{"itemIdentifier": batch["Records"][0]["messageId"]}]}
    assert not mailbox.of(event)
    switch_mail(platform.mails, "accept")
    time.sleep(_A_CLAIM_OF_A_SECOND)
    with WorkerProcess(platform, async_stack, "notify", batch, variables=quick) as worker:
        assert worker.answer() == {"batchItemFailures": []}
    assert len(mailbox.of(event)) == 1


def test_while_the_sender_is_not_verified_mails_wait(
    platform: Platform, async_stack: DeployedStack, receivers: Receivers, mailbox: Mailbox
) -> None:
    """An account's fault is no mail's: none of five is a dead letter, and all go out once the identity is back."""
    events = [news(EventType.ORDER_FULFILLED) for _ in range(5)]
    batch = make_batch(events)
    quick = {"CLAIM_SECONDS": "1"}
    ses = administrator(platform, "ses")
    ses.delete_identity(Identity=LOCAL_SENDER)
    try:
        with WorkerProcess(platform, async_stack, "notify", batch, variables=quick) as worker:
            assert len(worker.answer()["batchItemFailures"]) == 5
    finally:
        ses.verify_email_identity(EmailAddress=LOCAL_SENDER)
    receivers.take_dead_letters("notify", count=0)
    time.sleep(_A_CLAIM_OF_A_SECOND)
    with WorkerProcess(platform, async_stack, "notify", batch, variables=quick) as worker:
        assert worker.answer() == {"batchItemFailures": []}
    assert [len(mailbox.of(event)) for event in events] == [1] * 5


def test_an_address_that_bounced_is_not_written_to_again(
    platform: Platform, async_stack: DeployedStack, receivers: Receivers, mailbox: Mailbox
) -> None:
    """SES reports the first mail's bounce by the bus; the second mail is a success that sends nothing."""
    address = f"bounce+{uuid4()}@simulator.amazonses.com"
    first, second = (
        replace(event, data=replace(event.data, contact=Contact(address)))
        for event in (news(EventType.ORDER_FULFILLED), news(EventType.ORDER_FULFILLED))
    )
    suppressions = DynamoDBSuppressions(
        administrator(platform, "dynamodb"), async_stack.environment("bounces")["SUPPRESSIONS_TABLE"]
    )
    receivers.publish([first])
    mailbox.wait([first])
    eventually(lambda: suppressions.includes(address), seconds=60, pause=0.3)
    receivers.publish([second])
    receivers.settle("notify", seconds=60)
    assert len(mailbox.of(second)) == 1
    receivers.take_dead_letters("notify", count=0)


def test_killed_between_the_mail_and_the_mark(platform: Platform, async_stack: DeployedStack, mailbox: Mailbox) -> None:
    """The mail went out unrecorded: it goes out a second time at most, and the third message sends nothing."""
    event = news(EventType.ORDER_FULFILLED)
    batch = make_batch([event])
    quick = {"CLAIM_SECONDS": "1"}
    with FaultyService(platform.endpoint_url) as table:
        # The first update claims, the second marks.
        table.fault = held = HeldAt("UpdateItem", number=2, done=False)
        with WorkerProcess(platform, async_stack, "notify", batch, variables=quick, dynamodb=table.url) as worker:
            assert held.reached.wait(30)
            worker.kill()
    assert len(mailbox.of(event)) == 1
    time.sleep(_A_CLAIM_OF_A_SECOND)
    for _ in range(2):
        with WorkerProcess(platform, async_stack, "notify", batch, variables=quick) as worker:
            assert worker.answer() == {"batchItemFailures": []}
    assert len(mailbox.of(event)) == 2
