"""Single requests that a role may or may not make."""

import json
from collections.abc import Callable
from typing import Any

from tests.roles import Call

__all__ = [
    "CLAIM",
    "TABLE",
    "Client",
    "change_secret",
    "delete",
    "describe",
    "put",
    "put_event",
    "put_rule",
    "query_index",
    "query_table",
    "read",
    "receive",
    "scan",
    "scan_index",
    "secret",
    "send",
    "transact",
    "update",
]

Client = Callable[[str], Any]
TABLE = "patterns-local-orders"
BUS = {"Source": "patterns.local", "DetailType": "Probe", "Detail": "{}"}
CLAIM = {"pk": {"S": "IDEMPOTENCY#probe#1"}}
"""An item that the relay passes by."""
KEY = {"pk": {"S": "IDEMPOTENCY#probe#2"}}


def put(client: Client) -> None:
    """Write an item."""
    client("dynamodb").put_item(TableName=TABLE, Item=CLAIM)


def transact(client: Client) -> None:
    """Write two items in one transaction."""
    puts = [{"Put": {"TableName": TABLE, "Item": item}} for item in (CLAIM, KEY)]
    client("dynamodb").transact_write_items(TransactItems=puts)


def update(client: Client) -> None:
    """Change an item."""
    client("dynamodb").update_item(
        TableName=TABLE,
        Key=CLAIM,
        UpdateExpression="SET seen = :yes",
        ExpressionAttributeValues={":yes": {"BOOL": True}},
    )


def read(client: Client) -> None:
    """Read an item."""
    client("dynamodb").get_item(TableName=TABLE, Key=CLAIM, ConsistentRead=True)


def delete(client: Client) -> None:
    """Delete an item."""
    client("dynamodb").delete_item(TableName=TABLE, Key=KEY)


def scan(client: Client) -> None:
    """Read the whole table."""
    client("dynamodb").scan(TableName=TABLE, Limit=1)


def scan_index(client: Client) -> None:
    """Read a whole index."""
    client("dynamodb").scan(TableName=TABLE, IndexName="by_customer", Limit=1)


def query_index(name: str, attribute: str) -> Call:
    """Query an index."""
    return lambda client: client("dynamodb").query(
        TableName=TABLE,
        IndexName=name,
        KeyConditionExpression=f"{attribute} = :x",
        ExpressionAttributeValues={":x": {"S": "probe"}},
    )


def query_table(client: Client) -> None:
    """Query the table itself."""
    client("dynamodb").query(
        TableName=TABLE, KeyConditionExpression="pk = :x", ExpressionAttributeValues={":x": {"S": "probe"}}
    )


def describe(client: Client) -> None:
    """Ask about the table."""
    client("dynamodb").describe_table(TableName=TABLE)


def put_event(client: Client) -> None:
    """Put an event on the bus."""
    assert client("events").put_events(Entries=[BUS])["FailedEntryCount"] == 0


def put_rule(client: Client) -> None:
    """Make a rule that copies every event."""
    client("events").put_rule(Name="probe", EventPattern=json.dumps({"source": ["probe"]}))


def send(queue_url: str) -> Call:
    """Send a message that its reader can only set aside."""
    return lambda client: client("sqs").send_message(QueueUrl=queue_url, MessageBody="probe")


def receive(queue_url: str) -> Call:
    """Receive messages."""
    return lambda client: client("sqs").receive_message(QueueUrl=queue_url, VisibilityTimeout=0)


def secret(name: str) -> Call:
    """Read a secret."""
    return lambda client: client("secretsmanager").get_secret_value(SecretId=name)


def change_secret(name: str) -> Call:
    """Ask about a secret, which is the first step to changing it."""
    return lambda client: client("secretsmanager").describe_secret(SecretId=name)
