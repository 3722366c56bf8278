"""Ledger peer 4: the bare loop with a dictionary for its table. The floor under any ledger in Python."""

import json

from benchmarks.asynchronous.tables import BOOKS
from benchmarks.peers.ledger_item import item


def lambda_handler(event: dict, context: object) -> dict:  # noqa: ARG001 - Lambda passes it
    """Keep the messages' entries."""
    failures = []
    for record in event["Records"]:
        try:
            entry = item(json.loads(record["body"]))
            BOOKS.setdefault(entry["event_id"]["S"], entry)
        except Exception:  # noqa: BLE001 - as in the others
            failures.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failures}
