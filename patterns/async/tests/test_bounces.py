import json
from typing import Any

import pytest

from patterns_async.application.bounces import SuppressionReason, read_feedback, suppress
from patterns_async.testing import InMemorySuppressions
from patterns_shared.domain.errors import InvalidEvent

ADA = {"emailAddress": "ada@example.com"}


def event(kind: str, **report: object) -> str:
    """Return SES's event as EventBridge delivers it."""
    detail = {"eventType": kind, kind.lower(): report, "mail": {"messageId": "1"}}
    return json.dumps({"source": "aws.ses", "detail-type": "Email", "detail": detail})


@pytest.mark.parametrize(
    ("body", "reason", "addresses"),
    [
        (event("Bounce", bounceType="Permanent", bouncedRecipients=[ADA]), "bounce", ("ada@example.com",)),
        (event("Bounce", bounceType="Transient", bouncedRecipients=[ADA]), "bounce", ()),
        (event("Bounce", bounceType="Undetermined", bouncedRecipients=[ADA]), "bounce", ()),
        (event("Complaint", complainedRecipients=[ADA]), "complaint", ("ada@example.com",)),
        (
            event("Complaint", complaintFeedbackType="abuse", complainedRecipients=[ADA]),
            "complaint",
            ("ada@example.com",),
        ),
        (event("Complaint", complaintFeedbackType="not-spam", complainedRecipients=[ADA]), "complaint", ()),
        (event("Bounce", bounceType="Permanent", bouncedRecipients=[]), "bounce", ()),
    ],
)
def test_an_address_is_given_up_for_good_reasons_only(body: str, reason: str, addresses: tuple[str, ...]) -> None:
    """A mailbox that is full today is none; nor is a complaint that was taken back."""
    feedback, suppressions = read_feedback(body), InMemorySuppressions()
    assert suppress(feedback, suppressions) == len(addresses)
    assert suppressions.reasons == dict.fromkeys(addresses, SuppressionReason(reason))


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ("", "event"),
        ("[" * 100_000, "event"),
        ("[]", "event"),
        ("{}", "detail"),
        (json.dumps({"detail": {"eventType": "Delivery"}}), "detail.eventType"),
        (json.dumps({"detail": {"eventType": "Bounce"}}), "detail.bounce"),
        (event("Bounce", bounceType="Permanent"), "detail.bounce.bouncedRecipients"),
        (event("Complaint", complainedRecipients=[{"emailAddress": 1}]), "detail.complaint.complainedRecipients"),
        (event("Complaint", complainedRecipients=["ada@example.com"]), "detail.complaint.complainedRecipients"),
    ],
)
def test_what_is_no_feedback_is_refused_by_field(body: Any, field: str) -> None:  # noqa: ANN401
    """As a dead letter whose reason quotes no address."""
    with pytest.raises(InvalidEvent) as refused:
        read_feedback(body)
    assert str(refused.value).startswith(f"{field}: ")
    assert "@" not in str(refused.value)
