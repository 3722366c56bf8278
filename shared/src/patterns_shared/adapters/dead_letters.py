"""Messages that no later attempt can help, put into a dead-letter queue with the reason."""

import re
from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

from patterns_shared.adapters.clock import utc_now
from patterns_shared.adapters.sqs_batch import Message

if TYPE_CHECKING:  # the stubs exist for the type checker only
    from mypy_boto3_sqs import SQSClient

__all__ = ["MAX_REASON_BYTES", "SqsDeadLetters"]

MAX_REASON_BYTES = 1024
"""Bytes of a reason, in UTF-8; a longer one is cut."""

# What SQS takes in a text: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html
_NOT_TAKEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class SqsDeadLetters:
    """Sends messages to one queue: the body unchanged, with the attributes ``reason`` and ``failed_at``."""

    def __init__(self, client: "SQSClient", queue_url: str, *, now: Callable[[], datetime] = utc_now) -> None:
        """Keep the client and the queue's URL; nothing is called yet."""
        self._client = client
        self._queue_url = queue_url
        self._now = now

    def keep(self, message: Message, reason: str) -> None:
        """Keep the message; raises botocore's error when the queue does not take it."""
        self._client.send_message(
            QueueUrl=self._queue_url,
            MessageBody=message.body,
            MessageAttributes={
                "reason": {"DataType": "String", "StringValue": _cut(reason)},
                "failed_at": {"DataType": "String", "StringValue": self._now().isoformat()},
            },
        )


def _cut(reason: str) -> str:
    taken = _NOT_TAKEN.sub("�", reason) or "no reason given"
    return taken.encode()[:MAX_REASON_BYTES].decode(errors="ignore")
