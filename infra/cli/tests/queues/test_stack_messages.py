"""What waits in a pattern's queues, as `patterns destroy` counts it."""

from dataclasses import replace
from typing import Any

import boto3
import pytest
from moto import mock_aws

from patterns_cli.queues import stack_messages
from patterns_cli.queues.queue import Queue, read_queue
from patterns_cli.queues.stack_messages import count_messages, describe_messages
from patterns_deploy.place import AwsClient, Place
from patterns_infra.settings import Target

REGION = "eu-west-1"


@pytest.fixture
def place() -> Place:
    """Return an account, as moto plays it."""
    return place_for(Target.AWS)


def place_for(target: Target) -> Place:
    """Return a stage there, as moto plays it."""
    make: Any = boto3.client

    def client(service: str) -> Any:  # noqa: ANN401 - boto3 makes its client classes at run time
        return make(service, REGION, aws_access_key_id="a", aws_secret_access_key="b")

    return Place(target, "dev", REGION, "123456789012", "", client)


def test_messages_are_counted_whether_they_wait_or_are_in_work(monkeypatch: pytest.MonkeyPatch, place: Place) -> None:
    """Empty queues are not named, and one that is gone already has nothing in it."""
    with mock_aws():
        sqs = place.client("sqs")
        urls = {name: sqs.create_queue(QueueName=name)["QueueUrl"] for name in ("orders", "letters", "empty")}
        for number in range(3):
            sqs.send_message(QueueUrl=urls["orders"], MessageBody=str(number))
        sqs.send_message(QueueUrl=urls["orders"], MessageBody="later", DelaySeconds=60)
        sqs.receive_message(QueueUrl=urls["orders"])
        sqs.send_message(QueueUrl=urls["letters"], MessageBody="bad")
        resources = [
            {"ResourceType": "AWS::SQS::Queue", "LogicalResourceId": name, "PhysicalResourceId": url}
            for name, url in {
                "FulfilmentQueue1A2B3C4D": urls["orders"],
                "FulfilmentDeadLettersQueue1A2B3C4D": urls["letters"],
                "OtherQueue1A2B3C4D": urls["empty"],
                "GoneQueue1A2B3C4D": urls["empty"].replace("empty", "gone"),
            }.items()
        ]
        resources.append({"ResourceType": "AWS::SNS::Topic", "LogicalResourceId": "T", "PhysicalResourceId": "arn"})
        monkeypatch.setattr(stack_messages, "stack_resources", lambda _, stack: resources if stack == "there" else [])
        counts = count_messages(place, ["there", "not-deployed"])
    assert counts == {"Fulfilment": 4, "FulfilmentDeadLetters": 1}
    assert describe_messages(counts) == "4 in Fulfilment, 1 in FulfilmentDeadLetters"


@pytest.mark.parametrize(("target", "counted"), [(Target.AWS, {"FulfilmentDeadLetters": 3}), (Target.LOCAL, {})])
def test_dead_letters_that_sqs_does_not_count_yet_are_found(
    monkeypatch: pytest.MonkeyPatch, target: Target, counted: dict[str, int]
) -> None:
    """By receiving them, and giving them back; what a consumer is to receive is left alone, and so are local counts."""
    place = place_for(target)

    def read_late(sqs: AwsClient, url: str) -> Queue | None:
        queue = read_queue(sqs, url)
        return queue and replace(queue, waiting=0, in_flight=0)

    with mock_aws():
        sqs = place.client("sqs")
        resources = []
        for name, messages in (("Fulfilment", 3), ("FulfilmentDeadLetters", 3), ("StreamDeadLetters", 0)):
            url = sqs.create_queue(QueueName=name)["QueueUrl"]
            for number in range(messages):
                sqs.send_message(QueueUrl=url, MessageBody=str(number))
            resource = {"ResourceType": "AWS::SQS::Queue", "LogicalResourceId": f"{name}Queue1A2B3C4D"}
            resources.append({**resource, "PhysicalResourceId": url})
        monkeypatch.setattr(stack_messages, "stack_resources", lambda *_: resources)
        monkeypatch.setattr(stack_messages, "read_queue", read_late)
        assert count_messages(place, ["there"]) == counted
        received = [_receive_counts(sqs, resource["PhysicalResourceId"]) for resource in resources]
    assert received == [["1"] * 3, ["2" if counted else "1"] * 3, []]


def _receive_counts(sqs: AwsClient, url: str) -> list[str]:
    answer = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, AttributeNames=["ApproximateReceiveCount"])
    return [message["Attributes"]["ApproximateReceiveCount"] for message in answer.get("Messages", ())]
