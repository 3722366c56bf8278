"""Wires the notify function."""

import os
from collections.abc import Callable
from typing import Any

from patterns_async.adapters.dynamodb_claims import DynamoDBClaims
from patterns_async.adapters.dynamodb_suppressions import DynamoDBSuppressions
from patterns_async.adapters.held_mails import HeldMails
from patterns_async.adapters.ses_mailer import SesMailer
from patterns_async.application.notifications import Notifications
from patterns_async.bootstrap.receiving import PATTERN, make_receiver
from patterns_async.settings import NotifySettings, ReceiverSettings
from patterns_shared.adapters.aws_client import create_client
from patterns_shared.adapters.clock import utc_now
from patterns_shared.adapters.event_receiver import one_at_a_time
from patterns_shared.observability.logger import make_logger
from patterns_shared.observability.metrics import make_metrics

__all__ = ["bootstrap"]


def bootstrap() -> Callable[[dict[str, Any]], dict[str, Any]]:
    """Return the function's work.

    Raises:
        MissingSetting: naming the environment variable.
        InvalidSetting: naming the environment variable.
    """
    receiving = ReceiverSettings.from_environment(os.environ)
    settings = NotifySettings.from_environment(os.environ)
    tables = create_client("dynamodb")
    notifications = Notifications(
        DynamoDBClaims(tables, settings.table, lease=settings.claim_seconds),
        # One try: the client would repeat a call whose answer was lost, and with it the mail.
        SesMailer(create_client("ses", read_timeout=5.0, max_attempts=1), settings.sender, settings.configuration_set),
        DynamoDBSuppressions(tables, settings.suppressions_table),
        now=utc_now,
    )
    logger, queues = make_logger(PATTERN, receiving.stage), create_client("sqs")
    held = HeldMails(make_metrics(PATTERN, receiving.stage))
    receiver = make_receiver("notify", receiving, queues, logger=logger, after_batch=held.count)

    def handle_batch(batch: dict[str, Any]) -> dict[str, Any]:
        return receiver.receive(batch, one_at_a_time(notifications.notify))

    return handle_batch
