"""Operators read a sentence about a rejected order, and no customer's data."""

import json
from dataclasses import replace
from uuid import uuid4

import pytest
from tests.clients import administrator
from tests.receivers import Receivers
from tests.stack import DeployedStack
from tests.waiting import eventually

from patterns_local.platform import Platform
from patterns_shared.domain.events import EventType
from patterns_shared.testing import make_event

pytestmark = pytest.mark.integration


def test_a_rejected_order_is_a_sentence_to_every_subscriber(
    platform: Platform, async_stack: DeployedStack, receivers: Receivers
) -> None:
    """Once, with the order's id, and without the contact; other events are none of theirs."""
    topic = async_stack.environment("operators")["OPERATORS_TOPIC_ARN"]
    sns, sqs = administrator(platform, "sns"), administrator(platform, "sqs")
    url = sqs.create_queue(QueueName=f"operators-{uuid4()}")["QueueUrl"]
    attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]
    allowed = {"Effect": "Allow", "Principal": "*", "Action": "sqs:SendMessage", "Resource": attributes["QueueArn"]}
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": json.dumps({"Statement": [allowed]})})
    subscription = sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=attributes["QueueArn"])["SubscriptionArn"]
    try:
        kinds = (EventType.ORDER_FULFILLED, EventType.ORDER_REJECTED, EventType.ORDER_CANCELLED)
        events = [replace(make_event(kind), id=str(uuid4()), order_id=str(uuid4())) for kind in kinds]
        receivers.publish(events)
        read: list[str] = []

        def told() -> bool:
            answer = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)
            read.extend(message["Body"] for message in answer.get("Messages", []))
            return bool(read)

        eventually(told, seconds=60, pause=0.3)
        receivers.settle("operators")
        told()
    finally:
        sns.unsubscribe(SubscriptionArn=subscription)
        sqs.delete_queue(QueueUrl=url)
    (sentence,) = (json.loads(body)["Message"] for body in set(read))
    assert sentence.startswith(f"Order {events[1].order_id} was rejected: ")
    assert "@" not in "".join(read)
