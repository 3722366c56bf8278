"""The relay's dead-letter queue, in SQS (moto)."""

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from patterns_shared.domain.errors import TemporarilyUnavailable
from patterns_web_api.adapters.dead_letters import RelayDeadLetters

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient


@pytest.fixture
def sqs() -> Iterator["SQSClient"]:
    """A client with nothing behind it but moto."""
    with mock_aws():
        yield boto3.client("sqs", "us-east-1", aws_access_key_id="test", aws_secret_access_key="test")


@pytest.fixture
def queue_url(sqs: "SQSClient") -> str:
    """A queue."""
    return sqs.create_queue(QueueName="relay-dead-letters")["QueueUrl"]


def received(sqs: "SQSClient", queue_url: str) -> dict[str, Any]:
    """Return the body of the one message."""
    (message,) = sqs.receive_message(QueueUrl=queue_url)["Messages"]
    body: dict[str, Any] = json.loads(message["Body"])
    return body


def test_a_record_is_kept_with_its_reason(sqs: "SQSClient", queue_url: str) -> None:
    """As it came, so that it can be looked at and relayed later."""
    record = {"eventName": "INSERT", "dynamodb": {"Keys": {"pk": {"S": "ORDER#1"}}, "SequenceNumber": "7"}}

    RelayDeadLetters(sqs, queue_url).send(record, "no new image")

    assert received(sqs, queue_url) == {"reason": "no new image", "record": record}


@pytest.mark.parametrize("filler", ["x", "é", "\x00"])
def test_a_record_too_large_for_a_message_is_kept_by_its_key(sqs: "SQSClient", queue_url: str, filler: str) -> None:
    """An item may have 400 KB and a record two of them; the item itself is still in the table."""
    stream = {"Keys": {"pk": {"S": "ORDER#1"}}, "SequenceNumber": "7"}
    record = {"eventName": "MODIFY", "dynamodb": {**stream, "NewImage": {"note": {"S": filler * 300_000}}}}

    RelayDeadLetters(sqs, queue_url).send(record, "odd")

    assert received(sqs, queue_url) == {"reason": "odd; images left out", "record": {"dynamodb": stream}}


def test_a_queue_that_is_throttled_asks_for_another_attempt() -> None:
    """As the relay expects of it."""

    class Throttled:
        def send_message(self, **_: object) -> None:
            raise ClientError({"Error": {"Code": "ThrottlingException"}}, "SendMessage")

    with pytest.raises(TemporarilyUnavailable):
        RelayDeadLetters(Throttled(), "https://queue").send({}, "odd")  # type: ignore[arg-type]


def test_a_queue_that_is_not_there_is_a_mistake_to_be_seen(sqs: "SQSClient", queue_url: str) -> None:
    """A wrong address or a missing grant is not hidden behind retries."""
    with pytest.raises(ClientError):
        RelayDeadLetters(sqs, f"{queue_url}-of-another-stage").send({}, "odd")
