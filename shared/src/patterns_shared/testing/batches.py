"""Batches of messages as Lambda hands them to a function."""

import json
from collections.abc import Iterable
from itertools import count
from typing import Any

from patterns_shared.domain.event_codec import encode_event
from patterns_shared.domain.events import Event

__all__ = ["body_of", "make_batch"]

_NUMBERS = count(1)


def make_batch(bodies: Iterable[Event | str], *, receives: int = 1) -> dict[str, Any]:
    """Return the event for these bodies, each with a message id that no other message has."""
    return {"Records": [_record(body if isinstance(body, str) else body_of(body), receives) for body in bodies]}


def body_of(event: Event, **changes: object) -> str:
    """Return the event as a message's body, with these fields of the envelope instead of its own."""
    return json.dumps({**encode_event(event), **changes})


def _record(body: str, receives: int) -> dict[str, Any]:
    number = next(_NUMBERS)
    return {
        "messageId": f"message-{number}",
        "receiptHandle": f"receipt-{number}",
        "body": body,
        "attributes": {"ApproximateReceiveCount": str(receives), "SentTimestamp": "1767605400000"},
        "messageAttributes": {},
        "eventSource": "aws:sqs",
        "eventSourceARN": "arn:aws:sqs:us-east-1:123456789012:queue",
        "awsRegion": "us-east-1",
    }
