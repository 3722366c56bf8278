"""Overhearing the shop's events: a queue of its own on a rule of its own, both gone afterwards.

The queue gets a copy of each event. Nothing that others consume is taken away from them.
"""

import asyncio
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

from patterns_shared.adapters.event_messages import event_from_delivery
from patterns_shared.domain.events import Event, EventType

if TYPE_CHECKING:
    from mypy_boto3_events import EventBridgeClient
    from mypy_boto3_sns import SNSClient
    from mypy_boto3_sqs import SQSClient

__all__ = ["EventTap", "event_tap", "topic_tap"]


@dataclass(slots=True)
class EventTap:
    """What was overheard so far, duplicates included: bus and topic deliver at least once."""

    heard: list[Event] = field(default_factory=list)
    _sqs: "SQSClient | None" = None
    _queue_url: str = ""

    async def listen(self, enough: Callable[[Sequence[Event]], bool], *, lull: float) -> None:
        """Take events from the queue until there are enough of them, and then until none came for a while.

        Whoever calls this bounds it.

        Args:
            enough: whether everything that must come is in what was heard.
            lull: seconds without an event after which nothing surplus is still on its way.
        """
        loop = asyncio.get_running_loop()
        last = loop.time()
        while not enough(self.heard) or loop.time() - last < lull:
            events = await asyncio.to_thread(self._take)
            if events:
                last = loop.time()
            self.heard.extend(events)

    def _take(self) -> list[Event]:
        sqs = cast("SQSClient", self._sqs)
        got = sqs.receive_message(QueueUrl=self._queue_url, MaxNumberOfMessages=10, WaitTimeSeconds=1)
        messages = got.get("Messages", [])
        if messages:
            sqs.delete_message_batch(
                QueueUrl=self._queue_url,
                Entries=[{"Id": str(n), "ReceiptHandle": x["ReceiptHandle"]} for n, x in enumerate(messages)],
            )
        return [event_from_delivery(message["Body"]) for message in messages]


@contextmanager
def event_tap(
    client: Callable[[str], Any], *, source: str, types: Sequence[EventType], name: str
) -> Iterator[EventTap]:
    """Overhear the events of these types that ``source`` puts on the default bus, from now on.

    Args:
        client: makes an administrator's boto3 client of a service.
        source: of the events.
        types: of the events.
        name: of the temporary queue and rule, unique.
    """
    sqs: SQSClient = client("sqs")
    events: EventBridgeClient = client("events")
    with ExitStack() as undo:
        url, arn = _queue(sqs, name, undo)
        pattern = json.dumps({"source": [source], "detail-type": [each.value for each in types]})
        rule = events.put_rule(Name=name, EventPattern=pattern, Description="Temporary: the demo is listening")[
            "RuleArn"
        ]
        undo.callback(events.delete_rule, Name=name)
        sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": _only_from("events", rule, arn)})
        events.put_targets(Rule=name, Targets=[{"Id": "demo", "Arn": arn}])
        undo.callback(events.remove_targets, Rule=name, Ids=["demo"])
        yield EventTap(_sqs=sqs, _queue_url=url)


@contextmanager
def topic_tap(client: Callable[[str], Any], topic_arn: str, *, name: str) -> Iterator[EventTap]:
    """Overhear the events on a topic, from now on; ``name`` is of the temporary queue, unique."""
    sqs: SQSClient = client("sqs")
    sns: SNSClient = client("sns")
    with ExitStack() as undo:
        url, arn = _queue(sqs, name, undo)
        sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": _only_from("sns", topic_arn, arn)})
        subscription = sns.subscribe(
            TopicArn=topic_arn, Protocol="sqs", Endpoint=arn, Attributes={"RawMessageDelivery": "true"}
        )["SubscriptionArn"]
        undo.callback(sns.unsubscribe, SubscriptionArn=subscription)
        yield EventTap(_sqs=sqs, _queue_url=url)


def _queue(sqs: "SQSClient", name: str, undo: ExitStack) -> tuple[str, str]:
    """Create the temporary queue and return its URL and ARN."""
    url = sqs.create_queue(QueueName=name, Attributes={"MessageRetentionPeriod": "3600"})["QueueUrl"]
    undo.callback(sqs.delete_queue, QueueUrl=url)
    return url, sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]


def _only_from(service: str, source_arn: str, queue_arn: str) -> str:
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": f"{service}.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": queue_arn,
        "Condition": {"ArnEquals": {"aws:SourceArn": source_arn}},
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})
