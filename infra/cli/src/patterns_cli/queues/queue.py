"""One queue as SQS describes it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from patterns_deploy.place import AwsClient

__all__ = ["Feeder", "Queue", "name_in", "read_queue"]


class Feeder(StrEnum):
    """Who sends to a queue, which says what its messages look like."""

    TOPIC = "topic"
    """A topic, with raw delivery: the body is the event."""
    BUS = "bus"
    """A rule of the event bus: the body is the bus's envelope, its ``detail`` the event."""
    OTHER = "other"
    """Neither, so nothing is known of its bodies."""


@dataclass(frozen=True, slots=True)
class Queue:
    """One queue.

    Attributes:
        url: its address.
        arn: its name for other services.
        waiting: messages to be received, roughly: SQS's counts are up to a minute old.
        in_flight: messages that are there and hidden, received and not deleted or delayed, as roughly.
        redrives_to: ARN of the queue that takes what was received too often, empty without one.
        feeder: who sends to it.
    """

    url: str
    arn: str
    waiting: int
    in_flight: int
    redrives_to: str
    feeder: Feeder

    @property
    def held(self) -> int:
        """How many messages it has, hidden ones among them."""
        return self.waiting + self.in_flight

    @property
    def name(self) -> str:
        """The queue's own name, unique in its account and region."""
        return name_in(self.arn)

    @property
    def keeps_order(self) -> bool:
        """Whether it is a FIFO queue."""
        return self.arn.endswith(".fifo")

    def is_named(self, text: str) -> bool:
        """Whether the text is its own name, ARN or URL; of a URL its host does not count, its account does."""
        if text.startswith("arn:"):
            return text == self.arn
        if "://" in text:
            return text.endswith(f"/{self.arn.split(':')[4]}/{self.name}")
        return text == self.name


def read_queue(sqs: AwsClient, url: str) -> Queue | None:
    """Ask SQS about a queue; None when there is no such queue."""
    try:
        attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    except sqs.exceptions.QueueDoesNotExist:
        return None
    return Queue(
        url=url,
        arn=attributes["QueueArn"],
        waiting=int(attributes["ApproximateNumberOfMessages"]),
        in_flight=int(attributes["ApproximateNumberOfMessagesNotVisible"])
        + int(attributes["ApproximateNumberOfMessagesDelayed"]),
        redrives_to=json.loads(attributes.get("RedrivePolicy") or "{}").get("deadLetterTargetArn", ""),
        feeder=_feeder(json.loads(attributes.get("Policy") or "{}")),
    )


def name_in(text: str) -> str:
    """Return the queue's own name in its URL or ARN."""
    return text.rpartition("/" if "://" in text else ":")[2]


def _feeder(policy: Mapping[str, Any]) -> Feeder:
    """Return who sends to a queue, by the services that its policy lets in."""
    services: set[str] = set()
    for statement in policy.get("Statement", ()):
        principal = statement.get("Principal")
        if statement["Effect"] == "Allow" and isinstance(principal, Mapping):
            named = principal.get("Service", ())
            services.update([named] if isinstance(named, str) else named)
    if "sns.amazonaws.com" in services:
        return Feeder.TOPIC
    return Feeder.BUS if "events.amazonaws.com" in services else Feeder.OTHER
