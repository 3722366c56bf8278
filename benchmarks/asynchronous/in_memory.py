"""Our ledger function with a dictionary for its table: what it costs when nothing is asked of AWS."""

import os
from collections.abc import Mapping, Sequence
from typing import Any

from benchmarks.asynchronous.tables import BOOKS
from patterns_async.application.books import Booked, Entry
from patterns_async.bootstrap.ledger import handle_batch_with
from patterns_async.bootstrap.receiving import make_receiver
from patterns_async.settings import ReceiverSettings
from patterns_shared.adapters.aws_client import create_client

__all__ = ["lambda_handler"]


class _Ledger:
    """Keeps entries as they are."""

    @staticmethod
    def append(entries: Sequence[Entry]) -> Mapping[str, Booked | Exception]:
        """Keep the entries whose event has none yet."""
        results: dict[str, Booked | Exception] = {}
        for entry in entries:
            results[entry.event_id] = Booked.SEEN if entry.event_id in BOOKS else Booked.BOOKED
            BOOKS.setdefault(entry.event_id, entry)
        return results


_receiver = make_receiver("ledger", ReceiverSettings.from_environment(os.environ), create_client("sqs"))
_handle = handle_batch_with(_Ledger(), _receiver)


def lambda_handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Book a batch."""
    return _handle(event)
