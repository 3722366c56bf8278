"""Mail to the customer: claimed, sent, marked as sent.

A crash before the mark leaves a claim that runs out, and the message comes again: the mail may go out twice, and is
never left out. A duplicate finds the mark, and sends nothing. An outcome that arrives after the order's cancellation
sends nothing either: no customer should read that a cancelled order is on its way.
"""

from collections.abc import Callable
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from patterns_async.application.bounces import Suppressions
from patterns_async.application.mail import Mail, mail_about
from patterns_shared.domain.events import Event, EventType

__all__ = ["AlreadySent", "Claims", "Mailer", "Notifications", "Notified"]


class AlreadySent(Exception):
    """The mail about this event, with this content, went out before."""


class Notified(StrEnum):
    """What notifying did; each is a success."""

    SENT = "sent"
    SEEN = "duplicate"
    SUPERSEDED = "superseded"
    """The order was cancelled before this news of it arrived."""
    SUPPRESSED = "suppressed"
    """An earlier mail to this address bounced, or its owner called one spam: it is not written to again."""


class Claims(Protocol):
    """Who is about to send which mail, and which went out. Each method makes one request."""

    def claim(self, event: Event, *, cancels: bool, now: datetime) -> bool:
        """Claim the mail about this event for a while, and return whether its order is cancelled.

        With ``cancels`` the order is cancelled from now on. Without, nothing is claimed where it is cancelled already.

        Raises:
            AlreadySent: it went out.
            EventConflict: its id was claimed for an event with another content.
            TemporarilyUnavailable: another worker's claim still holds, or the store is down.
        """
        ...

    def mark_sent(self, event: Event, *, now: datetime) -> None:
        """Remember that the mail went out.

        Raises:
            TemporarilyUnavailable: the store is down; the mail will go out again.
        """
        ...

    def release(self, event: Event) -> None:
        """End the claim on a mail that is not sent, so that nothing waits for it.

        Raises:
            TemporarilyUnavailable: the store is down; the claim runs out by itself.
        """
        ...


class Mailer(Protocol):
    """Where mail goes out."""

    def send(self, mail: Mail) -> None:
        """Send it.

        Raises:
            PermanentFailure: this mail will never be taken.
            TemporarilyUnavailable: not now.
        """
        ...


class Notifications:
    """Writes to customers."""

    def __init__(
        self, claims: Claims, mailer: Mailer, suppressions: Suppressions, *, now: Callable[[], datetime]
    ) -> None:
        """Take the ports."""
        self._suppressions = suppressions
        self._claims = claims
        self._mailer = mailer
        self._now = now

    def notify(self, event: Event) -> Notified:
        """Write to the order's contact about the event, unless that was done.

        Raises:
            InvalidEvent: there is no mail about this type of event.
            PermanentFailure: the mail will never be taken.
            TemporarilyUnavailable: try again later.
        """
        mail = mail_about(event)
        cancels = event.type is EventType.ORDER_CANCELLED
        try:
            cancelled = self._claims.claim(event, cancels=cancels, now=self._now())
        except AlreadySent:
            return Notified.SEEN
        if cancelled and not cancels:
            return Notified.SUPERSEDED
        if self._suppressions.includes(mail.to):
            self._claims.release(event)
            return Notified.SUPPRESSED
        self._mailer.send(mail)
        self._claims.mark_sent(event, now=self._now())
        return Notified.SENT
