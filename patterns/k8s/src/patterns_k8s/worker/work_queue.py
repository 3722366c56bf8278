"""The fulfilment queue on SQS: received from, deleted from, hidden longer, and given back."""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from patterns_shared.adapters.client_errors import error_code, transient_as_unavailable
from patterns_shared.domain.errors import TemporarilyUnavailable

if TYPE_CHECKING:  # the stubs exist for the type checker only
    from aws_lambda_powertools import Logger
    from mypy_boto3_sqs import SQSClient

__all__ = ["NoDeadLetterQueue", "QueueTraits", "Record", "WorkQueue", "read_traits"]

_MAX_ENTRIES = 10
_GONE = frozenset({"InvalidParameterValue", "ReceiptHandleIsInvalid", "AWS.SimpleQueueService.MessageNotInflight"})

Record = dict[str, Any]
"""A message as Lambda would hand it to a function, so that the same receiver reads it."""


class NoDeadLetterQueue(Exception):
    """The queue has no dead-letter queue, so a poison message would come again for ever."""


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueTraits:
    """How the queue treats a message.

    Attributes:
        visibility: seconds that a received message is hidden.
        max_receives: receives after which SQS would move it.
        dead_letter_url: where to.
    """

    visibility: int
    max_receives: int
    dead_letter_url: str


def read_traits(client: "SQSClient", queue_url: str) -> QueueTraits:
    """Return what the queue says of itself, so that no setting can contradict it.

    Raises:
        NoDeadLetterQueue: it has none.
    """
    answer = client.get_queue_attributes(QueueUrl=queue_url, AttributeNames=["VisibilityTimeout", "RedrivePolicy"])
    attributes = answer.get("Attributes", {})
    if "RedrivePolicy" not in attributes:
        raise NoDeadLetterQueue(f"{queue_url} has no dead-letter queue")
    policy = json.loads(attributes["RedrivePolicy"])
    name = policy["deadLetterTargetArn"].rpartition(":")[2]
    return QueueTraits(
        visibility=int(attributes["VisibilityTimeout"]),
        max_receives=int(policy["maxReceiveCount"]),
        dead_letter_url=client.get_queue_url(QueueName=name)["QueueUrl"],
    )


class WorkQueue:
    """One queue. What fails for single messages is logged and no more: they come again, later, and are not lost."""

    def __init__(self, client: "SQSClient", queue_url: str, *, logger: "Logger") -> None:
        """Keep the client and the queue's URL; nothing is called yet."""
        self._client = client
        self._queue_url = queue_url
        self._logger = logger

    def receive(self, limit: int, *, wait_seconds: int) -> list[Record]:
        """Return up to ``limit`` messages, at most ten, as soon as there is one.

        Raises:
            TemporarilyUnavailable: the queue is throttled or down.
        """
        with transient_as_unavailable("queue"):
            answer = self._client.receive_message(
                QueueUrl=self._queue_url,
                MaxNumberOfMessages=min(limit, _MAX_ENTRIES),
                WaitTimeSeconds=wait_seconds,
                MessageSystemAttributeNames=["ApproximateReceiveCount"],
            )
        return [
            {
                "messageId": message["MessageId"],
                "body": message["Body"],
                "receiptHandle": message["ReceiptHandle"],
                "attributes": message.get("Attributes", {}),
            }
            for message in answer.get("Messages", ())
        ]

    def delete(self, receipts: Iterable[str]) -> None:
        """Delete the messages with these receipts."""
        self._change("not_deleted", self._client.delete_message_batch, ({"ReceiptHandle": each} for each in receipts))

    def hide(self, receipts: Iterable[tuple[str, int]]) -> None:
        """Hide the messages with these receipts for so many seconds from now; 0 gives a message back at once."""
        self._change(
            "not_hidden",
            self._client.change_message_visibility_batch,
            ({"ReceiptHandle": receipt, "VisibilityTimeout": seconds} for receipt, seconds in receipts),
        )

    def _change(self, failed: str, call: Any, entries: Iterable[dict[str, Any]]) -> None:  # noqa: ANN401 - botocore's method
        for batch in _batches(entries):
            numbered = [{"Id": str(n), **entry} for n, entry in enumerate(batch)]
            try:
                with transient_as_unavailable("queue"):
                    answer = call(QueueUrl=self._queue_url, Entries=numbered)
            except (TemporarilyUnavailable, ClientError) as error:
                self._note(failed, error_code(error) if isinstance(error, ClientError) else str(error), len(batch))
                continue
            for refused in answer.get("Failed", ()):
                self._note(failed, refused["Code"], 1)

    def _note(self, failed: str, reason: str, messages: int) -> None:
        # A receipt runs out when its message was done or given back meanwhile: nothing is left to do about it.
        note = self._logger.info if reason in _GONE else self._logger.warning
        note(failed, extra={"messages": messages, "reason": reason})


def _batches(entries: Iterable[dict[str, Any]]) -> Iterator[Sequence[dict[str, Any]]]:
    rest = iter(entries)
    while batch := list(islice(rest, _MAX_ENTRIES)):
        yield batch
