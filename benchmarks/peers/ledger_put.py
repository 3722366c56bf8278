"""Ledger peer 1: a bare loop with a conditional put for each message, as the Lambda developer guide shows a batch.

https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html: each message in a ``try``, those that
failed are named. No validation, no log, no metrics; the put's condition makes a duplicate a success.
"""

import json
import os
from contextlib import suppress

import boto3

from benchmarks.peers.ledger_item import item

dynamodb = boto3.client("dynamodb")
TABLE = os.environ["LEDGER_TABLE"]


def lambda_handler(event: dict, context: object) -> dict:  # noqa: ARG001 - Lambda passes it
    """Write the messages, one after the other."""
    failures = []
    for record in event["Records"]:
        try:
            put(item(json.loads(record["body"])))
        except Exception:  # noqa: BLE001 - as the guide has it
            failures.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failures}


def put(entry: dict) -> None:
    """Write an entry, unless its event has one."""
    with suppress(dynamodb.exceptions.ConditionalCheckFailedException):
        dynamodb.put_item(TableName=TABLE, Item=entry, ConditionExpression="attribute_not_exists(event_id)")
