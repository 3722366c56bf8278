"""Receivers' queues as a pattern publishes them, on an emulator or, for unit tests, on moto."""

import json
import secrets
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache, partial
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from patterns_deploy.folder import LocalFolder
from patterns_deploy.place import Place
from patterns_deploy.ports import choose_port
from patterns_deploy.runner import Runner
from patterns_infra.settings import Target
from patterns_local.emulator import Emulator
from patterns_local.emulator_environment import prepare_environment
from patterns_local.local_aws import client_for


@dataclass(frozen=True)
class Box:
    """A receiver's queue and its dead-letter queue."""

    sqs: Any
    url: str
    arn: str
    letters_url: str
    letters_arn: str

    def fail(self, *bodies: str, **attributes: str) -> list[str]:
        """Put messages into the dead-letter queue, as a consumer does; return their ids."""
        given = {name: {"DataType": "String", "StringValue": value} for name, value in attributes.items()}
        ids: list[str] = []
        for start in range(0, len(bodies), 10):
            entries = [
                {"Id": str(n), "MessageBody": body, "MessageAttributes": given}
                for n, body in enumerate(bodies[start : start + 10])
            ]
            answer = self.sqs.send_message_batch(QueueUrl=self.letters_url, Entries=entries)
            ids += [x["MessageId"] for x in sorted(answer["Successful"], key=lambda x: int(x["Id"]))]
        return ids

    def visible(self) -> tuple[int, int]:
        """Return how many messages can be received from the queue and from its dead-letter queue."""
        return self.count(self.url, ""), self.count(self.letters_url, "")

    def hidden(self) -> tuple[int, int]:
        """Return how many messages somebody has in hand, of either."""
        return self.count(self.url, "NotVisible"), self.count(self.letters_url, "NotVisible")

    def take(self, *, letters: bool = False) -> list[dict[str, Any]]:
        """Receive and delete what is visible in the queue, or in the dead-letter queue, without waiting."""
        url = self.letters_url if letters else self.url
        taken: list[dict[str, Any]] = []
        while True:
            received = self.sqs.receive_message(
                QueueUrl=url,
                MaxNumberOfMessages=10,
                WaitTimeSeconds=0,
                MessageAttributeNames=["All"],
                MessageSystemAttributeNames=["All"],
            ).get("Messages", [])
            if not received:
                return taken
            for message in received:
                self.sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
            taken += received

    def count(self, url: str, kind: str) -> int:
        """Return how many messages a queue has of a kind, such as ``NotVisible``."""
        name = f"ApproximateNumberOfMessages{kind}"
        return int(self.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=[name])["Attributes"][name])


class NoSuchStack(Exception):
    """CloudFormation's answer."""


@dataclass
class Stacks:
    """CloudFormation for moto's shop, since moto's own needs half of its services installed."""

    queues: dict[str, dict[str, str]] = field(default_factory=dict)
    exceptions: Any = field(default_factory=lambda: SimpleNamespace(ClientError=NoSuchStack))

    def describe_stacks(self, StackName: str) -> dict[str, Any]:  # noqa: N803 - as boto3 calls it
        """Return that it is there, if a test said so."""
        if StackName not in self.queues:
            raise NoSuchStack(f"Stack with id {StackName} does not exist")
        return {"Stacks": [{"StackStatus": "CREATE_COMPLETE"}]}

    def get_paginator(self, _operation: str) -> "Stacks":
        """Return what has the one operation that is paginated here."""
        return self

    def paginate(self, StackName: str) -> Iterator[dict[str, Any]]:  # noqa: N803 - as above
        """Yield its queues, one a page, behind something else."""
        yield {"StackResourceSummaries": [{"ResourceType": "AWS::SNS::Topic", "LogicalResourceId": "Topic"}]}
        for name, url in self.queues[StackName].items():
            found = {"ResourceType": "AWS::SQS::Queue", "LogicalResourceId": name, "PhysicalResourceId": url}
            yield {"StackResourceSummaries": [found]}


@dataclass
class Shop:
    """A stage of its own, in which receivers are deployed by hand."""

    place: Place
    stacks: Stacks = field(default_factory=Stacks)

    def queue(self, name: str, **attributes: str) -> tuple[str, str]:
        """Create a queue; its URL and ARN."""
        sqs = self.place.client("sqs")
        ending = ".fifo" if attributes.get("FifoQueue") else ""
        url: str = sqs.create_queue(QueueName=f"{self.place.stage}-{name}{ending}", Attributes=attributes)["QueueUrl"]
        found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]
        return url, found["QueueArn"]

    def receiver(
        self,
        name: str = "ledger",
        *,
        fed_by: str = "sns.amazonaws.com",
        max_receives: int = 5,
        attributes: Mapping[str, str] | None = None,
        published: bool = True,
    ) -> Box:
        """Create a receiver's queues and publish their names."""
        given = dict(attributes or {})
        fifo = {key: value for key, value in given.items() if key == "FifoQueue"}
        letters_url, letters_arn = self.queue(f"{name}-dead", **fifo)
        policy = {"deadLetterTargetArn": letters_arn, "maxReceiveCount": max_receives}
        allowed = {"Effect": "Allow", "Principal": {"Service": fed_by}, "Action": "sqs:SendMessage", "Resource": "*"}
        access = {"Version": "2012-10-17", "Statement": [allowed]}
        url, arn = self.queue(name, RedrivePolicy=json.dumps(policy), Policy=json.dumps(access), **given)
        if published:
            self.publish(**{f"{name}_queue_url": url, f"{name}_dead_letter_url": letters_url})
        return Box(self.place.client("sqs"), url, arn, letters_url, letters_arn)

    def publish(self, **names: str) -> None:
        """Publish names of the asynchronous pattern."""
        for name, value in names.items():
            parameter = f"/patterns/{self.place.stage}/async/{name}"
            self.place.client("ssm").put_parameter(Name=parameter, Value=value, Type="String", Overwrite=True)


def _place(client: Callable[[str], Any], endpoint_url: str | None) -> Place:
    # A stage for each test: an emulator serves them all.
    return Place(Target.LOCAL, f"t{secrets.token_hex(4)}", "us-east-1", "000000000000", endpoint_url, client)


@pytest.fixture(scope="session")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    """Return an emulator without stacks, as the platform starts it."""
    folder = LocalFolder(tmp_path_factory.mktemp("emulator"))
    folder.prepare()
    python = prepare_environment(folder, Runner(folder.deploy_log))
    with Emulator(folder, python, choose_port(folder.port)) as started:
        started.wait_ready(abandoned=lambda: False)
        yield started


@pytest.fixture
def shop(emulator: Emulator) -> Shop:
    """Return an empty stage on an emulator."""
    return Shop(_place(partial(client_for, endpoint_url=emulator.endpoint_url), emulator.endpoint_url))


@pytest.fixture(scope="session")
def moto_client() -> Callable[[str], Any]:
    """Return how to get moto's clients, each made once: that takes longer than a test."""
    session = boto3.session.Session("test", "test", region_name="us-east-1")
    return cache(session.client)


@pytest.fixture
def small_shop(moto_client: Callable[[str], Any], monkeypatch: pytest.MonkeyPatch) -> Iterator[Shop]:
    """Return an empty stage on moto, where nothing is gained by waiting."""
    monkeypatch.setattr("patterns_cli.queues.hand._LONG_POLL_SECONDS", 0)
    monkeypatch.setattr("patterns_cli.queues.interrupts.Interrupts.pause", lambda *_: None)
    stacks, events = Stacks(), moto_client("sqs").meta.events

    def client(service: str) -> Any:  # noqa: ANN401 - boto3 makes its classes when it runs
        return stacks if service == "cloudformation" else moto_client(service)

    events.register("before-call.sqs.ListMessageMoveTasks", _no_such_action)
    with mock_aws():
        yield Shop(_place(client, None), stacks)
    events.unregister("before-call.sqs.ListMessageMoveTasks", _no_such_action)


def _no_such_action(**_: Any) -> None:  # noqa: ANN401 - as botocore calls it
    """Answer as the emulator does: moto ends with an error of its own."""
    raise ClientError({"Error": {"Code": "InvalidAction", "Message": "no"}}, "ListMessageMoveTasks")
