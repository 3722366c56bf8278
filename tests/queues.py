"""Reading queues, and a tap on the event bus."""

import json
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from tests.clients import administrator

from patterns_local.platform import Platform

__all__ = ["BusTap", "receive_until", "tap"]

_QUIET = 0.5
_PAUSE = 0.05


def receive_until(
    platform: Platform, queue_url: str, done: Callable[[list[dict[str, Any]]], object], *, seconds: float
) -> list[dict[str, Any]]:
    """Receive and delete messages until ``done`` says that these are enough, or time is up; return them all."""
    sqs = administrator(platform, "sqs")
    received: list[dict[str, Any]] = []
    deadline = time.monotonic() + seconds
    while not done(received) and time.monotonic() < deadline:
        answer = sqs.receive_message(
            QueueUrl=queue_url, MaxNumberOfMessages=10, WaitTimeSeconds=0, MessageAttributeNames=["All"]
        )
        messages = answer.get("Messages", [])
        if not messages:
            time.sleep(_PAUSE)
        for message in messages:
            sqs.delete_message(QueueUrl=queue_url, ReceiptHandle=message["ReceiptHandle"])
            received.append(message)
    return received


class BusTap:
    """A queue that gets a copy of every event of the shop."""

    def __init__(self, platform: Platform, queue_url: str) -> None:
        """Read from this queue."""
        self._platform = platform
        self._queue_url = queue_url
        self._seen: list[dict[str, Any]] = []

    def take_all(self) -> list[dict[str, Any]]:
        """Return what has arrived since the last call, once the bus has been quiet for a moment."""
        taken, self._seen = self._seen, []
        while messages := receive_until(self._platform, self._queue_url, bool, seconds=_QUIET):
            taken += [json.loads(message["Body"]) for message in messages]
        return taken

    def of_order(self, order_id: str, *, count: int, seconds: float = 60) -> list[dict[str, Any]]:
        """Return the bus events about an order in order of arrival, once there are ``count`` of them.

        Raises:
            AssertionError: there are fewer when the time is up.
        """

        def found() -> list[dict[str, Any]]:
            return [event for event in self._seen if event["detail"].get("order_id") == order_id]

        deadline = time.monotonic() + seconds
        while len(found()) < count and time.monotonic() < deadline:
            messages = receive_until(self._platform, self._queue_url, bool, seconds=1)
            self._seen += [json.loads(message["Body"]) for message in messages]
        assert len(found()) >= count, f"{len(found())} of {count} events about {order_id} within {seconds:g} s"
        return found()


@contextmanager
def tap(platform: Platform, source: str) -> Iterator[BusTap]:
    """Put a rule for everything from ``source`` on the default bus, with a queue behind it, and remove both."""
    events, sqs = administrator(platform, "events"), administrator(platform, "sqs")
    name = f"tap-{secrets.token_hex(4)}"
    queue_url = sqs.create_queue(QueueName=name)["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue_url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    rule = events.put_rule(Name=name, EventPattern=json.dumps({"source": [source]}))["RuleArn"]
    allowed = {
        "Effect": "Allow",
        "Principal": {"Service": "events.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": arn,
        "Condition": {"ArnEquals": {"aws:SourceArn": rule}},
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
    sqs.set_queue_attributes(QueueUrl=queue_url, Attributes={"Policy": policy})
    events.put_targets(Rule=name, Targets=[{"Id": "tap", "Arn": arn}])
    try:
        yield BusTap(platform, queue_url)
    finally:
        events.remove_targets(Rule=name, Ids=["tap"])
        events.delete_rule(Name=name)
        sqs.delete_queue(QueueUrl=queue_url)
