"""Messages of the outcome queue: each is an event of the bus, whose detail is the shop's envelope."""

import json
from collections.abc import Mapping
from typing import Any

from patterns_shared.domain.errors import InvalidEvent
from patterns_shared.domain.event_codec import decode_event
from patterns_shared.domain.events import Event

__all__ = ["event_from_message"]


def event_from_message(message: Mapping[str, Any]) -> Event:
    """Return the event that the message carries.

    Raises:
        InvalidEvent: naming what is missing or wrong.
    """
    try:
        body = json.loads(message.get("body", ""))
    except (TypeError, ValueError, RecursionError):
        raise InvalidEvent("", "the message's body is not JSON") from None
    if not isinstance(body, Mapping):
        raise InvalidEvent("", "the message's body must be an object")
    return decode_event(body.get("detail"))
