from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from patterns_async.adapters.dynamodb_claims import DynamoDBClaims
from patterns_async.application.bounces import SuppressionReason
from patterns_async.application.notifications import Notifications, Notified
from patterns_async.testing import InMemoryClaims, InMemorySuppressions, RecordingMailer
from patterns_shared.domain.errors import InvalidEvent, TemporarilyUnavailable
from patterns_shared.domain.events import Contact, EventType
from patterns_shared.testing import FrozenClock, make_event

Client = Any
Clients = Callable[[str], Client]
SALE = make_event(EventType.ORDER_FULFILLED, id="sale")
CANCELLATION = make_event(EventType.ORDER_CANCELLED, id="cancellation")
LEASE = timedelta(seconds=90)


class Killed(BaseException):
    """The process is gone: nothing after it runs."""


class Desk:
    """A notifier with everything in hand."""

    def __init__(self) -> None:
        """Start with nothing claimed or sent."""
        self.clock = FrozenClock()
        self.claims = InMemoryClaims(lease=LEASE.total_seconds())
        self.mailer = RecordingMailer()
        self.suppressions = InMemorySuppressions()
        self.notifications = Notifications(self.claims, self.mailer, self.suppressions, now=self.clock)

    def subjects(self) -> list[str]:
        """Return what was sent."""
        return [mail.subject for mail in self.mailer.mails]


@pytest.fixture
def desk() -> Desk:
    """A notifier."""
    return Desk()


def test_an_event_is_one_mail(desk: Desk) -> None:
    """However often it is told, at once or much later."""
    assert desk.notifications.notify(SALE) is Notified.SENT
    for later in (timedelta(0), timedelta(minutes=5), timedelta(days=13)):
        desk.clock.advance(later)
        assert desk.notifications.notify(SALE) is Notified.SEEN
    assert len(desk.mailer.mails) == 1


def test_a_suppressed_address_is_not_written_to(desk: Desk) -> None:
    """In whatever case it is written, and for as long as it is suppressed; that is a success."""
    desk.suppressions.add("ADA@Example.com", SuppressionReason.BOUNCE)
    assert desk.notifications.notify(SALE) is Notified.SUPPRESSED
    assert not desk.mailer.mails


def test_a_suppressed_mail_that_comes_again_is_suppressed_at_once(desk: Desk) -> None:
    """It does not wait for the end of the first one's claim."""
    desk.suppressions.add("ada@example.com", SuppressionReason.BOUNCE)
    assert [desk.notifications.notify(SALE) for _ in range(2)] == [Notified.SUPPRESSED] * 2


def test_a_mail_waits_while_it_is_unknown_whether_its_address_is_suppressed(desk: Desk) -> None:
    """It goes out once the table answers again."""
    desk.suppressions.unavailable = True
    with pytest.raises(TemporarilyUnavailable):
        desk.notifications.notify(SALE)
    desk.suppressions.unavailable = False
    desk.clock.advance(LEASE * 2)
    assert desk.notifications.notify(SALE) is Notified.SENT


def test_a_crash_before_the_mail_is_made_good(desk: Desk) -> None:
    """Its claim runs out, the message comes back, the mail goes out: late, and not never."""
    desk.mailer.fail_with = [Killed()]  # type: ignore[list-item] # no Exception, as a crash is none
    with pytest.raises(Killed):
        desk.notifications.notify(SALE)
    with pytest.raises(TemporarilyUnavailable):
        desk.notifications.notify(SALE)
    desk.clock.advance(LEASE + timedelta(seconds=1))
    assert desk.notifications.notify(SALE) is Notified.SENT
    assert len(desk.mailer.mails) == 1


def test_a_crash_between_mail_and_mark_sends_twice_and_never_none(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """The function cannot know that the mail went out, so it goes out again."""

    def crash(*_: object, **__: object) -> None:
        raise Killed

    with monkeypatch.context() as dying:
        dying.setattr(desk.claims, "mark_sent", crash)
        with pytest.raises(Killed):
            desk.notifications.notify(SALE)
    desk.clock.advance(LEASE + timedelta(seconds=1))
    assert desk.notifications.notify(SALE) is Notified.SENT
    assert desk.notifications.notify(SALE) is Notified.SEEN
    assert len(desk.mailer.mails) == 2


def test_mail_that_does_not_go_out_now_goes_out_later(desk: Desk) -> None:
    """The claim is in the way until it runs out, which is before the message comes back."""
    desk.mailer.fail_with = [TemporarilyUnavailable("mail")]
    with pytest.raises(TemporarilyUnavailable):
        desk.notifications.notify(SALE)
    desk.clock.advance(LEASE + timedelta(seconds=1))
    assert desk.notifications.notify(SALE) is Notified.SENT


def test_a_cancellation_after_the_fulfilment_is_a_second_mail(desk: Desk) -> None:
    """The customer reads both, in that order."""
    desk.notifications.notify(SALE)
    desk.notifications.notify(CANCELLATION)
    assert desk.subjects() == ["Your order is on its way", "Your order is cancelled"]


def test_a_cancellation_before_the_fulfilment_is_the_last_word(desk: Desk) -> None:
    """No mail says that a cancelled order is on its way; and it stays so when the message comes again."""
    desk.notifications.notify(CANCELLATION)
    assert desk.notifications.notify(SALE) is Notified.SUPERSEDED
    desk.clock.advance(LEASE * 2)
    assert desk.notifications.notify(SALE) is Notified.SUPERSEDED
    other = replace(SALE, id="other", order_id="019b8d00-0000-7000-8000-00000000cafe")
    assert desk.notifications.notify(other) is Notified.SENT
    assert desk.subjects() == ["Your order is cancelled", "Your order is on its way"]


def test_what_cannot_become_a_mail_claims_nothing(desk: Desk) -> None:
    """It is refused before anything is written."""
    without_address = replace(SALE, data=replace(SALE.data, contact=Contact("no-address")))
    for event in (without_address, make_event(EventType.ORDER_PLACED)):
        with pytest.raises(InvalidEvent):
            desk.notifications.notify(event)
    assert not desk.claims.claimed_until


@given(st.lists(st.sampled_from(["tell", "crash before", "crash after", "wait"]), min_size=1, max_size=12))
def test_no_course_of_events_loses_the_mail(course: list[str]) -> None:
    """Told once more after every claim ran out, it has gone out: once, and once more for each crash before the mark."""
    desk = Desk()
    mark_sent = desk.claims.mark_sent
    for step in course:
        desk.mailer.fail_with = [Killed()] if step == "crash before" else []  # type: ignore[list-item]
        desk.claims.mark_sent = _crash if step == "crash after" else mark_sent  # type: ignore[method-assign]
        if step == "wait":
            desk.clock.advance(LEASE + timedelta(seconds=1))
            continue
        try:
            desk.notifications.notify(SALE)
        except (Killed, TemporarilyUnavailable):
            continue
    desk.mailer.fail_with = []
    desk.claims.mark_sent = mark_sent  # type: ignore[method-assign]
    desk.clock.advance(LEASE + timedelta(seconds=1))
    desk.notifications.notify(SALE)
    assert 1 <= len(desk.mailer.mails) <= 1 + course.count("crash after")


def _crash(*_: object, **__: object) -> None:
    raise Killed


class TestRequests:
    """What a mail costs."""

    def test_a_mail_is_two_requests_and_a_duplicate_one(
        self,
        clients: Clients,
        keyed_table: Callable[[str, str], str],
        requests_to: Callable[[str], list[str]],
    ) -> None:
        """Claim and mark; and the claim that finds the mark."""
        claims = DynamoDBClaims(clients("dynamodb"), keyed_table("notifications", "order_id"), lease=90)
        notifications = Notifications(claims, RecordingMailer(), InMemorySuppressions(), now=FrozenClock())
        seen = requests_to("dynamodb")
        notifications.notify(SALE)
        assert seen == ["UpdateItem", "UpdateItem"]
        notifications.notify(SALE)
        assert len(seen) == 3
