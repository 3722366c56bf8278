"""Addresses that no mail goes to any more: those that bounced for good, and those whose owner called a mail spam.

A mailbox that is full or out of reach (a transient bounce) is no reason to give the address up.
https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-sns-contents.html
"""

import json
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol

from patterns_shared.domain.errors import InvalidEvent

__all__ = ["Feedback", "SuppressionReason", "Suppressions", "read_feedback", "suppress"]


class SuppressionReason(StrEnum):
    """Why."""

    BOUNCE = "bounce"
    COMPLAINT = "complaint"


@dataclass(frozen=True, slots=True, kw_only=True)
class Feedback:
    """What a mail service reports of one mail: the addresses to give up, none if there is no reason to."""

    reason: SuppressionReason
    addresses: tuple[str, ...] = field(repr=False)


class Suppressions(Protocol):
    """The addresses that no mail goes to. Both methods make one request for each address."""

    def add(self, address: str, reason: SuppressionReason) -> None:
        """Keep the address; the first reason stays.

        Raises:
            TemporarilyUnavailable: the store is down.
        """
        ...

    def includes(self, address: str) -> bool:
        """Return whether no mail goes to the address, in whatever case it is written.

        Raises:
            TemporarilyUnavailable: the store is down.
        """
        ...


def suppress(feedback: Feedback, suppressions: Suppressions) -> int:
    """Keep the addresses, and return how many. A duplicate changes nothing.

    Raises:
        TemporarilyUnavailable: the store is down; some may be kept.
    """
    for address in feedback.addresses:
        suppressions.add(address, feedback.reason)
    return len(feedback.addresses)


def read_feedback(body: str) -> Feedback:
    """Return what an event of SES reports, in the envelope in which EventBridge delivers it.

    Raises:
        InvalidEvent: it is no bounce or complaint of SES, and what is wrong with it; it quotes no address.
    """
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        raise InvalidEvent("", "is not JSON") from None
    detail = _object(_object(document, "").get("detail"), "detail")
    kind = detail.get("eventType")
    if kind == "Bounce":
        bounce = _object(detail.get("bounce"), "detail.bounce")
        for_good = bounce.get("bounceType") == "Permanent"
        addresses = _addresses(bounce.get("bouncedRecipients"), "detail.bounce.bouncedRecipients")
        return Feedback(reason=SuppressionReason.BOUNCE, addresses=addresses if for_good else ())
    if kind == "Complaint":
        complaint = _object(detail.get("complaint"), "detail.complaint")
        taken_back = complaint.get("complaintFeedbackType") == "not-spam"
        addresses = _addresses(complaint.get("complainedRecipients"), "detail.complaint.complainedRecipients")
        return Feedback(reason=SuppressionReason.COMPLAINT, addresses=() if taken_back else addresses)
    raise InvalidEvent("detail.eventType", "is neither Bounce nor Complaint")


def _object(value: object, path: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise InvalidEvent(path, "must be an object")
    return value


def _addresses(value: object, path: str) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise InvalidEvent(path, "must be a list")
    found = tuple(_object(each, path).get("emailAddress") for each in value)
    if not all(isinstance(address, str) and address for address in found):
        raise InvalidEvent(path, "must have an emailAddress each")
    return tuple(str(address) for address in found)
