"""The worker's use case behind a batch of messages: what the function, the task and the machine have in common."""

from collections.abc import Callable, Mapping
from typing import Any

from patterns_k8s.worker.fulfilment import Fulfilment
from patterns_shared.adapters.aws_client import create_client
from patterns_shared.adapters.dead_letters import SqsDeadLetters
from patterns_shared.adapters.event_messages import event_from_delivery
from patterns_shared.adapters.event_receiver import Receiver
from patterns_shared.adapters.message_reports import Reporter
from patterns_shared.adapters.sns import SnsPublisher
from patterns_shared.environment import text, whole
from patterns_shared.observability.logger import make_logger
from patterns_shared.observability.metrics import make_metrics

__all__ = ["HandleBatch", "bootstrap"]

PATTERN = "k8s"
HandleBatch = Callable[[Mapping[str, Any]], dict[str, Any]]
"""Takes a Lambda event of messages, and returns those that failed."""


def bootstrap(environment: Mapping[str, str]) -> HandleBatch:
    """Return what decides the orders of a batch and publishes the outcomes.

    Raises:
        MissingSetting: naming the environment variable.
    """
    stage = text(environment, "STAGE")
    logger, metrics = make_logger(PATTERN, stage), make_metrics(PATTERN, stage)
    fulfilment = Fulfilment(SnsPublisher(create_client("sns"), text(environment, "TOPIC_ARN")))
    receiver = Receiver(
        dead_letters=SqsDeadLetters(create_client("sqs"), text(environment, "DEAD_LETTER_URL")),
        reporter=Reporter("fulfilment", pattern=PATTERN, stage=stage, logger=logger, metrics=metrics),
        last_receive=whole(environment, "MAX_RECEIVES", 10),
        read=event_from_delivery,
    )
    return lambda batch: receiver.receive(batch, fulfilment)
