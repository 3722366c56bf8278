"""One dead letter, and what it says of itself and of its failure."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from patterns_shared.adapters.event_messages import identify
from patterns_shared.adapters.order_items import ORDER_PREFIX

__all__ = ["FAILURE_ATTRIBUTES", "Letter", "Story", "letter_of", "story_of"]

FAILURE_ATTRIBUTES = frozenset({"reason", "failed_at"})
"""Message attributes that our consumers put on a dead letter; `patterns_shared.adapters.dead_letters` writes them."""

_WORD = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,63}")


@dataclass(frozen=True, slots=True)
class Letter:
    """One message of a dead-letter queue, as it was received.

    Attributes:
        id: the message's id, the same at every receive.
        receipt_handle: this receive's.
        body: may hold somebody's email address; for no log.
        attributes: message attributes, as boto3 gives them.
        sent_at: when it was sent, in UTC; SQS keeps the time when it moves a message itself.
        receives: how often it was received, this time included.
        moved_by_sqs: after too many receives, so that nobody could write a reason.
    """

    id: str
    receipt_handle: str = field(repr=False)
    body: str = field(repr=False)
    attributes: Mapping[str, Mapping[str, Any]]
    sent_at: datetime
    receives: int
    moved_by_sqs: bool

    def carried_attributes(self) -> dict[str, Mapping[str, Any]]:
        """Return the attributes that go back with it: all but those that describe the failure that is over."""
        return {name: value for name, value in self.attributes.items() if name not in FAILURE_ATTRIBUTES}


@dataclass(frozen=True, slots=True)
class Story:
    """What a dead letter tells a person; nothing of it is personal data."""

    event_id: str
    type: str
    order_id: str
    reason: str
    failed_at: str


def letter_of(message: Mapping[str, Any]) -> Letter:
    """Return the letter of a received message; it must have been asked for with all its attributes."""
    system = message["Attributes"]
    return Letter(
        id=message["MessageId"],
        receipt_handle=message["ReceiptHandle"],
        body=message["Body"],
        attributes=message.get("MessageAttributes", {}),
        sent_at=datetime.fromtimestamp(int(system["SentTimestamp"]) / 1000, UTC),
        receives=int(system["ApproximateReceiveCount"]),
        moved_by_sqs="DeadLetterQueueSourceArn" in system,
    )


def story_of(letter: Letter) -> Story:
    """Return what the letter tells: of its event, if it is one or a bus's envelope of one, and of its failure."""
    known, document = identify(letter.body), _document(letter.body)
    detail = document.get("detail") if "detail-type" in document else document
    type_ = detail.get("type") if isinstance(detail, dict) else None
    reason, failed_at = _failure(letter, document)
    return Story(
        event_id=known.get("event_id", ""),
        type=type_ if isinstance(type_, str) and _WORD.fullmatch(type_) else "",
        order_id=known.get("order_id", "") or _order_of_record(document),
        reason=reason,
        failed_at=failed_at,
    )


def _document(body: str) -> dict[str, Any]:
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return document if isinstance(document, dict) else {}


def _order_of_record(document: Mapping[str, Any]) -> str:
    """Return the order that a change of the orders table is of, which the web API's relay could not read."""
    found: object = document
    for name in ("record", "dynamodb", "Keys", "pk", "S"):
        found = found.get(name) if isinstance(found, dict) else None
    return (
        _printable(found.removeprefix(ORDER_PREFIX))
        if isinstance(found, str) and found.startswith(ORDER_PREFIX)
        else ""
    )


def _failure(letter: Letter, document: Mapping[str, Any]) -> tuple[str, str]:
    """Return why it failed, and when, if anybody wrote it down."""
    if letter.moved_by_sqs:
        # A reason that is there all the same came back with it from an earlier failure.
        return "received too often; no reason was recorded: see its consumer's log", ""
    told = {name: value.get("StringValue", "") for name, value in letter.attributes.items()}
    reasons = (
        told.get("reason"),
        # EventBridge writes its own: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-dlq.html
        told.get("ERROR_MESSAGE"),
        # The web API's relay: a record of the table's stream that it could not read.
        document.get("reason") if "record" in document else None,
        # Lambda, for a batch of a stream: https://docs.aws.amazon.com/lambda/latest/dg/services-dynamodb-errors.html
        _at(document, "requestContext", "condition"),
    )
    given = (_printable(x) for x in reasons if isinstance(x, str) and x)
    return next(given, "no reason given"), _printable(told.get("failed_at", ""))


def _at(document: Mapping[str, Any], outer: str, inner: str) -> object:
    nested = document.get(outer)
    return nested.get(inner) if isinstance(nested, dict) else None


def _printable(text: str) -> str:
    """Return the text on one line; a partner's words must not steer somebody's terminal."""
    return " ".join("".join(x if x.isprintable() else " " for x in text).split())
