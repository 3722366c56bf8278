"""Wires the relay function."""

import os

from patterns_shared.adapters.aws_client import create_client
from patterns_shared.adapters.eventbridge import EventBridgePublisher
from patterns_shared.observability.logger import make_logger
from patterns_shared.observability.metrics import make_metrics
from patterns_web_api.adapters.dead_letters import RelayDeadLetters
from patterns_web_api.application.relay import Relay
from patterns_web_api.settings import RelaySettings

__all__ = ["bootstrap"]


def bootstrap() -> Relay:
    """Return the use case.

    Raises:
        MissingSetting: naming the environment variable.
    """
    settings = RelaySettings.from_environment(os.environ)
    return Relay(
        EventBridgePublisher(create_client("events"), settings.event_source),
        RelayDeadLetters(create_client("sqs"), settings.dead_letter_url),
        logger=make_logger("web_api", settings.stage),
        metrics=make_metrics("web_api", settings.stage),
    )
