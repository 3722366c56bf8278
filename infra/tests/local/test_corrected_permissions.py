"""What a role's policies are checked against.

Each test sees AWS's behaviour in a corrected emulator and another one in the emulator as it comes from PyPI. When a
newer version behaves, the second half fails: the correction can go.
"""

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

# The fixture's class, which importlib's mode keeps out of reach as an import.
Emulator = Any

pytestmark = pytest.mark.integration


def _code(call: Callable[[], Any]) -> str:
    """Return the error code of a call, empty when it succeeds."""
    try:
        call()
    except ClientError as error:
        return str(error.response["Error"]["Code"])
    return ""


def test_a_role_may_be_held_to_its_own_event_source(corrected: Emulator, uncorrected: Emulator) -> None:
    """The emulator gives the condition no value, so that it refuses the role's own source, too."""
    statement = {
        "Effect": "Allow",
        "Action": "events:PutEvents",
        "Resource": "*",
        "Condition": {"StringEquals": {"events:source": "mine"}},
    }

    def put(emulator: Emulator, *sources: str) -> str:
        client = emulator.as_role("arn:aws:iam::000000000000:role/publisher", "events")
        entries = [{"Source": source, "DetailType": "T", "Detail": "{}"} for source in sources]
        return _code(lambda: client.put_events(Entries=entries))

    for emulator in (corrected, uncorrected):
        emulator.role("publisher", statement)
    assert put(corrected, "mine") == ""
    assert put(corrected, "theirs") == "AccessDeniedException"
    assert put(corrected, "mine", "theirs") == "AccessDeniedException"
    assert put(uncorrected, "mine") == "AccessDeniedException"


def test_a_role_may_be_held_to_inserting(corrected: Emulator, uncorrected: Emulator) -> None:
    """Into one table, by PartiQL: the emulator asks for the call's name on everything, which is no action of AWS."""
    table = {
        "TableName": "entries",
        "BillingMode": "PAY_PER_REQUEST",
        "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
        "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
    }
    own = "arn:aws:dynamodb:us-east-1:000000000000:table/entries"

    def run(emulator: Emulator, *statements: str) -> str:
        client = emulator.as_role("arn:aws:iam::000000000000:role/inserter", "dynamodb")
        return _code(lambda: client.batch_execute_statement(Statements=[{"Statement": text} for text in statements]))

    for emulator in (corrected, uncorrected):
        emulator.client("dynamodb").create_table(**table)
        emulator.client("dynamodb").create_table(**{**table, "TableName": "others"})
        emulator.role("inserter", {"Effect": "Allow", "Action": "dynamodb:PartiQLInsert", "Resource": own})
    insert, other = ("INSERT INTO \"%s\" VALUE {'pk': 'a'}" % name for name in ("entries", "others"))  # noqa: UP031
    assert run(corrected, insert) == ""
    assert run(corrected, insert, other) == "AccessDeniedException"
    assert run(corrected, "UPDATE \"entries\" SET x = 1 WHERE pk = 'a'") == "AccessDeniedException"
    assert run(corrected, "DELETE FROM \"entries\" WHERE pk = 'a'") == "AccessDeniedException"
    assert run(uncorrected, insert) == "AccessDeniedException"


def test_a_role_may_read_exactly_one_stream(corrected: Emulator, uncorrected: Emulator) -> None:
    """AWS checks the stream's ARN; the emulator asks for every resource."""

    def read(emulator: Emulator) -> str:
        table = emulator.client("dynamodb").create_table(
            TableName="streamed",
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
            StreamSpecification={"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"},
        )["TableDescription"]
        arn = table["LatestStreamArn"]
        statement = {"Effect": "Allow", "Action": "dynamodb:DescribeStream", "Resource": arn}
        client = emulator.as_role(emulator.role("reader", statement), "dynamodbstreams")
        return _code(lambda: client.describe_stream(StreamArn=arn))

    assert read(corrected) == ""
    assert read(uncorrected) == "AccessDeniedException"
