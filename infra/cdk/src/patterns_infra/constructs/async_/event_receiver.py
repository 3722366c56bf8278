"""One receiver of the order events: its queue with dead letters, its function with a role, and alarms on all of it."""

from collections.abc import Mapping

from aws_cdk import Duration
from aws_cdk.aws_kms import IKey
from constructs import Construct

from patterns_infra.bundles import Bundle
from patterns_infra.constructs.async_.order_events import OrderEvents
from patterns_infra.constructs.common.alarmed_queue import AlarmedQueue
from patterns_infra.constructs.common.alarms import Alarms
from patterns_infra.constructs.common.python_function import PythonFunction
from patterns_infra.constructs.common.queue_consumer import QueueConsumer
from patterns_infra.receivers import Receiver
from patterns_infra.settings import Settings

__all__ = ["EventReceiver"]


class EventReceiver(Construct):
    """Gets its share of the topic's events through a queue of its own; what it does with them, the stack grants."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        settings: Settings,
        events: OrderEvents,
        receiver: Receiver,
        bundle: Bundle,
        environment: Mapping[str, str],
        key: IKey,
        alarms: Alarms,
    ) -> None:
        """``environment`` are names that only the stack knows; the receiver's own figures are added."""
        super().__init__(scope, construct_id)
        self.queue = AlarmedQueue(
            self,
            "Inbox",
            settings=settings,
            alarms=alarms,
            visibility=Duration.seconds(receiver.queue.visibility_timeout_seconds),
            retention=Duration.days(receiver.queue.retention_days),
            max_receives=receiver.queue.max_receive_count,
            title=construct_id,
        )
        events.subscribe_queue(self, queue=self.queue, filter_policy=receiver.filter_policy)
        self.consumer = PythonFunction(
            self,
            "Consumer",
            settings=settings,
            bundle=bundle,
            handler=receiver.handler,
            description=receiver.summary,
            environment={
                "QUEUE_URL": self.queue.queue.queue_url,
                "DEAD_LETTER_URL": self.queue.dead_letters.queue.queue_url,
                "MAX_RECEIVES": str(receiver.queue.max_receive_count),
                **receiver.environment.get(settings.target, {}),
                **environment,
            },
            key=key,
            alarms=alarms,
            memory=receiver.function.memory_megabytes,
            timeout=Duration.seconds(receiver.function.timeout_seconds),
            title=construct_id,
        )
        QueueConsumer(
            self,
            "Feed",
            queue=self.queue,
            consumer=self.consumer,
            batch_size=receiver.batch.size,
            window_seconds=receiver.batch.window_seconds,
            concurrency=receiver.batch.maximum_concurrency,
        )
        self.consumer.allow(["sqs:SendMessage"], self.queue.dead_letters.queue.queue_arn)
        # To hide a message that failed for now until it is worth trying again.
        self.consumer.allow(["sqs:ChangeMessageVisibility"], self.queue.queue.queue_arn)
