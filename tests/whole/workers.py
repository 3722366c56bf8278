"""What takes messages from the queues: functions as Lambda feeds them, and the lane of a worker's pod."""

import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any, cast

from aws_lambda_powertools import Logger
from tests.whole.buses import Topic
from tests.whole.queues import Queue, QueueClient

from patterns_k8s.worker.fulfilment import Fulfilment
from patterns_k8s.worker.health import Health
from patterns_k8s.worker.holding import Holding
from patterns_k8s.worker.lanes import Lane
from patterns_k8s.worker.publishing import PatientPublisher
from patterns_k8s.worker.work_queue import WorkQueue
from patterns_shared.adapters.dead_letters import SqsDeadLetters
from patterns_shared.adapters.event_messages import event_from_body, event_from_delivery
from patterns_shared.adapters.event_receiver import HandleEvents, Receiver
from patterns_shared.adapters.message_reports import Reporter
from patterns_shared.adapters.queue_visibility import QueueVisibility
from patterns_shared.adapters.sns import Attributes, SnsPublisher, attributes_of
from patterns_shared.adapters.sqs_batch import Message
from patterns_shared.domain.errors import TemporarilyUnavailable
from patterns_shared.domain.events import Event

__all__ = ["Function", "Worker"]

_TOPIC = "arn:aws:sns:us-east-1:123456789012:patterns-test-order-events"
_PAUSES = 2
"""Pauses of a publisher, after which its pod is stopped."""


class SilentReporter(Reporter):
    """Writes no lines and no metrics: they are most of a message's time."""

    def __init__(self) -> None:
        """Need nothing."""

    def done(self, message_id: str, event: Event, outcome: str) -> None:
        """Write nothing."""

    def failed(self, message: Message, error: Exception, *, dead_lettered: bool) -> None:
        """Write nothing."""

    def flush(self) -> None:
        """Write nothing."""


class Function:
    """A function behind a queue: what it does not name as failed is deleted; after a crash nothing is."""

    def __init__(
        self,
        queue: Queue,
        handle: HandleEvents,
        *,
        client: QueueClient,
        logger: Logger,
        read: Callable[[str], Event] = event_from_body,
        most: int = 10,
    ) -> None:
        """``most`` messages come at once."""
        assert queue.dead_letters is not None
        sqs = cast("Any", client)
        self._queue = queue
        self._handle = handle
        self._client = client
        self._most = most
        self._receiver = Receiver(
            dead_letters=SqsDeadLetters(sqs, queue.dead_letters.name),
            reporter=SilentReporter(),
            last_receive=queue.max_receives,
            after_batch=QueueVisibility(sqs, queue.name, logger=logger, jitter=lambda _, most: most).hide,
            read=read,
        )

    def turn(self, size: int) -> None:
        """Have up to ``size`` messages handled."""
        taken = self._queue.take(min(size, self._most), self._client.now, skip=self._client.skip)
        if not taken:
            return
        records = [
            {
                "messageId": message.id,
                "receiptHandle": message.receipt,
                "body": message.body,
                "attributes": {"ApproximateReceiveCount": str(message.receives)},
            }
            for message in taken
        ]
        failed = self._receiver.receive({"Records": records}, self._handle)["batchItemFailures"]
        names = {each["itemIdentifier"] for each in failed}
        done = [message for message in taken if message.id not in names]
        if self._client.deletes:
            for message in done:
                self._queue.messages.pop(message.id, None)


class Worker:
    """A pod of the Kubernetes pattern: one lane, whose publisher waits for the topic until the pod is stopped."""

    def __init__(
        self, queue: Queue, *, client: QueueClient, topic: Topic, sleep: Callable[[float], None], logger: Logger
    ) -> None:
        """``attributes`` are those of its messages, whatever the bodies say."""
        assert queue.dead_letters is not None
        sqs = cast("Any", client)
        self.attributes: Callable[[Event], Attributes] = attributes_of
        self._pauses = 0
        self._sleep = sleep
        work = WorkQueue(sqs, queue.name, logger=logger)
        publisher = PatientPublisher(
            SnsPublisher(cast("Any", topic), _TOPIC, attributes=self._attributes_now, sleep=sleep),
            stop=self,
            waiting=lambda _: None,
            flowing=lambda: None,
            jitter=lambda _, most: most,
        )
        receiver = Receiver(
            dead_letters=SqsDeadLetters(sqs, queue.dead_letters.name),
            reporter=SilentReporter(),
            last_receive=queue.max_receives,
            read=event_from_delivery,
        )
        fulfilment = Fulfilment(publisher)

        def lane(size: int) -> Lane:
            return Lane(
                work,
                lambda batch: receiver.receive(batch, fulfilment),
                size=size,
                poll_seconds=0,
                holding=Holding(work, visibility=queue.visibility),
                pulse=Health(limit=60.0).pulse("lane"),
                stop=threading.Event(),
                logger=logger,
                jitter=lambda _, most: most,
            )

        self._lane = lane

    def _attributes_now(self, event: Event) -> Attributes:
        return self.attributes(event)

    def turn(self, size: int) -> None:
        """See up to ``size`` messages through; a queue that cannot be read is asked again by the next turn."""
        self._pauses = 0
        with suppress(TemporarilyUnavailable):
            self._lane(size).turn()

    def is_set(self) -> bool:
        """Whether the pod is to end."""
        return self._pauses >= _PAUSES

    def wait(self, timeout: float) -> bool:
        """Let the pause pass."""
        self._sleep(timeout)
        self._pauses += 1
        return self.is_set()
