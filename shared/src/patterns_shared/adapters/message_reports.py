"""One JSON line and one count for each message, whatever became of it."""

import logging
import sys
from collections import Counter
from datetime import UTC, datetime

from aws_lambda_powertools import Logger
from aws_lambda_powertools.metrics import Metrics, MetricUnit

from patterns_shared.adapters.event_messages import identify
from patterns_shared.adapters.sqs_batch import Message
from patterns_shared.domain.errors import InvalidEvent, PermanentFailure, TemporarilyUnavailable
from patterns_shared.domain.events import Event
from patterns_shared.observability.logger import json_line
from patterns_shared.observability.trace_ids import trace_id_of

__all__ = ["Reporter"]

_MAX_REASON = 1000
"""Characters of a reason in the log: an event may claim to be of a type with very many."""
_EXPECTED = (InvalidEvent, PermanentFailure, TemporarilyUnavailable)


class Reporter:
    """Tells the log and the metrics what one receiver does."""

    def __init__(self, receiver: str, *, pattern: str, stage: str, logger: Logger, metrics: Metrics) -> None:
        """Take the receiver's name, which goes with every line and is a dimension of every count."""
        self._logger = logger
        self._metrics = metrics
        self._receiver = receiver
        self._keys = {"service": pattern, "pattern": pattern, "stage": stage, "receiver": receiver}
        self._counts: Counter[str] = Counter()

    def done(self, message_id: str, event: Event, outcome: str) -> None:
        """Note that a message is done.

        Written by hand in the logger's form: a call of the logger takes 70 µs, as long as reading and checking the
        event, and this is the line that every single message has.
        """
        self._counts[outcome] += 1
        if self._logger.log_level > logging.INFO:
            return
        line = json_line(
            {
                "level": "INFO",
                "message": outcome,
                "timestamp": datetime.now(UTC).isoformat(timespec="milliseconds"),
                **self._keys,
                "message_id": message_id,
                "event_id": event.id,
                "event_type": event.type.value,
                "order_id": event.order_id,
                "trace_id": trace_id_of(event.traceparent),
            }
        )
        sys.stdout.write(f"{line}\n")

    def failed(self, message: Message, error: Exception, *, dead_lettered: bool) -> None:
        """Note that a message failed: permanently, temporarily, or by an unexpected error, with its stack trace."""
        outcome = "dead_lettered" if dead_lettered else "failed"
        self._counts[outcome] += 1
        known = identify(message.body)
        traceparent = known.pop("traceparent", None)
        if traceparent:
            known["trace_id"] = trace_id_of(traceparent)
        extra = {
            "receiver": self._receiver,
            "message_id": message.id,
            "receives": message.receives,
            "reason": str(error)[:_MAX_REASON],
            **known,
        }
        if isinstance(error, _EXPECTED):
            note = self._logger.error if dead_lettered else self._logger.warning
            note(outcome, extra=extra)
        else:
            self._logger.error(outcome, extra=extra, exc_info=error)

    def flush(self) -> None:
        """Write the counts of this batch as metrics: ``MessagesBooked``, ``MessagesFailed`` and so on."""
        counts, self._counts = self._counts, Counter()
        for outcome, count in counts.items():
            name = "".join(part.capitalize() for part in outcome.split("_"))
            self._metrics.add_metric(name=f"Messages{name}", unit=MetricUnit.Count, value=count)
        if counts:
            self._metrics.add_dimension(name="receiver", value=self._receiver)
            self._metrics.flush_metrics()
