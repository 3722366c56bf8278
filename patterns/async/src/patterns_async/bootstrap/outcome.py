"""Wires the outcome function."""

import os
from collections.abc import Callable
from typing import Any

from patterns_async.application.outcomes import forward
from patterns_async.bootstrap.receiving import make_receiver
from patterns_async.settings import OutcomeSettings, ReceiverSettings
from patterns_shared.adapters.aws_client import create_client
from patterns_shared.adapters.eventbridge import EventBridgePublisher

__all__ = ["bootstrap"]


def bootstrap() -> Callable[[dict[str, Any]], dict[str, Any]]:
    """Return the function's work.

    Raises:
        MissingSetting: naming the environment variable.
        InvalidSetting: naming the environment variable.
    """
    receiving = ReceiverSettings.from_environment(os.environ)
    settings = OutcomeSettings.from_environment(os.environ)
    publisher = EventBridgePublisher(create_client("events"), settings.event_source)
    receiver = make_receiver("outcome", receiving, create_client("sqs"))

    def handle_batch(batch: dict[str, Any]) -> dict[str, Any]:
        return receiver.receive(batch, lambda events: forward(events, publisher))

    return handle_batch
