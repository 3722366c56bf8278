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


def test_who_may_send_may_send_ten_at_once(corrected: Emulator, uncorrected: Emulator) -> None:
    """A batch is no action of its own on AWS; the emulator asks for one."""
    queue = "arn:aws:sqs:us-east-1:000000000000:letters"
    topic = "arn:aws:sns:us-east-1:000000000000:news"
    statements = [
        {"Effect": "Allow", "Action": ["sqs:SendMessage", "sqs:ChangeMessageVisibility"], "Resource": queue},
        {"Effect": "Allow", "Action": "sns:Publish", "Resource": topic},
    ]

    def codes(emulator: Emulator) -> list[str]:
        url = emulator.client("sqs").create_queue(QueueName="letters")["QueueUrl"]
        emulator.client("sns").create_topic(Name="news")
        role = emulator.role("sender", *statements)
        sqs, sns = emulator.as_role(role, "sqs"), emulator.as_role(role, "sns")
        entry = {"Id": "1", "ReceiptHandle": "r"}
        return [
            _code(lambda: sqs.send_message_batch(QueueUrl=url, Entries=[{"Id": "1", "MessageBody": "b"}])),
            _code(lambda: sqs.change_message_visibility_batch(QueueUrl=url, Entries=[entry])),
            _code(lambda: sns.publish_batch(TopicArn=topic, PublishBatchRequestEntries=[{"Id": "1", "Message": "m"}])),
            _code(lambda: sqs.delete_message_batch(QueueUrl=url, Entries=[entry])),
        ]

    assert codes(corrected) == ["", "", "", "AccessDenied"]
    assert codes(uncorrected) == ["AccessDenied", "AccessDenied", "AuthorizationError", "AccessDenied"]


def test_a_role_may_be_held_to_one_sender(corrected: Emulator, uncorrected: Emulator) -> None:
    """AWS checks the identity that a mail comes from; the emulator asks for every resource."""
    own = "arn:aws:ses:us-east-1:000000000000:identity/orders@example.com"
    text = {"Data": "text"}
    mail = {"Destination": {"ToAddresses": ["ada@example.com"]}, "Message": {"Subject": text, "Body": {"Text": text}}}

    def send(emulator: Emulator, source: str) -> str:
        client = emulator.as_role("arn:aws:iam::000000000000:role/mailer", "ses")
        return _code(lambda: client.send_email(Source=source, **mail))

    for emulator in (corrected, uncorrected):
        emulator.role("mailer", {"Effect": "Allow", "Action": "ses:SendEmail", "Resource": own})
        for address in ("orders@example.com", "others@example.com"):
            emulator.client("ses").verify_email_identity(EmailAddress=address)
    assert send(corrected, "orders@example.com") == ""
    assert send(corrected, "The shop <orders@example.com>") == ""
    assert send(corrected, "others@example.com") == "AccessDenied"
    assert send(uncorrected, "orders@example.com") == "AccessDenied"
