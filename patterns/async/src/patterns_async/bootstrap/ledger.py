"""Wires the ledger function."""

import os
from typing import Any

from patterns_async.adapters.dynamodb_ledger import DynamoDBLedger
from patterns_async.application.books import Ledger, book
from patterns_async.bootstrap.receiving import HandleBatch, make_receiver
from patterns_async.settings import LedgerSettings, ReceiverSettings
from patterns_shared.adapters.aws_client import create_client
from patterns_shared.adapters.event_receiver import Receiver

__all__ = ["HandleBatch", "bootstrap", "handle_batch_with"]


def bootstrap() -> HandleBatch:
    """Return the function's work.

    Raises:
        MissingSetting: naming the environment variable.
        InvalidSetting: naming the environment variable.
    """
    settings = ReceiverSettings.from_environment(os.environ)
    # Eight parameters an entry, 25 entries a request: botocore's own look at them would be a quarter of the work.
    client = create_client("dynamodb", checks_parameters=False)
    ledger = DynamoDBLedger(client, LedgerSettings.from_environment(os.environ).table)
    return handle_batch_with(ledger, make_receiver("ledger", settings, create_client("sqs")))


def handle_batch_with(ledger: Ledger, receiver: Receiver) -> HandleBatch:
    """Return the function's work on this ledger, whatever keeps it."""

    def handle_batch(batch: dict[str, Any]) -> dict[str, Any]:
        return receiver.receive(batch, lambda events: book(events, ledger))

    return handle_batch
