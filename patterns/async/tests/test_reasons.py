"""What is said of an event that is refused or waits, word for word, and what goes out about one that is not."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from patterns_async.application.account_faults import AccountCannotSend, AccountFault
from patterns_async.application.books import entry_of
from patterns_async.application.bounces import read_feedback
from patterns_async.application.mail import mail_about
from patterns_async.application.operator_notices import Notice, Noticed, notice_of, notify_operators
from patterns_async.application.outcomes import forward
from patterns_shared.domain.errors import InvalidEvent
from patterns_shared.domain.event_content import content_digest
from patterns_shared.domain.events import Contact, Event, EventType, OrderRejectedData, order_data
from patterns_shared.domain.money import format_money
from patterns_shared.ports import PublishFailure
from patterns_shared.testing import RecordingPublisher, make_event, make_order

SALE = make_event(EventType.ORDER_FULFILLED, id="sale")
PLACED = make_event(EventType.ORDER_PLACED, id="placed")
CANCELLED = make_event(EventType.ORDER_CANCELLED, id="cancelled")
REJECTED = make_event(EventType.ORDER_REJECTED, id="rejected")


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        ("", "event: is not JSON"),
        ([], "event: must be an object"),
        ({}, "detail: must be an object"),
        ({"detail": {"eventType": "Send"}}, "detail.eventType: is neither Bounce nor Complaint"),
        ({"detail": {"eventType": "Bounce"}}, "detail.bounce: must be an object"),
        ({"detail": {"eventType": "Complaint"}}, "detail.complaint: must be an object"),
        (
            {"detail": {"eventType": "Bounce", "bounce": {"bouncedRecipients": {}}}},
            "detail.bounce.bouncedRecipients: must be a list",
        ),
        (
            {"detail": {"eventType": "Complaint", "complaint": {"complainedRecipients": [{"emailAddress": ""}]}}},
            "detail.complaint.complainedRecipients: must have an emailAddress each",
        ),
        (
            {"detail": {"eventType": "Bounce", "bounce": {"bouncedRecipients": ["ada"]}}},
            "detail.bounce.bouncedRecipients: must be an object",
        ),
    ],
)
def test_what_is_no_feedback(document: object, reason: str) -> None:
    """The field by its path; an empty path for the whole."""
    with pytest.raises(InvalidEvent) as refused:
        read_feedback(document if isinstance(document, str) else json.dumps(document))
    assert str(refused.value) == reason
    assert refused.value.field == ("" if reason.startswith("event: ") else reason.partition(":")[0])


@pytest.mark.parametrize(
    ("handle", "event", "reason"),
    [
        (mail_about, PLACED, "type: there is no mail about OrderPlaced"),
        (
            mail_about,
            replace(SALE, data=replace(SALE.data, contact=Contact("a@b"))),
            "data.contact.email: is no address that mail can go to",
        ),
        (entry_of, PLACED, "type: OrderPlaced books nothing"),
        (notice_of, SALE, "type: operators read of rejected orders, not of OrderFulfilled"),
    ],
)
def test_an_event_of_a_type_that_a_receiver_does_not_take(
    handle: Callable[[Event], Any], event: Event, reason: str
) -> None:
    """It is a dead letter with this reason."""
    with pytest.raises(InvalidEvent) as refused:
        handle(event)
    assert str(refused.value) == reason


def test_an_entry_has_the_digest_of_its_event_without_the_address() -> None:
    """The ledger keeps no contact data, not even in a digest."""
    assert entry_of(SALE).content == content_digest(SALE, contact=False)


class Unavailable(RecordingPublisher):
    """A bus that never takes what is too large."""

    def publish(self, events: Any) -> list[PublishFailure]:  # noqa: ANN401 - events
        """Refuse."""
        return [PublishFailure(event.id, "too large", retryable=False) for event in events]


def test_what_the_bus_does_not_take() -> None:
    """For now or for good, or since it is down."""
    slow, down = RecordingPublisher(), RecordingPublisher()
    slow.refuse, down.unavailable = {"sale": "ThrottlingException"}, True
    assert str(forward([SALE], slow)["sale"]) == "event bus (ThrottlingException) is temporarily unavailable"
    assert str(forward([SALE], Unavailable())["sale"]) == "the event bus refuses it: too large"
    assert (
        str(forward([SALE], down)["sale"])
        == "event bus (event bus is temporarily unavailable) is temporarily unavailable"
    )
    assert str(forward([CANCELLED], slow)["cancelled"]) == "type: OrderCancelled is no outcome"


def test_operators_get_the_notice_of_the_event() -> None:
    """Once for each time that it comes."""
    published: list[Notice] = []

    class Topic:
        def publish(self, notice: Notice) -> None:
            published.append(notice)

    assert notify_operators(REJECTED, Topic()) is Noticed.PUBLISHED
    assert published == [notice_of(REJECTED)]


def test_an_accounts_fault_names_its_cause_and_code() -> None:
    """Both stand in the log line."""
    error = AccountCannotSend(AccountFault.SANDBOX, "MessageRejected")
    assert error.fault is AccountFault.SANDBOX
    assert str(error) == "mail (sandbox: MessageRejected) is temporarily unavailable"


SENT = """\
2 x Assam black tea, 100 g: 13.80 EUR
1 x Glass teapot, 1 l: 34.90 EUR

Total: 48.70 EUR
Order: 019b8d00-0000-7000-8000-00000000beef, placed 2026-01-05 09:30 (UTC)
"""
THANKS = "Thank you. We packed everything, and it is on its way.\n\n"
SORRY = "We are sorry: we cannot deliver this order.\nReason: 2001 pieces are over the limit of 2000.\n\n"


@pytest.mark.parametrize(
    ("event", "text", "paragraph"),
    [
        (SALE, f"{THANKS}{SENT}", "its way.</p>\n\n<table"),
        (REJECTED, f"{SORRY}{SENT}", "order.</p>\n<p>Reason: 2001 pieces are over the limit of 2000.</p>\n<table"),
    ],
)
def test_a_mail_reads_like_this(event: Event, text: str, paragraph: str) -> None:
    """Without a reason there is no line for it."""
    mail = mail_about(event)
    assert mail.text == text
    assert paragraph in mail.html
    assert mail.html.count("</td></tr>\n<tr>") == 2
    assert ">2 &times; Assam black tea, 100 g</td>" in mail.html


@pytest.mark.parametrize(
    ("reason", "shown"),
    [
        ("too risky", "too risky"),
        ("too risky. ", "too risky"),
        ("too risky . . .", "too risky"),
        ("too many of size X", "too many of size X"),
        ("...of the shop", "...of the shop"),
        ("ask ada@example.com, she knows", "ask (address) she knows"),
        ("one\n two\tthree\x07", "one two three"),
        ("x" * 300, "x" * 200),
    ],
)
@pytest.mark.parametrize(("lines", "counted"), [(1, "1 line"), (2, "2 lines")])
def test_a_notice_reads_like_this(reason: str, shown: str, lines: int, counted: str) -> None:
    """Its reason on one line, without addresses, of 200 characters at most and without an end of its own."""
    data = OrderRejectedData.of(order_data(make_order(lines=make_order().lines[:lines])), reason=reason)
    total = format_money(data.total, "EUR")
    order, when = f"Order {REJECTED.order_id}", "2026-01-05 at 09:30 UTC"
    assert notice_of(replace(REJECTED, data=data)) == Notice(
        subject="An order was rejected",
        text=f"{order} was rejected: {shown}.\nIt has {counted} over {total} and was placed on {when}.\n",
        short=f"{order} rejected: {shown}"[:140],
    )
