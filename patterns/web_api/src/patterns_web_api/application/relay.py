"""The outbox's second half: changes of orders, read from the table's stream, go to the event bus.

At least once and in order: after a failure the stream is read again from there, and an event that goes out twice has
the same id. A record that cannot be read goes to a dead-letter queue, since it would hold up its shard for ever.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from aws_lambda_powertools import Logger
from aws_lambda_powertools.metrics import Metrics, MetricUnit

from patterns_shared.domain.errors import TemporarilyUnavailable
from patterns_shared.domain.events import Event
from patterns_shared.observability.tracing import TraceContext
from patterns_shared.ports import EventPublisher, PublishFailure

__all__ = ["Change", "DeadLetters", "Relay"]


@dataclass(frozen=True, slots=True)
class Change:
    """One record of the stream: an event, or the reason why it cannot be read, or neither if there is none to publish.

    ``position`` is where the stream would be read again; ``raw`` is the record as it came.
    """

    position: str
    event: Event | None
    malformed: str | None
    raw: Mapping[str, Any]


class DeadLetters(Protocol):
    """Where unreadable records are kept for a person to look at."""

    def send(self, record: Mapping[str, Any], reason: str) -> None:
        """Keep the record.

        Raises:
            TemporarilyUnavailable: it is not kept.
        """
        ...


class Relay:
    """Sends changes on."""

    def __init__(
        self, publisher: EventPublisher, dead_letters: DeadLetters, *, logger: Logger, metrics: Metrics
    ) -> None:
        """Take the ports."""
        self._publisher = publisher
        self._dead_letters = dead_letters
        self._logger = logger
        self._metrics = metrics

    def relay(self, changes: Sequence[Change]) -> str | None:
        """Send the changes on, and return the position of the first that failed, None when none did.

        What follows a failure may have gone out already; it goes out again with the same ids.
        """
        failures = self._publish([change.event for change in changes if change.event])
        try:
            return self._first_failed(changes, failures)
        finally:
            self._metrics.flush_metrics()

    def _first_failed(self, changes: Sequence[Change], failures: Mapping[str, PublishFailure]) -> str | None:
        for change in changes:
            failure = failures.get(change.event.id) if change.event else None
            if failure and failure.retryable:
                return change.position
            reason = failure.reason if failure else change.malformed
            if reason and not self._set_aside(change, reason):
                return change.position
        return None

    def _set_aside(self, change: Change, reason: str) -> bool:
        """Send the record to the dead-letter queue; return whether that has taken it."""
        fields = {"reason": reason, "position": change.position}
        try:
            self._dead_letters.send(change.raw, reason)
        except TemporarilyUnavailable as error:
            self._logger.warning("not_dead_lettered", extra={**fields, "error": str(error)})
            return False
        self._logger.error("dead_lettered", extra=fields)
        self._metrics.add_metric(name="RecordsDeadLettered", unit=MetricUnit.Count, value=1)
        return True

    def _publish(self, events: Sequence[Event]) -> Mapping[str, PublishFailure]:
        """Publish the events, and return what the bus did not take, by event id."""
        try:
            failures = {failure.event_id: failure for failure in self._publisher.publish(events)} if events else {}
        except TemporarilyUnavailable as error:
            failures = {event.id: PublishFailure(event.id, str(error)) for event in events}
        for event in events:
            fields = {
                "event_id": event.id,
                "event_type": event.type.value,
                "order_id": event.order_id,
                "trace_id": TraceContext.from_traceparent(event.traceparent).trace_id,
            }
            if event.id in failures:
                self._logger.warning("not_relayed", extra={**fields, "reason": failures[event.id].reason})
            else:
                self._logger.info("relayed", extra=fields)
        self._metrics.add_metric(name="EventsRelayed", unit=MetricUnit.Count, value=len(events) - len(failures))
        self._metrics.add_metric(name="RelayFailures", unit=MetricUnit.Count, value=len(failures))
        return failures
