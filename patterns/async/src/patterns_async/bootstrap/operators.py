"""Wires the operators function."""

import os
from typing import Any

from patterns_async.adapters.sns_notices import SnsNotices
from patterns_async.application.operator_notices import notify_operators
from patterns_async.bootstrap.receiving import HandleBatch, make_receiver
from patterns_async.settings import OperatorsSettings, ReceiverSettings
from patterns_shared.adapters.aws_client import create_client
from patterns_shared.adapters.event_receiver import one_at_a_time

__all__ = ["bootstrap"]


def bootstrap() -> HandleBatch:
    """Return the function's work.

    Raises:
        MissingSetting: naming the environment variable.
        InvalidSetting: naming the environment variable.
    """
    receiving = ReceiverSettings.from_environment(os.environ)
    notices = SnsNotices(create_client("sns"), OperatorsSettings.from_environment(os.environ).topic_arn)
    receiver = make_receiver("operators", receiving, create_client("sqs"))

    def handle_batch(batch: dict[str, Any]) -> dict[str, Any]:
        return receiver.receive(batch, one_at_a_time(lambda event: notify_operators(event, notices)))

    return handle_batch
