"""Mended messages from a person's file: exactly these go back, with the file's bodies.

A file has JSON Lines as `patterns dead-letters QUEUE --json` prints them. Of each line ``message_id`` and ``body``
count; the body is a text, or an object that is put in as JSON.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from patterns_cli.queues.hand import MOST_IN_HAND
from patterns_cli.queues.letter import Letter
from patterns_cli.queues.queue import Feeder
from patterns_cli.queues.sending import Copy
from patterns_cli.text_lines import BadLine, TextLine
from patterns_shared.adapters.event_messages import event_from_body, event_from_delivery
from patterns_shared.adapters.sns import attributes_of
from patterns_shared.domain.errors import InvalidEvent
from patterns_shared.domain.events import Event

__all__ = ["MAX_LINE_BYTES", "Mended", "MendedLetters", "read_mended"]

MAX_LINE_BYTES = 2 * 1024 * 1024
"""Bytes of a line: a body of the megabyte that SQS takes at most, with its quotation marks escaped."""


@dataclass(frozen=True, slots=True)
class Mended:
    """One line: which message goes back, and as what. ``event`` is there when the queue's bodies are events."""

    line: int
    message_id: str
    body: str = field(repr=False)
    event: Event | None = field(repr=False)


@dataclass(slots=True)
class MendedLetters:
    """Chooses the letters that the file names, and notes which of them were there."""

    by_id: Mapping[str, Mended]
    seen: set[str] = field(default_factory=set)

    def __call__(self, letter: Letter) -> Copy | None:
        """Return the mended copy of a letter, None for one that the file does not name."""
        mended = self.by_id.get(letter.id)
        if mended is None:
            return None
        self.seen.add(letter.id)
        # What the topic would have said of the mended event.
        anew: Mapping[str, Mapping[str, Any]] = attributes_of(mended.event) if mended.event else {}
        return Copy(mended.body, {**letter.carried_attributes(), **anew})

    def missing(self) -> list[Mended]:
        """Return those that were not found, in the file's order."""
        return [mended for mended in self.by_id.values() if mended.message_id not in self.seen]


def read_mended(lines: Iterable[TextLine | BadLine], feeder: Feeder) -> tuple[MendedLetters, list[BadLine]]:
    """Return what the lines say, and which of them cannot be used.

    What a body must be, follows from who feeds the queue. A topic's queue takes an event, one behind the event bus the
    bus's envelope with the event as its ``detail``; of a queue that neither feeds nothing is known, and any body goes.
    """
    by_id: dict[str, Mended] = {}
    bad: list[BadLine] = []
    for line in lines:
        try:
            mended = _mended(line, feeder)
        except _Refused as refused:
            bad.append(BadLine(line.number, str(refused)))
            continue
        first = by_id.setdefault(mended.message_id, mended)
        if first is not mended:
            bad.append(BadLine(line.number, f"names the same message as line {first.line}"))
        elif len(by_id) > MOST_IN_HAND:
            bad.append(BadLine(line.number, f"is one too many: a file may name {MOST_IN_HAND} messages"))
            break
    return MendedLetters(by_id), bad


class _Refused(Exception):
    """A line cannot be used, and why."""


def _mended(line: TextLine | BadLine, feeder: Feeder) -> Mended:
    if isinstance(line, BadLine):
        raise _Refused(line.reason)
    try:
        document = json.loads(line.text)
    except (ValueError, RecursionError):
        raise _Refused("is not JSON") from None
    if not isinstance(document, dict):
        raise _Refused("must be an object")
    message_id, body = document.get("message_id"), document.get("body")
    if not isinstance(message_id, str) or not message_id:
        raise _Refused("message_id: must be a text, as patterns dead-letters --json gives it")
    if isinstance(body, dict):
        body = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    if not isinstance(body, str) or not body:
        raise _Refused("body: must be a text or an object")
    try:
        return Mended(line.number, message_id, body, _check(body, feeder))
    except InvalidEvent as error:
        raise _Refused(f"body: {error}") from None


def _check(body: str, feeder: Feeder) -> Event | None:
    """Return the event that a topic's queue would be told of; check it for one behind the bus.

    Raises:
        InvalidEvent: the queue's consumer would refuse the body.
    """
    if feeder is Feeder.TOPIC:
        return event_from_body(body)
    if feeder is Feeder.BUS:
        event_from_delivery(body)
        if "detail" not in json.loads(body):
            raise InvalidEvent("detail", "is missing: this queue's bodies are the event bus's, with the event in them")
    return None
