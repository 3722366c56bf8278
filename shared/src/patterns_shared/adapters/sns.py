"""Events to an SNS topic, with the attributes that its subscriptions filter on."""

import time
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from patterns_shared.adapters.client_errors import transient_as_unavailable
from patterns_shared.adapters.event_batches import Entry, Refusal, publish_in_batches
from patterns_shared.adapters.event_messages import event_to_body
from patterns_shared.domain.events import Event
from patterns_shared.ports import PublishFailure

if TYPE_CHECKING:  # the stubs exist for the type checker only
    from mypy_boto3_sns import SNSClient

__all__ = ["MAX_ATTRIBUTES", "Attributes", "SnsPublisher", "attributes_of"]

Attributes = Mapping[str, Mapping[str, Any]]
"""Message attributes as SNS takes them: name to ``DataType`` and ``StringValue`` or ``BinaryValue``."""
MAX_ATTRIBUTES = 10
"""Message attributes with raw delivery to SQS, which takes no more: SNS accepts such a message and drops it.
https://docs.aws.amazon.com/sns/latest/dg/sns-large-payload-raw-message-delivery.html"""

# https://docs.aws.amazon.com/sns/latest/api/CommonErrors.html: the entry is at fault, no retry helps.
_BAD_ENTRY = frozenset({"InvalidParameter", "InvalidParameterValue", "ParameterValueInvalid", "ValidationError"})
_NOT_ALLOWED = frozenset({"AccessDenied", "AuthorizationError", "InvalidSecurity", "KMSAccessDenied"})


class SnsPublisher:
    """Publishes to one topic; single entries that fail are tried ``attempts`` times in all.

    A standard topic keeps no order: batches leave in order, and consumers compare ``order_version``.
    """

    def __init__(
        self,
        client: "SNSClient",
        topic_arn: str,
        *,
        attributes: "Callable[[Event], Attributes] | None" = None,
        attempts: int = 3,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """Keep the client and the topic; nothing is called yet. ``attributes`` are `attributes_of` unless given."""
        self._client = client
        self._attributes = attributes or attributes_of
        self._topic_arn = topic_arn
        self._attempts = attempts
        self._sleep = sleep

    def publish(self, events: Sequence[Event]) -> Sequence[PublishFailure]:
        """Publish in batches; once a batch could not be delivered, later ones are not sent before it, but returned."""
        return publish_in_batches(map(self._entry, events), self._put, attempts=self._attempts, sleep=self._sleep)

    def _put(self, batch: Sequence[Entry]) -> list[Refusal | None]:
        entries: list[Any] = [
            {"Id": str(n), "Message": entry.text, "MessageAttributes": self._attributes(entry.event)}
            for n, entry in enumerate(batch)
        ]
        with transient_as_unavailable("topic"):
            answer = self._client.publish_batch(TopicArn=self._topic_arn, PublishBatchRequestEntries=entries)
        refused = {failed["Id"]: failed["Code"] for failed in answer.get("Failed", ())}
        return [_refusal(refused[entry["Id"]]) if entry["Id"] in refused else None for entry in entries]

    def _entry(self, event: Event) -> Entry:
        text = event_to_body(event)
        attributes = self._attributes(event)
        size = sum(len(part) for name, value in attributes.items() for part in (name, *value.values()))
        fault = ""
        if len(attributes) > MAX_ATTRIBUTES:
            fault = f"{len(attributes)} message attributes are over the limit of {MAX_ATTRIBUTES} with raw delivery"
        return Entry(event, text, size + len(text.encode()), fault)


def attributes_of(event: Event) -> dict[str, Mapping[str, str]]:
    """Return the message attributes of the event: ``type`` and ``schema_version``."""
    return {
        "type": {"DataType": "String", "StringValue": event.type.value},
        "schema_version": {"DataType": "Number", "StringValue": str(event.schema_version)},
    }


def _refusal(code: str) -> Refusal:
    return Refusal(code, passing=code not in _BAD_ENTRY | _NOT_ALLOWED, retryable=code not in _BAD_ENTRY)
