"""Sending copies of messages, each of which fails for itself alone."""

import random
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ClientError

from patterns_deploy.place import AwsClient
from patterns_shared.adapters.client_errors import error_code

__all__ = ["Copy", "send_copies"]

_MOST_BYTES = 256 * 1024
"""Bytes of one call: SQS has taken a megabyte since 2025, and other implementations take this much."""
_MOST_ENTRIES = 10
_ATTEMPTS = 3
_FIRST_PAUSE = 0.2

# The message is at fault, not the call: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/
_AT_FAULT = frozenset(
    {
        "AWS.SimpleQueueService.BatchRequestTooLong",
        "BatchRequestTooLong",
        "InvalidAttributeValue",
        "InvalidMessageContents",
        "InvalidParameterValue",
    }
)


@dataclass(frozen=True, slots=True)
class Copy:
    """What is sent: a body, and message attributes as boto3 takes them."""

    body: str = field(repr=False)
    attributes: Mapping[str, Mapping[str, Any]]

    @property
    def size(self) -> int:
        """Bytes as SQS counts them: body, and names, types and values of attributes."""
        parts = (part for name, value in self.attributes.items() for part in (name, *value.values()))
        values = sum(len(part.encode() if isinstance(part, str) else part) for part in parts)
        return len(self.body.encode("utf-8", "surrogatepass")) + values


def send_copies(
    sqs: AwsClient, url: str, copies: Mapping[str, Copy], *, sleep: Callable[[float], None] = time.sleep
) -> dict[str, str]:
    """Send the copies and return why some were refused, by their keys; SQS has acknowledged all others.

    What fails for a passing reason is tried three times.

    Raises:
        ClientError: the queue takes nothing from us; copies of earlier calls may have arrived.
        BotoCoreError: SQS cannot be reached; copies of this call may have arrived.
    """
    refused: dict[str, str] = {}
    waiting = dict(copies)
    for attempt in range(1, _ATTEMPTS + 1):
        again: dict[str, str] = {}
        for call in _calls(waiting):
            for key, (reason, passing) in _send(sqs, url, call).items():
                (again if passing else refused)[key] = reason
        if not again or attempt == _ATTEMPTS:
            return refused | again
        waiting = {key: copies[key] for key in again}
        sleep(random.uniform(0, _FIRST_PAUSE * 2**attempt))
    return refused


def _calls(copies: Mapping[str, Copy]) -> Iterator[dict[str, Copy]]:
    call: dict[str, Copy] = {}
    size = 0
    for key, copy in copies.items():
        if call and (len(call) == _MOST_ENTRIES or size + copy.size > _MOST_BYTES):
            yield call
            call, size = {}, 0
        call[key] = copy
        size += copy.size
    if call:
        yield call


def _send(sqs: AwsClient, url: str, call: Mapping[str, Copy]) -> dict[str, tuple[str, bool]]:
    """Make one call and return, for each copy that was not acknowledged, why, and whether that may pass."""
    keys = list(call)
    entries = [
        {"Id": str(n), "MessageBody": call[key].body, "MessageAttributes": call[key].attributes}
        for n, key in enumerate(keys)
    ]
    try:
        answer = sqs.send_message_batch(QueueUrl=url, Entries=entries)
    except ClientError as error:
        if error_code(error) not in _AT_FAULT:
            raise
        if len(keys) == 1:
            return {keys[0]: (error_code(error), False)}
        # One of them spoils the call for all: found by sending each alone.
        return {key: why for alone in keys for key, why in _send(sqs, url, {alone: call[alone]}).items()}
    taken = {keys[int(done["Id"])] for done in answer.get("Successful", ())}
    failed = {keys[int(x["Id"])]: (str(x["Code"]), not x["SenderFault"]) for x in answer.get("Failed", ())}
    return {key: failed.get(key, ("not acknowledged", True)) for key in keys if key not in taken}
