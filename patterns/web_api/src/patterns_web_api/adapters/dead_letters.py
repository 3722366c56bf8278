"""The dead-letter queue of the relay, in SQS."""

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from patterns_shared.adapters.client_errors import transient_as_unavailable

if TYPE_CHECKING:  # the stubs exist for the type checker only
    from mypy_boto3_sqs import SQSClient

__all__ = ["RelayDeadLetters"]

MAX_BYTES = 256 * 1024
"""What SQS takes for one message."""


class RelayDeadLetters:
    """Stores records that could not be read, with the reason."""

    def __init__(self, client: "SQSClient", queue_url: str) -> None:
        """Keep the client and the queue's address; nothing is called yet."""
        self._client = client
        self._queue_url = queue_url

    def send(self, record: Mapping[str, Any], reason: str) -> None:
        """Keep the record; one that is too large for a message is kept without its images, with its key."""
        body = json.dumps({"reason": reason, "record": record}, default=str)
        if len(body) > MAX_BYTES:
            stream = record.get("dynamodb")
            kept = {name: stream.get(name) for name in ("Keys", "SequenceNumber")} if isinstance(stream, dict) else {}
            body = json.dumps({"reason": f"{reason}; images left out", "record": {"dynamodb": kept}}, default=str)
        with transient_as_unavailable("relay dead-letter queue"):
            self._client.send_message(QueueUrl=self._queue_url, MessageBody=body)
