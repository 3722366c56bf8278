"""Wires the partner function."""

import os
from collections.abc import Callable
from typing import Any

from patterns_async.adapters.circuit_log import circuit_log
from patterns_async.adapters.dynamodb_circuit import DynamoDBCircuit
from patterns_async.adapters.http_partner import HttpPartner
from patterns_async.adapters.partner_keys import PartnerKeys
from patterns_async.application.breaker import Breaker
from patterns_async.application.delivery import Delivery, Remaining
from patterns_async.bootstrap.receiving import PATTERN, make_receiver
from patterns_async.settings import PartnerSettings, ReceiverSettings
from patterns_shared.adapters.aws_client import create_client
from patterns_shared.adapters.event_receiver import one_at_a_time
from patterns_shared.adapters.secret import CachedSecret
from patterns_shared.observability.logger import make_logger

__all__ = ["bootstrap"]

_CIRCUIT = "partner"


def bootstrap() -> Callable[[dict[str, Any], Remaining], dict[str, Any]]:
    """Return the function's work: a batch, and how much time there is for it.

    Raises:
        MissingSetting: naming the environment variable.
        InvalidSetting: naming the environment variable.
    """
    receiving = ReceiverSettings.from_environment(os.environ)
    settings = PartnerSettings.from_environment(os.environ)
    logger = make_logger(PATTERN, receiving.stage)
    queues = create_client("sqs")
    # The circuit must not cost more time than the call that it saves.
    circuits = create_client("dynamodb", read_timeout=1.0, max_attempts=2)
    partner = HttpPartner(
        settings.url,
        PartnerKeys(lambda: CachedSecret(create_client("secretsmanager"), settings.secret_arn)),
        connect_timeout=settings.connect_timeout,
        read_timeout=settings.read_timeout,
    )
    delivery = Delivery(
        partner,
        Breaker(
            DynamoDBCircuit(circuits, settings.circuit_table, _CIRCUIT), settings.circuit, moved=circuit_log(logger)
        ),
        settings.retry,
    )
    receiver = make_receiver("partner", receiving, queues, logger=logger)

    def handle_batch(batch: dict[str, Any], remaining: Remaining) -> dict[str, Any]:
        return receiver.receive(batch, one_at_a_time(lambda event: delivery.deliver(event, remaining)))

    return handle_batch
