"""Wires what all receivers share: the dead letters, the log, the metrics."""

from typing import TYPE_CHECKING

from aws_lambda_powertools import Logger

from patterns_async.settings import ReceiverSettings
from patterns_shared.adapters.dead_letters import SqsDeadLetters
from patterns_shared.adapters.event_receiver import AfterBatch, Receiver
from patterns_shared.adapters.message_reports import Reporter
from patterns_shared.observability.logger import make_logger
from patterns_shared.observability.metrics import make_metrics

if TYPE_CHECKING:  # the stubs exist for the type checker only
    from mypy_boto3_sqs import SQSClient

__all__ = ["PATTERN", "make_receiver"]

PATTERN = "async"


def make_receiver(
    name: str,
    settings: ReceiverSettings,
    queues: "SQSClient",
    *,
    logger: Logger | None = None,
    after_batch: AfterBatch = lambda _: None,
) -> Receiver:
    """Return the receiver of this name; what it does with an event is told with each batch."""
    reporter = Reporter(
        name,
        pattern=PATTERN,
        stage=settings.stage,
        logger=logger or make_logger(PATTERN, settings.stage),
        metrics=make_metrics(PATTERN, settings.stage),
    )
    return Receiver(
        dead_letters=SqsDeadLetters(queues, settings.dead_letter_url),
        reporter=reporter,
        last_receive=settings.max_receives,
        after_batch=after_batch,
    )
