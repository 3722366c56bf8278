"""Wires the outcome function."""

import os
from collections.abc import Callable
from typing import Any

from patterns_shared.adapters.aws_client import create_client
from patterns_shared.adapters.dead_letters import SqsDeadLetters
from patterns_shared.adapters.dynamodb_orders import DynamoDBOrders
from patterns_shared.adapters.event_messages import event_from_delivery
from patterns_shared.adapters.event_receiver import Receiver, one_at_a_time
from patterns_shared.adapters.message_reports import Reporter
from patterns_shared.adapters.queue_visibility import QueueVisibility
from patterns_shared.observability.logger import make_logger
from patterns_shared.observability.metrics import make_metrics
from patterns_web_api.application.outcomes import Outcomes
from patterns_web_api.settings import OutcomeSettings

__all__ = ["bootstrap"]


def bootstrap() -> Callable[[dict[str, Any]], dict[str, Any]]:
    """Return the function's work.

    Raises:
        MissingSetting: naming the environment variable.
        InvalidSetting: naming the environment variable.
    """
    settings = OutcomeSettings.from_environment(os.environ)
    logger, queues = make_logger("web_api", settings.stage), create_client("sqs")
    outcomes = Outcomes(DynamoDBOrders(create_client("dynamodb"), settings.orders_table))
    receiver = Receiver(
        dead_letters=SqsDeadLetters(queues, settings.dead_letter_url),
        reporter=Reporter(
            "outcome",
            pattern="web_api",
            stage=settings.stage,
            logger=logger,
            metrics=make_metrics("web_api", settings.stage),
        ),
        last_receive=settings.max_receives,
        after_batch=QueueVisibility(queues, settings.queue_url, logger=logger).hide,
        read=event_from_delivery,
    )
    return lambda batch: receiver.receive(batch, one_at_a_time(outcomes.record))
