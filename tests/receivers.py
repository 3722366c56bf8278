"""The asynchronous pattern from outside: events go in by the topic; books, dead letters and queues are looked at."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from tests.clients import administrator
from tests.queues import receive_until
from tests.stack import DeployedStack
from tests.waiting import eventually

from patterns_local.platform import Platform
from patterns_shared.adapters.sns import SnsPublisher
from patterns_shared.domain.events import Event

__all__ = ["DeadLetter", "Receivers"]

_DEPTHS = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
_AT_ONCE = 8


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A message that was set aside, and why."""

    body: str
    reason: str


class Receivers:
    """What is published to them, and what they did with it."""

    def __init__(self, platform: Platform, stack: DeployedStack, outputs: Mapping[str, str]) -> None:
        """Look at the deployed pattern."""
        self._platform = platform
        self._stack = stack
        self.outputs = outputs
        self._sqs = administrator(platform, "sqs")
        self._sns = administrator(platform, "sns")
        self._dynamodb = administrator(platform, "dynamodb")

    def publish(self, events: Sequence[Event]) -> None:
        """Publish events as a worker does, several workers at once."""
        publisher = SnsPublisher(self._sns, self.outputs["topic_arn"])
        parts = [events[start::_AT_ONCE] for start in range(_AT_ONCE)]
        with ThreadPoolExecutor(_AT_ONCE) as workers:
            failures = [failure for failures in workers.map(publisher.publish, parts) for failure in failures]
        assert not failures, failures[0]

    def publish_entries(self, entries: Sequence[Mapping[str, Any]]) -> None:
        """Publish messages with their attributes as they are, several publishers at once, ten a call."""

        def put(batch: Sequence[Mapping[str, Any]]) -> None:
            numbered: list[Any] = [{"Id": str(n), **entry} for n, entry in enumerate(batch)]
            answer = self._sns.publish_batch(TopicArn=self.outputs["topic_arn"], PublishBatchRequestEntries=numbered)
            assert not answer.get("Failed"), answer

        with ThreadPoolExecutor(_AT_ONCE) as workers:
            list(workers.map(put, (entries[start : start + 10] for start in range(0, len(entries), 10))))

    def publish_bodies(self, bodies: Iterable[str], *, type_: str = "OrderFulfilled") -> None:
        """Publish texts as they are, as events of a type."""
        attributes = {"type": {"DataType": "String", "StringValue": type_}}
        for body in bodies:
            self._sns.publish(TopicArn=self.outputs["topic_arn"], Message=body, MessageAttributes=attributes)

    def entries(self, events: Iterable[Event]) -> dict[str, dict[str, Any]]:
        """Return the ledger's entries of these events by event id, as plain values."""
        wanted = {event.id for event in events}
        pages = self._dynamodb.get_paginator("scan").paginate(
            TableName=self.outputs["ledger_table"], ConsistentRead=True
        )
        items = (item for page in pages for item in page["Items"])
        return {x["event_id"]["S"]: _plain(x) for x in items if x["event_id"]["S"] in wanted}

    def entries_of_order(self, order_id: str) -> list[dict[str, Any]]:
        """Return an order's entries by the index, as a reader of its balance does."""
        answer = self._dynamodb.query(
            TableName=self.outputs["ledger_table"],
            IndexName="by_order_id",
            KeyConditionExpression="order_id = :order",
            ExpressionAttributeValues={":order": {"S": order_id}},
        )
        return [_plain(item) for item in answer["Items"]]

    def wait_booked(self, events: Sequence[Event], *, seconds: float = 60) -> dict[str, dict[str, Any]]:
        """Return the entries of these events once all are there."""
        wanted = {event.id for event in events}
        eventually(lambda: self.entries(events).keys() == wanted, seconds=seconds, pause=0.3)
        return self.entries(events)

    def depth(self, receiver: str) -> tuple[int, int]:
        """Return how many messages wait for a receiver and how many it has in hand or hides."""
        url = self.outputs[f"{receiver}_queue_url"]
        found = self._sqs.get_queue_attributes(QueueUrl=url, AttributeNames=_DEPTHS)["Attributes"]
        return int(found[_DEPTHS[0]]), int(found[_DEPTHS[1]])

    def settle(self, *receivers: str, seconds: float = 60) -> None:
        """Wait until these receivers have nothing left to do."""
        eventually(lambda: all(self.depth(each) == (0, 0) for each in receivers), seconds=seconds)

    def take_dead_letters(self, receiver: str, *, count: int, seconds: float = 60) -> list[DeadLetter]:
        """Return a receiver's dead letters once there are ``count``, and no more come; they are gone afterwards."""
        url = self.outputs[f"{receiver}_dead_letter_url"]
        letters = receive_until(self._platform, url, lambda found: len(found) >= count, seconds=seconds)
        letters += receive_until(self._platform, url, lambda _: False, seconds=0.5)
        return [DeadLetter(x["Body"], _reason(x)) for x in letters]

    @contextmanager
    def impatient(self, receiver: str, *, seconds: int = 1) -> Iterator[None]:
        """Let a receiver's queue give a failed message back after a second, not after minutes."""
        url, name = self.outputs[f"{receiver}_queue_url"], "VisibilityTimeout"
        before = self._sqs.get_queue_attributes(QueueUrl=url, AttributeNames=[name])["Attributes"][name]
        self._sqs.set_queue_attributes(QueueUrl=url, Attributes={name: str(seconds)})
        try:
            yield
        finally:
            self._sqs.set_queue_attributes(QueueUrl=url, Attributes={name: before})

    def invoke(self, receiver: str, batch: Mapping[str, Any]) -> dict[str, Any]:
        """Call a receiver's function with a batch, as SQS does, and return its answer."""
        name = self._stack.function(receiver)["FunctionName"]
        answer = administrator(self._platform, "lambda").invoke(FunctionName=name, Payload=json.dumps(batch))
        document: dict[str, Any] = json.load(answer["Payload"])
        assert "FunctionError" not in answer, document
        return document


def _plain(item: Mapping[str, Any]) -> dict[str, Any]:
    return {name: int(value["N"]) if "N" in value else value["S"] for name, value in item.items()}


def _reason(message: Mapping[str, Any]) -> str:
    reason: str = message.get("MessageAttributes", {}).get("reason", {}).get("StringValue", "")
    return reason
