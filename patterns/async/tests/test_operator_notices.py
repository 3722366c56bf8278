from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from botocore.exceptions import ClientError
from hypothesis import given
from hypothesis import strategies as st

from patterns_async.adapters.sns_notices import SnsNotices
from patterns_async.application.operator_notices import Notice, notice_of
from patterns_shared.domain.errors import InvalidEvent, PermanentFailure, TemporarilyUnavailable
from patterns_shared.domain.events import Event, EventType, OrderRejectedData
from patterns_shared.testing import make_event

Clients = Callable[[str], Any]
REJECTED = make_event(EventType.ORDER_REJECTED, id="rejected")
NOTICE = Notice(subject="s", text="t", short="u")


def because(reason: str, event: Event = REJECTED) -> Event:
    """Return the rejection for another reason."""
    return replace(event, data=OrderRejectedData.of(event.data, reason=reason))


def test_a_notice_is_a_sentence_with_what_an_operator_needs() -> None:
    """The order's id, the reason, how much it is about, and when it was placed."""
    notice = notice_of(because("quantity 600 is over 500"))
    assert notice.subject == "An order was rejected"
    assert notice.text.startswith(f"Order {REJECTED.order_id} was rejected: quantity 600 is over 500.\nIt has ")
    assert f"{REJECTED.data.placed_at:%Y-%m-%d}" in notice.text
    assert notice.short == f"Order {REJECTED.order_id} rejected: quantity 600 is over 500"


@given(address=st.emails(), before=st.text(max_size=300), after=st.text(max_size=300))
def test_no_address_is_in_a_notice(address: str, before: str, after: str) -> None:
    """Neither the contact's nor one that the reason quotes; one line, short enough for one text message."""
    notice = notice_of(because(f"{before} {address} {after}"))
    for text in (notice.subject, notice.text, notice.short):
        assert "@" not in text
        assert REJECTED.data.customer_id not in text
    assert len(notice.short) <= 140
    assert notice.short.isprintable()
    assert notice.text.count("\n") == 2


@pytest.mark.parametrize("type_", [EventType.ORDER_FULFILLED, EventType.ORDER_CANCELLED, EventType.ORDER_PLACED])
def test_other_events_are_no_notice(type_: EventType) -> None:
    """They are dead letters with this reason, should they ever come."""
    with pytest.raises(InvalidEvent, match="type: operators read of rejected orders"):
        notice_of(make_event(type_))


@pytest.mark.parametrize(
    ("code", "error"),
    [
        ("InvalidParameter", PermanentFailure),
        ("Throttling", TemporarilyUnavailable),
        ("InternalError", TemporarilyUnavailable),
        ("AuthorizationError", ClientError),
        ("NotFound", ClientError),
    ],
)
def test_only_the_notices_own_fault_is_for_good(
    clients: Clients, monkeypatch: pytest.MonkeyPatch, code: str, error: type[Exception]
) -> None:
    """A topic that is gone or a missing permission is no reason to throw notices away."""
    sns = clients("sns")

    def refuse(**_: object) -> None:
        status = 500 if code == "InternalError" else 400
        answer: Any = {"Error": {"Code": code, "Message": "m"}, "ResponseMetadata": {"HTTPStatusCode": status}}
        raise ClientError(answer, "Publish")

    monkeypatch.setattr(sns, "publish", refuse, raising=False)
    with pytest.raises(error):
        SnsNotices(sns, "arn").publish(NOTICE)


def test_each_kind_of_subscription_has_its_form(clients: Clients, monkeypatch: pytest.MonkeyPatch) -> None:
    """SNS takes the form by the subscription's protocol."""
    sns, published = clients("sns"), list[dict[str, Any]]()
    monkeypatch.setattr(sns, "publish", lambda **message: published.append(message), raising=False)
    SnsNotices(sns, "arn").publish(NOTICE)
    assert published == [
        {
            "TopicArn": "arn",
            "Subject": "s",
            "Message": '{"default": "t", "email": "t", "sms": "u"}',
            "MessageStructure": "json",
        }
    ]


def test_a_long_reason_without_spaces_takes_no_time() -> None:
    """An event may hold 100,000 characters without one; a backtracking pattern took a minute for them."""
    event = make_event(EventType.ORDER_REJECTED)
    assert isinstance(event.data, OrderRejectedData)
    notice = notice_of(replace(event, data=replace(event.data, reason="x" * 100_000)))
    assert len(notice.text) < 1_000
