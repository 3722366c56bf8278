"""A queue and a topic in memory, which answer as SQS and SNS do: as far as the subjects ask them."""

import json
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from itertools import count
from typing import Any
from xml.sax.saxutils import escape

__all__ = ["FakeQueue", "FakeTopic", "Progress"]

Progress = Callable[[str, int], None]
"""Called with ``request``, ``published`` or ``deleted``, and how many there were, before the request is answered."""
_MOST = 10


class FakeQueue:
    """One queue without a visibility timeout: a received message is hidden until it is deleted or given back."""

    URL = "https://sqs.us-east-1.amazonaws.com/123456789012/fulfilment"
    DEAD_LETTERS = "https://sqs.us-east-1.amazonaws.com/123456789012/dead-letters"

    def __init__(self, progress: Progress) -> None:
        """Begin empty."""
        self._progress = progress
        self._changed = threading.Condition()
        self._waiting: deque[str] = deque()
        self._hidden: dict[str, str] = {}
        self._receipts = count(1)
        self.deleted = 0
        self.dead_letters: list[str] = []

    def put(self, bodies: Iterable[str]) -> None:
        """Add messages."""
        with self._changed:
            self._waiting.extend(bodies)
            self._changed.notify_all()

    def wait_deleted(self, total: int, *, seconds: float) -> bool:
        """Wait until so many messages are deleted, and return whether they are."""
        with self._changed:
            return self._changed.wait_for(lambda: self.deleted >= total, timeout=seconds)

    def answer(self, operation: str, asked: Mapping[str, Any]) -> dict[str, Any]:
        """Answer an operation of SQS's JSON protocol."""
        answers: dict[str, Callable[[Mapping[str, Any]], dict[str, Any]]] = {
            "ReceiveMessage": self._receive,
            "DeleteMessageBatch": self._delete,
            "ChangeMessageVisibilityBatch": self._hide,
            "SendMessage": self._dead_letter,
            "GetQueueAttributes": lambda _: {
                "Attributes": {
                    "VisibilityTimeout": "30",
                    "RedrivePolicy": json.dumps(
                        {"deadLetterTargetArn": "arn:aws:sqs:us-east-1:123456789012:dead-letters", "maxReceiveCount": 5}
                    ),
                }
            },
            "GetQueueUrl": lambda _: {"QueueUrl": self.DEAD_LETTERS},
        }
        return answers[operation](asked)

    def _receive(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        until = time.monotonic() + asked.get("WaitTimeSeconds", 0)
        with self._changed:
            self._changed.wait_for(lambda: bool(self._waiting), timeout=max(0.0, until - time.monotonic()))
            taken = [self._waiting.popleft() for _ in range(min(len(self._waiting), asked["MaxNumberOfMessages"]))]
            received = {f"receipt-{next(self._receipts)}": body for body in taken}
            self._hidden |= received
        return {
            "Messages": [
                {
                    "MessageId": receipt.replace("receipt", "message"),
                    "ReceiptHandle": receipt,
                    "Body": body,
                    "Attributes": {"ApproximateReceiveCount": "1"},
                }
                for receipt, body in received.items()
            ]
        }

    def _delete(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        entries = asked["Entries"]
        assert len(entries) <= _MOST
        with self._changed:
            for entry in entries:
                del self._hidden[entry["ReceiptHandle"]]
            self.deleted += len(entries)
            self._progress("deleted", self.deleted)
            self._changed.notify_all()
        return {"Successful": [{"Id": entry["Id"]} for entry in entries], "Failed": []}

    def _hide(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        entries = asked["Entries"]
        given_back = [entry["ReceiptHandle"] for entry in entries if not entry["VisibilityTimeout"]]
        with self._changed:
            self._waiting.extend(self._hidden.pop(receipt) for receipt in given_back if receipt in self._hidden)
            self._changed.notify_all()
        return {"Successful": [{"Id": entry["Id"]} for entry in entries], "Failed": []}

    def _dead_letter(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        self.dead_letters.append(asked["MessageBody"])
        return {"MessageId": "dead-letter", "MD5OfMessageBody": ""}


class FakeTopic:
    """One topic that remembers what was published."""

    ARN = "arn:aws:sns:us-east-1:123456789012:order-events"

    def __init__(self, progress: Progress) -> None:
        """Begin with nothing."""
        self._progress = progress
        self._lock = threading.Lock()
        self.published: list[str] = []

    def answer(self, operation: str, asked: Mapping[str, str]) -> str:
        """Answer an operation of SNS's query protocol."""
        assert operation == "PublishBatch", operation
        ids: list[str] = []
        entry = "PublishBatchRequestEntries.member."
        while (name := f"{entry}{len(ids) + 1}") + ".Id" in asked:
            ids.append(asked[f"{name}.Id"])
        assert 0 < len(ids) <= _MOST
        with self._lock:
            self.published += [asked[f"{entry}{number}.Message"] for number in range(1, len(ids) + 1)]
            self._progress("published", len(self.published))
        members = "".join(f"<member><Id>{escape(each)}</Id><MessageId>{each}</MessageId></member>" for each in ids)
        return (
            '<PublishBatchResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><PublishBatchResult>'
            f"<Successful>{members}</Successful><Failed/></PublishBatchResult>"
            "<ResponseMetadata><RequestId>1</RequestId></ResponseMetadata></PublishBatchResponse>"
        )
