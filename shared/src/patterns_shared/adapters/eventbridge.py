"""Events to an EventBridge bus, in order, in the largest batches that one call takes."""

import json
import random
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from patterns_shared.adapters.client_errors import transient_as_unavailable
from patterns_shared.domain.event_codec import encode_event
from patterns_shared.domain.events import Event
from patterns_shared.ports import PublishFailure

if TYPE_CHECKING:  # the stubs exist for the type checker only
    from mypy_boto3_events import EventBridgeClient

__all__ = ["MAX_CALL_BYTES", "MAX_CALL_ENTRIES", "EventBridgePublisher"]

MAX_CALL_ENTRIES = 10
"""Entries in one call."""
MAX_CALL_BYTES = 256 * 1024
"""Bytes of all entries of one call, as EventBridge counts them: source, detail type and detail in UTF-8."""

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
_FIRST_PAUSE = 0.1


@dataclass(frozen=True, slots=True)
class _Entry:
    event: Event
    detail: str
    size: int


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
        failures: list[PublishFailure] = []
        stopped = False
        for batch in _batches(self._sized(events, failures)):
            if stopped:
                failures += [PublishFailure(entry.event.id, "not sent: an earlier event failed") for entry in batch]
                continue
            refused = self._put(batch)
            failures += refused
            stopped = any(failure.retryable for failure in refused)
        return failures

    def _sized(self, events: Sequence[Event], too_large: list[PublishFailure]) -> Iterator[_Entry]:
        for event in events:
            detail = json.dumps(encode_event(event), ensure_ascii=False, separators=(",", ":"))
            size = sum(len(part.encode()) for part in (self._source, event.type.value, detail))
            if size > MAX_CALL_BYTES:
                reason = f"{size} bytes are over the bus's limit of {MAX_CALL_BYTES}"
                too_large.append(PublishFailure(event.id, reason, retryable=False))
            else:
                yield _Entry(event, detail, size)

    def _put(self, batch: list[_Entry]) -> list[PublishFailure]:
        """Put the entries, again those that fail for a passing reason, and return those that are left."""
        failures: list[PublishFailure] = []
        waiting = batch
        for attempt in range(1, self._attempts + 1):
            with transient_as_unavailable("event bus"):
                answer = self._client.put_events(
                    Entries=[
                        {
                            "EventBusName": self._bus_name,
                            "Source": self._source,
                            "DetailType": entry.event.type.value,
                            "Detail": entry.detail,
                        }
                        for entry in waiting
                    ]
                )
            again: list[_Entry] = []
            for entry, result in zip(waiting, answer["Entries"], strict=True):
                code = result.get("ErrorCode")
                if not code:
                    continue
                if attempt < self._attempts and code not in _BAD_ENTRY | _NOT_ALLOWED:
                    again.append(entry)
                else:
                    failures.append(PublishFailure(entry.event.id, code, retryable=code not in _BAD_ENTRY))
            if not again:
                break
            waiting = again
            # Full jitter: publishers that were throttled together do not come back together.
            self._sleep(random.uniform(0, _FIRST_PAUSE * 2**attempt))
        return failures


def _batches(entries: Iterator[_Entry]) -> Iterator[list[_Entry]]:
    batch: list[_Entry] = []
    size = 0
    for entry in entries:
        if batch and (len(batch) == MAX_CALL_ENTRIES or size + entry.size > MAX_CALL_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(entry)
        size += entry.size
    if batch:
        yield batch
