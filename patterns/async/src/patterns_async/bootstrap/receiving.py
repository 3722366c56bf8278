"""Wires what all receivers share: the dead letters, how long a failed message waits, the log, the metrics."""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Logger

from patterns_async.settings import ReceiverSettings
from patterns_shared.adapters.dead_letters import SqsDeadLetters
from patterns_shared.adapters.event_receiver import AfterBatch, Receiver
from patterns_shared.adapters.message_reports import Reporter
from patterns_shared.adapters.queue_visibility import QueueVisibility
from patterns_shared.adapters.sqs_batch import Message
from patterns_shared.observability.logger import make_logger
from patterns_shared.observability.metrics import make_metrics

if TYPE_CHECKING:  # the stubs exist for the type checker only
    from mypy_boto3_sqs import SQSClient

__all__ = ["PATTERN", "HandleBatch", "make_receiver"]

PATTERN = "async"
HandleBatch = Callable[[dict[str, Any]], dict[str, Any]]
"""Takes Lambda's event with a batch of messages, returns the partial batch response."""


def make_receiver(
    name: str,
    settings: ReceiverSettings,
    queues: "SQSClient",
    *,
    logger: Logger | None = None,
    after_batch: AfterBatch = lambda _: None,
) -> Receiver:
    """Return the receiver of this name; what it does with an event is told with each batch.

    Messages that failed for now are hidden until it is worth trying them again; then ``after_batch`` is called.
    """
    logger = logger or make_logger(PATTERN, settings.stage)
    visibility = QueueVisibility(queues, settings.queue_url, logger=logger)

    def hide_first(failed: Iterable[tuple[Message, Exception]]) -> None:
        failures = tuple(failed)
        visibility.hide(failures)
        after_batch(failures)

    reporter = Reporter(
        name,
        pattern=PATTERN,
        stage=settings.stage,
        logger=logger,
        metrics=make_metrics(PATTERN, settings.stage),
    )
    return Receiver(
        dead_letters=SqsDeadLetters(queues, settings.dead_letter_url),
        reporter=reporter,
        last_receive=settings.max_receives,
        after_batch=hide_first,
    )
