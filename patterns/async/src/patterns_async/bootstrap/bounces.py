"""Wires the bounces function."""

import os
from typing import Any

from aws_lambda_powertools.metrics import MetricUnit

from patterns_async.adapters.dynamodb_suppressions import DynamoDBSuppressions
from patterns_async.application.bounces import read_feedback, suppress
from patterns_async.bootstrap.receiving import PATTERN, HandleBatch
from patterns_async.settings import BouncesSettings, ReceiverSettings
from patterns_shared.adapters.aws_client import create_client
from patterns_shared.adapters.dead_letters import SqsDeadLetters
from patterns_shared.adapters.message_reports import Reporter
from patterns_shared.adapters.sqs_batch import Message, one_by_one, process_batch
from patterns_shared.observability.logger import make_logger
from patterns_shared.observability.metrics import make_metrics

__all__ = ["bootstrap"]


def bootstrap() -> HandleBatch:
    """Return the function's work.

    Raises:
        MissingSetting: naming the environment variable.
        InvalidSetting: naming the environment variable.
    """
    receiving = ReceiverSettings.from_environment(os.environ)
    suppressions = DynamoDBSuppressions(
        create_client("dynamodb"), BouncesSettings.from_environment(os.environ).suppressions_table
    )
    dead_letters = SqsDeadLetters(create_client("sqs"), receiving.dead_letter_url)
    logger, metrics = make_logger(PATTERN, receiving.stage), make_metrics(PATTERN, receiving.stage)
    reporter = Reporter("bounces", pattern=PATTERN, stage=receiving.stage, logger=logger, metrics=metrics)

    def handle_batch(batch: dict[str, Any]) -> dict[str, Any]:
        kept = 0

        def handle(message: Message) -> None:
            nonlocal kept
            feedback = read_feedback(message.body)
            addresses = suppress(feedback, suppressions)
            logger.info("feedback", extra={"reason": feedback.reason, "addresses": addresses, "message_id": message.id})
            kept += addresses

        answer = process_batch(
            batch,
            one_by_one(handle),
            dead_letters=dead_letters,
            report=reporter.failed,
            last_receive=receiving.max_receives,
        )
        if kept:
            metrics.add_metric(name="AddressesSuppressed", unit=MetricUnit.Count, value=kept)
            metrics.flush_metrics()
        reporter.flush()
        return answer

    return handle_batch
