"""A queue of orders, the topic that is told of them, and an ear at it: one OrderProcessor's surroundings."""

import json
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

from tests.kube_cluster import NAMESPACE, KubeCluster

from patterns_local.local_aws import ACCOUNT, REGION
from patterns_shared.adapters.order_ids import new_order_id
from patterns_shared.domain.events import Event, change_event_id, outcome_event_id
from patterns_shared.domain.orders import place_order
from patterns_shared.testing import body_of, make_event
from patterns_shared.testing.orders_generator import OrderGenerator

__all__ = ["OrderQueue", "outcomes_of", "placed_orders"]

_AT_ONCE = 8
_DEPTHS = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]


def placed_orders(count: int, *, seed: int = 1) -> list[Event]:
    """Return so many OrderPlaced events of new orders; baskets follow from the seed."""
    instants = (datetime.now(UTC) for _ in range(count))
    orders = (
        place_order(
            order_id=new_order_id(placed_at),
            customer_id="customer-1",
            contact_email="customer-1@example.com",
            requested=basket,
            placed_at=placed_at,
        )
        for basket, placed_at in zip(OrderGenerator(seed), instants, strict=False)
    )
    return [make_event(order=order, id=change_event_id(order.order_id, 1)) for order in orders]


def outcomes_of(events: Iterable[Event]) -> set[str]:
    """Return the ids of the outcomes that the topic must be told of."""
    return {outcome_event_id(event.id) for event in events}


class OrderQueue:
    """Queue, dead letters, topic and SSM names, made by the administrator; each name is in use once.

    Attributes:
        name: of the OrderProcessor.
        url: of the queue.
    """

    def __init__(self, cluster: KubeCluster, name: str, *, visibility: int = 30, max_receives: int = 5) -> None:
        """Make queue and dead letters; topic and names come by `publish`."""
        self.name = name
        self._cluster = cluster
        self._sqs, self._sns = cluster.client("sqs"), cluster.client("sns")
        self._parameters = cluster.client("ssm")
        self._key = name.replace("-", "_")
        self._traits = {"VisibilityTimeout": str(visibility)}
        self._max_receives = max_receives
        self._dead_letters = self._sqs.create_queue(QueueName=f"{name}-dead-letters")["QueueUrl"]
        self._ear = self._sqs.create_queue(QueueName=f"{name}-ear", Attributes={"Policy": _hears(name)})["QueueUrl"]
        self._heard: Counter[str] = Counter()
        self.events: list[dict[str, Any]] = []
        self.url = self.make_queue()

    def make_queue(self) -> str:
        """Make the queue, again if it was deleted, and return its URL."""
        redrive = {"deadLetterTargetArn": _arn("sqs", f"{self.name}-dead-letters")}
        redrive_policy = json.dumps(redrive | {"maxReceiveCount": self._max_receives})
        attributes = self._traits | {"RedrivePolicy": redrive_policy}
        url: str = self._sqs.create_queue(QueueName=self.name, Attributes=attributes)["QueueUrl"]
        return url

    def delete_queue(self) -> None:
        """Take the queue away, with what is in it."""
        self._sqs.delete_queue(QueueUrl=self.url)

    def make_topic(self) -> None:
        """Make the topic with its ear, as its stack does when it is deployed."""
        arn = self._sns.create_topic(Name=self.name)["TopicArn"]
        raw = {"RawMessageDelivery": "true"}
        self._sns.subscribe(TopicArn=arn, Protocol="sqs", Endpoint=_arn("sqs", f"{self.name}-ear"), Attributes=raw)

    def delete_topic(self) -> None:
        """Take the topic away, as its stack does when it is destroyed: the name goes later."""
        self._sns.delete_topic(TopicArn=_arn("sns", self.name))

    def publish(self, *, queue: bool = True, topic: bool = True) -> None:
        """Publish the names under which the operator looks for them, the topic with the topic itself."""
        if queue:
            self._put(f"k8s/{self._key}", self.url)
        if topic:
            self.make_topic()
            self._put(f"async/{self._key}", _arn("sns", self.name))

    def unpublish(self, which: str) -> None:
        """Take the name of the ``queue`` or the ``topic`` back."""
        pattern = {"queue": "k8s", "topic": "async"}[which]
        self._parameters.delete_parameter(Name=f"/patterns/local/{pattern}/{self._key}")

    def processor(self, **spec: Any) -> dict[str, Any]:  # noqa: ANN401 - fields of a spec
        """Return an OrderProcessor for this queue and topic."""
        return {
            "apiVersion": "patterns.example.com/v1",
            "kind": "OrderProcessor",
            "metadata": {"name": self.name, "namespace": NAMESPACE},
            "spec": {
                "image": "example.com/patterns-k8s:v1",
                "queue": f"k8s/{self._key}",
                "topic": f"async/{self._key}",
                "replicas": {"min": 1, "max": 2},
                "scaling": {"messagesPerPod": 100, "cooldownSeconds": 10},
                **spec,
            },
        }

    def send(self, events: Sequence[Event]) -> None:
        """Put events into the queue."""
        self.send_bodies([body_of(event) for event in events])

    def send_bodies(self, bodies: Sequence[str]) -> None:
        """Put texts into the queue as they are, several senders at once."""

        def put(batch: Sequence[str]) -> None:
            entries: list[Any] = [{"Id": str(n), "MessageBody": body} for n, body in enumerate(batch)]
            assert not self._sqs.send_message_batch(QueueUrl=self.url, Entries=entries).get("Failed")

        with ThreadPoolExecutor(_AT_ONCE) as senders:
            list(senders.map(put, (bodies[start : start + 10] for start in range(0, len(bodies), 10))))

    def depth(self) -> tuple[int, int]:
        """Return how many messages wait and how many are in work or hidden."""
        found = self._sqs.get_queue_attributes(QueueUrl=self.url, AttributeNames=_DEPTHS)["Attributes"]
        return int(found[_DEPTHS[0]]), int(found[_DEPTHS[1]])

    def heard(self) -> Counter[str]:
        """Return how often the topic told of each event so far, by event id."""
        while messages := self._sqs.receive_message(QueueUrl=self._ear, MaxNumberOfMessages=10).get("Messages"):
            entries = [{"Id": str(n), "ReceiptHandle": each["ReceiptHandle"]} for n, each in enumerate(messages)]
            self._sqs.delete_message_batch(QueueUrl=self._ear, Entries=entries)
            told = [json.loads(message["Body"]) for message in messages]
            self.events += told
            self._heard.update(event["id"] for event in told)
        return self._heard

    def wait_told(self, ids: set[str], *, seconds: float = 60) -> Counter[str]:
        """Wait until the topic told of all these events and return how often of each that it told of.

        Raises:
            AssertionError: it did not; says how many are missing.
        """
        deadline = time.monotonic() + seconds
        while (missing := ids - self.heard().keys()) and time.monotonic() < deadline:
            time.sleep(0.2)
        assert not missing, f"{len(missing)} of {len(ids)} were not told of within {seconds:g} s: {self.depth()}"
        return self.heard()

    def letters(self) -> list[tuple[str, str]]:
        """Take the dead letters and return them as pairs of body and reason."""
        found = []
        asked = {"MaxNumberOfMessages": 10, "MessageAttributeNames": ["All"]}
        while messages := self._sqs.receive_message(QueueUrl=self._dead_letters, **asked).get("Messages"):
            for message in messages:
                self._sqs.delete_message(QueueUrl=self._dead_letters, ReceiptHandle=message["ReceiptHandle"])
                reason = message.get("MessageAttributes", {}).get("reason", {}).get("StringValue", "")
                found.append((message["Body"], reason))
        return found

    def _put(self, name: str, value: str) -> None:
        self._parameters.put_parameter(Name=f"/patterns/local/{name}", Value=value, Type="String", Overwrite=True)


def _arn(service: str, name: str) -> str:
    return f"arn:aws:{service}:{REGION}:{ACCOUNT}:{name}"


def _hears(name: str) -> str:
    """Return the policy by which the topic may send to its ear."""
    allowed = {
        "Effect": "Allow",
        "Principal": {"Service": "sns.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": _arn("sqs", f"{name}-ear"),
        "Condition": {"ArnEquals": {"aws:SourceArn": _arn("sns", name)}},
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
