"""A batch of SQS messages, of which each fails for itself alone.

The answer to Lambda is well formed by construction: it is made by walking over the messages that came, so it names
each at most once and no other. A malformed answer would make AWS deliver the whole batch again.
https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from patterns_shared.domain.errors import InvalidEvent, PermanentFailure, TemporarilyUnavailable

__all__ = [
    "UNEXPECTED_RECEIVES",
    "BatchFailed",
    "DeadLetters",
    "HandleBatch",
    "Message",
    "Report",
    "one_by_one",
    "process_batch",
]


@dataclass(frozen=True, slots=True)
class Message:
    """One message. ``receives`` counts how often it was received, this time included."""

    id: str
    body: str = field(repr=False)
    receipt_handle: str = field(repr=False, default="")
    receives: int = 1


UNEXPECTED_RECEIVES = 10
"""At every receive with a multiple of this number a failure that is not known to pass is given up: a missing grant, a
bug. A message that has waited for longer fails on until the next one."""

HandleBatch = Callable[[Sequence[Message]], Mapping[str, Exception]]
"""Handles messages and returns why some failed, by message id; a message without an entry is done."""


class BatchFailed(Exception):
    """The handler itself failed, so the state of single messages is unknown; all of them are received again."""


class DeadLetters(Protocol):
    """Where messages go that no later attempt can help."""

    def keep(self, message: Message, reason: str) -> None:
        """Keep the message with the reason; raises when it is not kept."""
        ...


class Report(Protocol):
    """Who is told of each message that failed."""

    def __call__(self, message: Message, error: Exception, *, dead_lettered: bool) -> None:
        """Note the failure; ``dead_lettered`` when the message does not come again by itself."""
        ...


def process_batch(
    event: Mapping[str, Any],
    handle: HandleBatch,
    *,
    dead_letters: DeadLetters,
    report: Report,
    last_receive: int | None = None,
) -> dict[str, Any]:
    """Handle the messages of a Lambda event and return the partial batch response.

    A permanent failure (InvalidEvent, PermanentFailure) is kept as a dead letter and counts as done. Any other
    failure leaves the message in the queue, except on its ``last_receive`` (the queue's maxReceiveCount): SQS would
    move it next, without a reason, so it is kept as a dead letter with one. What is not known to pass by itself is kept
    at every tenth receive: an outage may last, and a mistake should be seen. A message that cannot be kept comes again:
    a dead letter may be there twice, and is never lost.
    """
    messages = {message.id: message for message in map(_message, event["Records"])}
    failures = _run(handle, tuple(messages.values()))
    again: list[str] = []
    for message in messages.values():
        error = failures.get(message.id)
        if error is None:
            continue
        kept = _keep(dead_letters, message, _final_reason(error, message, last_receive))
        report(message, error, dead_lettered=kept)
        if not kept:
            again.append(message.id)
    return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in again]}


def one_by_one(handle: Callable[[Message], None]) -> HandleBatch:
    """Return a handler of batches that handles each message alone."""

    def handle_batch(messages: Sequence[Message]) -> dict[str, Exception]:
        failures: dict[str, Exception] = {}
        for message in messages:
            try:
                handle(message)
            except Exception as error:  # noqa: BLE001 - whatever it is, it is this message's alone
                failures[message.id] = error
        return failures

    return handle_batch


def _message(record: Mapping[str, Any]) -> Message:
    return Message(
        id=record["messageId"],
        body=record["body"],
        receipt_handle=record.get("receiptHandle", ""),
        receives=int(record.get("attributes", {}).get("ApproximateReceiveCount", 1)),
    )


def _run(handle: HandleBatch, messages: Sequence[Message]) -> Mapping[str, Exception]:
    try:
        return handle(messages)
    except TemporarilyUnavailable as error:
        return dict.fromkeys((message.id for message in messages), error)
    except Exception as error:  # noqa: BLE001 - one bad message must not decide what happens to the others
        failed = BatchFailed(f"the batch failed as a whole: {type(error).__name__}")
        failed.__cause__ = error
        return dict.fromkeys((message.id for message in messages), failed)


def _final_reason(error: Exception, message: Message, last_receive: int | None) -> str | None:
    """Return why the message should not come again, None when it should."""
    if isinstance(error, PermanentFailure) and error.detail:
        return f"{error}: {error.detail}"
    if isinstance(error, InvalidEvent | PermanentFailure):
        return str(error)
    if last_receive is None:
        return None
    # Receives that were waits do not count against an error that is seen for the first time, and nothing keeps count of
    # errors: so an unexpected one is given up at every tenth receive, not at each that comes after the tenth.
    unexpected = not isinstance(error, TemporarilyUnavailable)
    if message.receives >= last_receive or (unexpected and message.receives % UNEXPECTED_RECEIVES == 0):
        return f"given up after {message.receives} receives: {type(error).__name__}: {error}"
    return None


def _keep(dead_letters: DeadLetters, message: Message, reason: str | None) -> bool:
    if reason is None:
        return False
    try:
        dead_letters.keep(message, reason)
    except Exception:  # noqa: BLE001 - a message that is not kept must come again, whatever went wrong
        return False
    return True
