"""Messages that failed for now, hidden in their queue until it is worth trying again.

Waiting in the queue costs nothing; every receive costs one of those that a message has before it is a dead letter. With
waits of up to five minutes, 300 receives last for twelve hours at least: see `least_seconds`.
"""

import random
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from aws_lambda_powertools import Logger
from botocore.exceptions import ClientError

from patterns_shared.adapters.client_errors import transient_as_unavailable
from patterns_shared.adapters.sqs_batch import Message
from patterns_shared.domain.errors import TemporarilyUnavailable

if TYPE_CHECKING:  # the stubs exist for the type checker only
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.type_defs import ChangeMessageVisibilityBatchRequestEntryTypeDef as Entry

__all__ = ["QueueVisibility", "least_seconds"]

_MAX_ENTRIES = 10
_LONGEST_WAIT = 11 * 3600
"""Seconds, within the twelve hours that SQS hides a message at most."""


class QueueVisibility:
    """Changes how long messages of one queue stay hidden."""

    def __init__(
        self,
        client: "SQSClient",
        queue_url: str,
        *,
        logger: Logger,
        jitter: Callable[[float, float], float] = random.uniform,
    ) -> None:
        """Keep the client and the queue's URL; nothing is called yet."""
        self._client = client
        self._queue_url = queue_url
        self._logger = logger
        self._jitter = jitter

    def hide(self, failed: Iterable[tuple[Message, Exception]]) -> None:
        """Hide the messages that may succeed later for as long as their error says.

        Without the change a message comes back after the queue's own visibility timeout: later, and not lost. So a
        change that fails is logged and no more.
        """
        entries: list[Entry] = [
            {"Id": str(n), "ReceiptHandle": message.receipt_handle, "VisibilityTimeout": self._wait(message, error)}
            for n, (message, error) in enumerate(failed)
            if isinstance(error, TemporarilyUnavailable)
        ]
        for start in range(0, len(entries), _MAX_ENTRIES):
            self._change(entries[start : start + _MAX_ENTRIES])

    def _change(self, entries: "list[Entry]") -> None:
        try:
            with transient_as_unavailable("queue"):
                answer = self._client.change_message_visibility_batch(QueueUrl=self._queue_url, Entries=entries)
        except (TemporarilyUnavailable, ClientError) as error:
            self._logger.warning("not_hidden", extra={"messages": len(entries), "reason": str(error)})
            return
        for refused in answer.get("Failed", ()):
            self._logger.warning("not_hidden", extra={"messages": 1, "reason": refused["Code"]})

    def _wait(self, message: Message, error: TemporarilyUnavailable) -> int:
        if not error.backs_off:
            # Nothing was tried: how often the message was received says nothing of when to try it.
            return min(error.retry_after, _LONGEST_WAIT)
        # A failure that keeps coming is tried less and less often; half of the wait is chance, so that messages that
        # failed together do not come back together.
        backoff = _backoff(message.receives, error.longest_backoff)
        return min(max(error.retry_after, round(self._jitter(backoff / 2, backoff))), _LONGEST_WAIT)


def least_seconds(receives: int, longest_backoff: int = TemporarilyUnavailable.longest_backoff) -> float:
    """Return how long an outage a message survives with so many receives, if chance halves each of its waits."""
    return sum(_backoff(receive, longest_backoff) / 2 for receive in range(1, receives))


def _backoff(receives: int, longest: int) -> int:
    return min(longest, 1 << min(receives, 16))
