"""Wires the outcome function."""

import os

from patterns_shared.adapters.aws_client import create_client
from patterns_shared.adapters.dynamodb_orders import DynamoDBOrders
from patterns_shared.observability.logger import make_logger
from patterns_shared.observability.metrics import make_metrics
from patterns_web_api.adapters.outcome_messages import event_from_message
from patterns_web_api.application.outcome_batch import OutcomeBatch
from patterns_web_api.application.outcomes import Outcomes
from patterns_web_api.settings import OutcomeSettings

__all__ = ["bootstrap"]


def bootstrap() -> OutcomeBatch:
    """Return the use case.

    Raises:
        MissingSetting: naming the environment variable.
    """
    settings = OutcomeSettings.from_environment(os.environ)
    return OutcomeBatch(
        Outcomes(DynamoDBOrders(create_client("dynamodb"), settings.orders_table)),
        event_from_message,
        logger=make_logger("web_api", settings.stage),
        metrics=make_metrics("web_api", settings.stage),
    )
