"""Events to an EventBridge bus, in order, in the largest batches that one call takes."""

import json
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from patterns_shared.adapters.client_errors import error_code, transient_as_unavailable
from patterns_shared.adapters.event_batches import MAX_CALL_BYTES, Entry, Refusal, publish_in_batches
from patterns_shared.domain.event_codec import encode_event
from patterns_shared.domain.events import Event
from patterns_shared.ports import PublishFailure

if TYPE_CHECKING:  # the stubs exist for the type checker only
    from mypy_boto3_events import EventBridgeClient

__all__ = ["MAX_CALL_BYTES", "EventBridgePublisher"]

# https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEventsResultEntry.html lists both kinds.
_BAD_ENTRY = frozenset({"InvalidArgument", "MalformedDetail", "RedactionFailure"})
_NOT_ALLOWED = frozenset(
    {
        "AccessDeniedException",
        "InvalidAccountIdException",
        "NotAuthorizedForDetailTypeException",
        "NotAuthorizedForSourceException",
    }
)


class EventBridgePublisher:
    """Publishes to one bus under one source; single entries that fail are tried ``attempts`` times in all."""

    def __init__(
        self,
        client: "EventBridgeClient",
        source: str,
        bus_name: str = "default",
        *,
        attempts: int = 3,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """Keep the client and the names; nothing is called yet."""
        self._client = client
        self._source = source
        self._bus_name = bus_name
        self._attempts = attempts
        self._sleep = sleep

    def publish(self, events: Sequence[Event]) -> Sequence[PublishFailure]:
        """Publish in order; once a batch could not be delivered, later ones are not sent before it, but returned."""
        return publish_in_batches(map(self._entry, events), self._put, attempts=self._attempts, sleep=self._sleep)

    def _entry(self, event: Event) -> Entry:
        """Return the entry with its size as EventBridge counts it: source, detail type and detail in UTF-8."""
        detail = json.dumps(encode_event(event), ensure_ascii=False, separators=(",", ":"))
        return Entry(event, detail, sum(len(part.encode()) for part in (self._source, event.type.value, detail)))

    def _put(self, batch: Sequence[Entry]) -> list[Refusal | None]:
        try:
            return self._call(batch)
        except ClientError as error:
            code = error_code(error)
            if code != "ValidationException":
                raise
            if len(batch) == 1:
                return [Refusal(code, passing=False, retryable=False)]
            # One entry is at fault, and the others must not suffer for it.
            return [refusal for entry in batch for refusal in self._put([entry])]

    def _call(self, batch: Sequence[Entry]) -> list[Refusal | None]:
        with transient_as_unavailable("event bus"):
            answer = self._client.put_events(
                Entries=[
                    {
                        "EventBusName": self._bus_name,
                        "Source": self._source,
                        "DetailType": entry.event.type.value,
                        "Detail": entry.text,
                    }
                    for entry in batch
                ]
            )
        return [_refusal(result.get("ErrorCode")) for result in answer["Entries"]]


def _refusal(code: str | None) -> Refusal | None:
    if not code:
        return None
    return Refusal(code, passing=code not in _BAD_ENTRY | _NOT_ALLOWED, retryable=code not in _BAD_ENTRY)
