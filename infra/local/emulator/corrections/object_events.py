"""Which version of an object an event of S3 on EventBridge is about.

AWS names it in ``detail.object.version-id``, in a bucket that has versions.
https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html

The emulator names it in notifications to queues, topics and functions, and leaves it out here.
"""

import json
from contextvars import ContextVar
from functools import partial
from typing import Any

from ministack.services import eventbridge, s3

__all__ = ["correct"]

_version: ContextVar[str | None] = ContextVar("version", default=None)


def correct() -> None:
    """Add it."""
    s3._fire_s3_event = partial(_fire, s3._fire_s3_event)
    eventbridge._dispatch_event = partial(_dispatch, eventbridge._dispatch_event)


def _fire(original: Any, *arguments: Any, version_id: str | None = None, **more: Any) -> None:
    token = _version.set(version_id)
    try:
        original(*arguments, version_id=version_id, **more)
    finally:
        _version.reset(token)


def _dispatch(original: Any, event: dict[str, Any], *arguments: Any, **more: Any) -> Any:
    version = _version.get()
    if version and event.get("Source") == "aws.s3":
        detail = json.loads(event["Detail"])
        detail["object"]["version-id"] = version
        event = {**event, "Detail": json.dumps(detail)}
    return original(event, *arguments, **more)
