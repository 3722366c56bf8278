from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from patterns_shared.adapters.dead_letters import MAX_REASON_BYTES, SqsDeadLetters
from patterns_shared.adapters.sqs_batch import Message

Client = Any
Clients = Callable[[str], Client]


@pytest.fixture
def client(clients: Clients) -> Iterator[Client]:
    """A client of SQS as moto plays it."""
    with mock_aws():
        yield clients("sqs")


@pytest.fixture
def url(client: Client) -> str:
    """The dead-letter queue."""
    return str(client.create_queue(QueueName="dead")["QueueUrl"])


def letters(client: Client, url: str) -> list[tuple[str, dict[str, str]]]:
    """Return what is in the queue: bodies, and attributes by name."""
    answer = client.receive_message(QueueUrl=url, MaxNumberOfMessages=10, MessageAttributeNames=["All"])
    return [
        (each["Body"], {name: value["StringValue"] for name, value in each["MessageAttributes"].items()})
        for each in answer["Messages"]
    ]


def test_a_message_is_kept_as_it_came_with_reason_and_time(client: Client, url: str) -> None:
    """So that it can be put back unchanged, and a person sees why it failed."""
    body = '{"not": "an event", "ü": "\\u0000"}'
    now = datetime(2026, 1, 5, 9, 30, tzinfo=UTC)
    SqsDeadLetters(client, url, now=lambda: now).keep(Message("1", body), "data.total: is missing")
    assert letters(client, url) == [
        (body, {"reason": "data.total: is missing", "failed_at": "2026-01-05T09:30:00+00:00"})
    ]


@pytest.mark.parametrize("reason", ["x" * 5000, "ü" * 5000, "", "a\x00b\x1fc\ud800d\ufffe", "\U0001f375" * 400])
def test_any_reason_is_taken(client: Client, url: str, reason: str) -> None:
    """Cut to a kilobyte, without what SQS refuses in a text: a reason must never be why a message is not kept."""
    SqsDeadLetters(client, url).keep(Message("1", "body"), reason)
    ((_, attributes),) = letters(client, url)
    kept = attributes["reason"]
    assert 0 < len(kept.encode()) <= MAX_REASON_BYTES
    assert not set(kept) & set("\x00\x1f\ufffe")


def test_a_queue_that_does_not_take_it_says_so(client: Client, url: str) -> None:
    """The caller must know, to keep the message where it is."""
    with pytest.raises(ClientError):
        SqsDeadLetters(client, url + "-gone").keep(Message("1", "body"), "reason")
