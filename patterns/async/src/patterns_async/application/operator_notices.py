"""What the shop's operators read about a rejected order: a sentence, without any address.

Mail by SNS is plain text to a mailbox that many people read, and a text message is read on a lock screen. So a notice
has the order's id, by which an operator finds the rest behind a login, and no customer's data.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from patterns_shared.domain.errors import InvalidEvent
from patterns_shared.domain.events import Event, OrderRejectedData
from patterns_shared.domain.money import format_money

__all__ = ["Notice", "Noticed", "Notices", "notice_of", "notify_operators"]

_MAX_REASON = 200
"""Characters: a reason is another program's text."""
_MAX_SHORT = 140
"""Characters of a text message that is not split: https://docs.aws.amazon.com/sns/latest/dg/sms_publish-to-phone.html"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """One notice: ``subject`` and ``text`` of a mail, ``short`` for a text message."""

    subject: str
    text: str
    short: str


class Noticed(StrEnum):
    """What notifying did. A duplicate may be read twice, and says the same."""

    PUBLISHED = "published"


class Notices(Protocol):
    """Where operators listen."""

    def publish(self, notice: Notice) -> None:
        """Publish it to all of them.

        Raises:
            PermanentFailure: it will never be taken.
            TemporarilyUnavailable: not now.
        """
        ...


def notify_operators(event: Event, notices: Notices) -> Noticed:
    """Publish the notice of a rejected order.

    Raises:
        InvalidEvent: the event is no rejection.
        PermanentFailure, TemporarilyUnavailable: as `Notices.publish`.
    """
    notices.publish(notice_of(event))
    return Noticed.PUBLISHED


def notice_of(event: Event) -> Notice:
    """Return what operators read of a rejected order.

    Raises:
        InvalidEvent: the event is no rejection.
    """
    data = event.data
    if not isinstance(data, OrderRejectedData):
        raise InvalidEvent("type", f"operators read of rejected orders, not of {event.type}")
    reason = _without_addresses(data.reason)
    lines = "1 line" if len(data.lines) == 1 else f"{len(data.lines)} lines"
    return Notice(
        subject="An order was rejected",
        text=(
            f"Order {_without_addresses(event.order_id)} was rejected: {reason}.\n"
            f"It has {lines} over {format_money(data.total, data.currency)} "
            f"and was placed on {data.placed_at:%Y-%m-%d at %H:%M} UTC.\n"
        ),
        short=f"Order {_without_addresses(event.order_id)} rejected: {reason}"[:_MAX_SHORT],
    )


def _without_addresses(text: str) -> str:
    """Return another program's text on one line, without anything that may be an address."""
    # By words: a pattern takes quadratic time on a long text without spaces.
    plain = " ".join("(address)" if "@" in word else word for word in text.split())
    return "".join(character for character in plain if character.isprintable())[:_MAX_REASON].rstrip(". ")
