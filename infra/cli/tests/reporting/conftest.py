"""A stage on moto with the batch's names, and executions that a test scripts: moto runs no state machines."""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any, Self

import boto3
import pytest
from moto import mock_aws

from patterns_cli.reporting.deployed import DeployedBatch
from patterns_deploy.place import Place
from patterns_infra.settings import Target

BEGAN = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
RUN = "arn:aws:states:us-east-1:000000000000:execution:machine:"


@dataclass
class History:
    """Events as Step Functions numbers and links them; a second passes with each."""

    events: list[dict[str, Any]] = field(default_factory=list)

    def add(self, kind: str, *, after: int | None = None, **details: Any) -> int:  # noqa: ANN401 - as AWS has them
        """Add an event that follows the last one, or another, and return its number."""
        number = len(self.events) + 1
        at = BEGAN + timedelta(seconds=number)
        previous = number - 1 if after is None else after
        self.events.append({"id": number, "previousEventId": previous, "type": kind, "timestamp": at, **details})
        return number

    def enter(self, kind: str, name: str, *, after: int | None = None) -> int:
        """Enter a state."""
        return self.add(f"{kind}StateEntered", after=after, stateEnteredEventDetails={"name": name})

    def leave(self, kind: str, name: str) -> int:
        """Leave it."""
        return self.add(f"{kind}StateExited", stateExitedEventDetails={"name": name})

    def fail(self, *, error: str = "States.TaskFailed", cause: str = "", code: int | None = None) -> int:
        """Let the state's task fail, as an ECS task with this exit code does."""
        if code is not None:
            task = {"Containers": [{"ExitCode": code}], "StoppedReason": "Essential container in task exited"}
            cause = json.dumps(task)
        return self.add("TaskFailed", taskFailedEventDetails={"error": error, "cause": cause})


@dataclass
class Scripted:
    """What one execution does: it is found running so many times, then so."""

    status: str = "SUCCEEDED"
    output: Mapping[str, Any] = field(default_factory=dict)
    cause: str = ""
    looks: int = 0
    history: History = field(default_factory=History)


@dataclass
class StateMachines:
    """Step Functions as far as reports need it; executions start in the order in which they are scripted."""

    scripts: list[Scripted] = field(default_factory=list)
    known: dict[str, Scripted] = field(default_factory=dict)
    started: list[Any] = field(default_factory=list)
    pages_read: int = 0

    def start_execution(self, **given: str) -> dict[str, str]:
        """Start the next script."""
        arn = f"{RUN}{given['name']}"
        self.known[arn] = self.scripts.pop(0)
        self.started.append(json.loads(given["input"]))
        return {"executionArn": arn}

    def describe_execution(self, executionArn: str) -> dict[str, str]:  # noqa: N803 - as boto3 calls it
        """Return how it is."""
        script = self.known[executionArn]
        if script.looks:
            script.looks -= 1
            return {"status": "RUNNING"}
        return {"status": script.status, "output": json.dumps(script.output), "cause": script.cause}

    def get_paginator(self, _operation: str) -> Self:
        """Return what has the one operation that is paginated here."""
        return self

    def paginate(self, *, executionArn: str, **_: object) -> Iterator[dict[str, Any]]:  # noqa: N803 - as above
        """Yield the history from its end, two events a page."""
        events = self.known[executionArn].history.events[::-1]
        for start in range(0, len(events), 2):
            self.pages_read += 1
            yield {"events": events[start : start + 2]}


class Schedules:
    """EventBridge Scheduler, which tells the shop's time zone."""

    def get_schedule(self, Name: str) -> dict[str, str]:  # noqa: N803 - as boto3 calls it
        """Return the zone that is first to see a new day."""
        assert Name == "nightly"
        return {"ScheduleExpressionTimezone": "Pacific/Kiritimati"}


@pytest.fixture(scope="session")
def moto_client() -> Callable[[str], Any]:
    """Return how to get moto's clients, each made once: that takes longer than a test."""
    session = boto3.session.Session("test", "test", region_name="us-east-1")
    return cache(session.client)


@pytest.fixture
def machines() -> StateMachines:
    """Return Step Functions with nothing scripted."""
    return StateMachines()


@pytest.fixture
def place(moto_client: Callable[[str], Any], machines: StateMachines) -> Iterator[Place]:
    """Return an empty account."""
    others = {"stepfunctions": machines, "scheduler": Schedules()}
    with mock_aws():
        yield Place(
            Target.LOCAL,
            "test",
            "us-east-1",
            "000000000000",
            None,
            lambda service: others[service] if service in others else moto_client(service),
        )


@pytest.fixture
def batch(place: Place) -> DeployedBatch:
    """Return the batch's names, with two buckets and the table of claims behind them."""
    names = {
        "state_machine_arn": "machine",
        "report_bucket": "reports",
        "inbox_bucket": "inbox",
        "cluster_arn": "cluster",
        "claims_table": "claims",
        "schedule_name": "nightly",
    }
    for key, value in names.items():
        place.client("ssm").put_parameter(Name=f"/patterns/test/batch/{key}", Value=value, Type="String")
    for bucket in ("reports", "inbox"):
        place.client("s3").create_bucket(Bucket=bucket)
    place.client("dynamodb").create_table(
        TableName="claims",
        KeySchema=[{"AttributeName": "report", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "report", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    return DeployedBatch.find(place)


@pytest.fixture
def history() -> History:
    """Return an empty history."""
    return History()


@pytest.fixture
def script() -> Callable[..., Scripted]:
    """Return how to script an execution."""
    return Scripted
