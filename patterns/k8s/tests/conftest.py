"""What the tests share: AWS as moto plays it, and the lines that a program writes."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import hypothesis
import pytest
from aws_lambda_powertools import Logger
from moto import mock_aws

from patterns_shared.observability.logger import make_logger
from patterns_shared.testing import no_account
from patterns_shared.testing.moto_ssm import import_ssm

# A busy machine is no reason to fail. `--hypothesis-profile thorough` looks longer.
_PATIENT = hypothesis.settings(deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow])
hypothesis.settings.register_profile("quick", _PATIENT, max_examples=50)
hypothesis.settings.register_profile("thorough", _PATIENT, max_examples=2_000)
hypothesis.settings.load_profile("quick")

Client = no_account.Client
DEAD_LETTERS = "fulfilment-dead-letters"


_no_account = no_account.no_account
clients = no_account.clients


@pytest.fixture
def aws() -> Iterator[None]:
    """AWS as moto plays it, with nothing in it."""
    import_ssm()
    with mock_aws():
        yield


@pytest.fixture
def queue_url(aws: None, clients: Callable[[str], Client]) -> str:  # noqa: ARG001
    """The fulfilment queue, with its dead letters."""
    sqs = clients("sqs")
    sqs.create_queue(QueueName=DEAD_LETTERS)
    policy = {"deadLetterTargetArn": f"arn:aws:sqs:us-east-1:123456789012:{DEAD_LETTERS}", "maxReceiveCount": 5}
    attributes = {"VisibilityTimeout": "30", "RedrivePolicy": json.dumps(policy)}
    url: str = sqs.create_queue(QueueName="fulfilment", Attributes=attributes)["QueueUrl"]
    return url


@pytest.fixture
def dead_letters(queue_url: str, clients: Callable[[str], Client]) -> Callable[[], list[tuple[str, str]]]:
    """Return the dead letters, as pairs of body and reason."""
    url = queue_url.replace("fulfilment", DEAD_LETTERS)

    def read() -> list[tuple[str, str]]:
        answer = clients("sqs").receive_message(QueueUrl=url, MaxNumberOfMessages=10, MessageAttributeNames=["All"])
        return [(m["Body"], m["MessageAttributes"]["reason"]["StringValue"]) for m in answer.get("Messages", ())]

    return read


@pytest.fixture
def topic_arn(aws: None, clients: Callable[[str], Client]) -> str:  # noqa: ARG001
    """The topic of order events."""
    arn: str = clients("sns").create_topic(Name="order-events")["TopicArn"]
    return arn


@pytest.fixture
def published(topic_arn: str, clients: Callable[[str], Client]) -> Callable[[], list[dict[str, Any]]]:
    """Return the events that arrived at a subscriber of the topic since the last call."""
    sqs = clients("sqs")
    url = sqs.create_queue(QueueName="heard")["QueueUrl"]
    clients("sns").subscribe(
        TopicArn=topic_arn,
        Protocol="sqs",
        Endpoint="arn:aws:sqs:us-east-1:123456789012:heard",
        Attributes={"RawMessageDelivery": "true"},
    )

    def read() -> list[dict[str, Any]]:
        events: list[dict[str, Any]] = []
        while messages := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
            events += [json.loads(message["Body"]) for message in messages]
        return events

    return read


@pytest.fixture(scope="session")
def logger() -> Logger:
    """The programs' logger."""
    return make_logger("k8s", "test")


@pytest.fixture
def lines(capsys: pytest.CaptureFixture[str]) -> Callable[[], list[dict[str, Any]]]:
    """Return the JSON lines written since the last call, without the metrics."""

    def read() -> list[dict[str, Any]]:
        written = [json.loads(line) for line in capsys.readouterr().out.splitlines() if line.startswith("{")]
        return [line for line in written if "_aws" not in line]

    return read
