"""A batch of outcome messages: each is recorded by itself, so that a bad one costs only itself."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.metrics import Metrics, MetricUnit

from patterns_shared.domain.errors import ShopError
from patterns_shared.domain.events import Event
from patterns_shared.observability.tracing import TraceContext
from patterns_web_api.application.outcomes import Outcomes

__all__ = ["Message", "OutcomeBatch"]

Message = Mapping[str, Any]


class OutcomeBatch:
    """Records messages one by one."""

    def __init__(
        self, outcomes: Outcomes, read: Callable[[Message], Event], *, logger: Logger, metrics: Metrics
    ) -> None:
        """Take the use case, and ``read``, which raises InvalidEvent for a message that it cannot read."""
        self._outcomes = outcomes
        self._read = read
        self._logger = logger
        self._metrics = metrics

    def record_all(self, messages: Iterable[Message]) -> list[str]:
        """Record the outcomes, and return the ids of the messages that must come again."""
        failed = [message["messageId"] for message in messages if not self._record(message)]
        self._metrics.add_metric(name="OutcomeFailures", unit=MetricUnit.Count, value=len(failed))
        self._metrics.flush_metrics()
        return failed

    def _record(self, message: Message) -> bool:
        fields: dict[str, object] = {"message_id": message["messageId"]}
        try:
            event = self._read(message)
            trace = TraceContext.from_traceparent(event.traceparent)
            fields |= {"event_id": event.id, "order_id": event.order_id, "trace_id": trace.trace_id}
            recorded = self._outcomes.record(event)
        except ShopError as error:
            # The queue tries again, and sets the message aside when that does not help.
            self._logger.warning("not_recorded", extra={**fields, "reason": str(error)})
            return False
        self._metrics.add_metric(name=recorded.value, unit=MetricUnit.Count, value=1)
        self._logger.info("recorded", extra={**fields, "result": recorded.value})
        return True
