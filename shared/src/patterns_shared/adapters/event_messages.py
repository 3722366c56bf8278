"""Events as the bodies and attributes of messages, in both directions."""

import json
import re
from typing import Never

from patterns_shared.domain.errors import InvalidEvent
from patterns_shared.domain.event_codec import decode_event, encode_event
from patterns_shared.domain.events import Event

__all__ = ["MAX_BODY_BYTES", "event_from_body", "event_from_delivery", "event_to_body", "identify"]

MAX_BODY_BYTES = 128 * 1024
"""Bytes of a body that is read at all: an order of 50 lines takes about 6,000, SNS would carry 262,144."""

# An id becomes a database key and an HTTP header: neither takes everything that is a text.
_ID = re.compile(r"[\x21-\x7e]{1,255}")
_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")


def event_to_body(event: Event) -> str:
    """Return the event as a message's body: JSON, the same text for the same event."""
    return json.dumps(encode_event(event), ensure_ascii=False, separators=(",", ":"))


def event_from_body(body: str) -> Event:
    """Return the event that a message's body tells of.

    Raises:
        UnknownEventVersion: its schema version is newer than this code.
        InvalidEvent: naming what is wrong with it, never quoting it.
    """
    return _checked(_parse_bounded(body))


def event_from_delivery(body: str) -> Event:
    """Return the event of a body that a rule of EventBridge delivered: in its envelope, or alone.

    https://docs.aws.amazon.com/eventbridge/latest/ref/events-structure.html has the envelope, whose ``detail`` it is.

    Raises:
        UnknownEventVersion: its schema version is newer than this code.
        InvalidEvent: naming what is wrong with it, never quoting it.
    """
    return _checked(_detail_of(_parse_bounded(body)))


def _detail_of(document: object) -> object:
    return document.get("detail") if isinstance(document, dict) and "detail-type" in document else document


def _parse_bounded(body: str) -> object:
    # Counting bytes costs more than counting characters, of which each has at most four.
    if len(body) > MAX_BODY_BYTES // 4 and len(body.encode("utf-8", "surrogatepass")) > MAX_BODY_BYTES:
        raise InvalidEvent("", f"is over the limit of {MAX_BODY_BYTES} bytes")
    return _parse(body)


def _checked(document: object) -> Event:
    event = decode_event(document)
    for name, value in (("id", event.id), ("order_id", event.order_id)):
        if not _ID.fullmatch(value):
            raise InvalidEvent(name, "must be 1 to 255 visible ASCII characters")
    return event


def identify(body: str) -> dict[str, str]:
    """Return what a body says of itself even if it is no event: event_id, order_id, traceparent, if they are there.

    It is for a log, so only what looks like an id is returned, and no free text.
    """
    try:
        document = _detail_of(_parse(body)) if len(body) <= MAX_BODY_BYTES else None
    except InvalidEvent:
        document = None
    if not isinstance(document, dict):
        return {}
    names = {"id": "event_id", "order_id": "order_id", "traceparent": "traceparent"}
    found = {known: document.get(name) for name, known in names.items()}
    return {known: value for known, value in found.items() if isinstance(value, str) and _ID.fullmatch(value)}


def _refuse_constant(name: str) -> Never:
    raise ValueError(f"{name} is not JSON")


_DECODER = json.JSONDecoder(parse_constant=_refuse_constant)


def _parse(body: str) -> object:
    try:
        document: object = _DECODER.decode(body)
        if _SURROGATE.search(body):  # half of a pair is JSON, but other programs reject it
            json.dumps(document, ensure_ascii=False).encode()
    except (ValueError, RecursionError) as error:
        where = f" at character {error.pos}" if isinstance(error, json.JSONDecodeError) else ""
        raise InvalidEvent("", f"is not JSON{where}") from None
    return document
