"""Ledger peer 2: a bare loop that writes the whole batch in one request, as our ledger does.

The fastest loop that we know how to write: what is between it and ours is validation, the log line, metrics, and dead
letters with a reason. https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ql-reference.multiplestatements.batching.html
"""

import json
import os

import boto3

from benchmarks.peers.ledger_item import item

dynamodb = boto3.client("dynamodb")
ATTRIBUTES = ("event_id", "order_id", "order_version", "type", "amount", "currency", "occurred_at", "trace_id")
INSERT = f'INSERT INTO "{os.environ["LEDGER_TABLE"]}" VALUE {{{", ".join(f"{name!r}: ?" for name in ATTRIBUTES)}}}'


def lambda_handler(event: dict, context: object) -> dict:  # noqa: ARG001 - Lambda passes it
    """Write the messages, all at once; one that is not written is named, unless it is a duplicate."""
    failed, read, statements = [], [], []
    for record in event["Records"]:
        try:
            entry = item(json.loads(record["body"]))
        except (KeyError, ValueError):
            failed.append(record["messageId"])
            continue
        read.append(record["messageId"])
        statements.append({"Statement": INSERT, "Parameters": list(entry.values())})
    if statements:
        responses = dynamodb.batch_execute_statement(Statements=statements)["Responses"]
        failed += [
            message_id
            for message_id, response in zip(read, responses, strict=True)
            if response.get("Error", {}).get("Code", "DuplicateItem") != "DuplicateItem"
        ]
    return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in failed]}
