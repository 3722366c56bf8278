"""A queue of what could not be processed, with an alarm on the first message."""

from aws_cdk import Duration
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from patterns_infra.constructs.common.alarms import Alarms
from patterns_infra.constructs.common.plain_http import acknowledge_plain_http
from patterns_infra.constructs.common.retention import keep_data
from patterns_infra.settings import Settings

__all__ = ["DeadLetterQueue"]


class DeadLetterQueue(Construct):
    """Keeps messages for 14 days, the most that SQS can: a message's age moves with it from its source."""

    def __init__(
        self, scope: Construct, construct_id: str, *, settings: Settings, alarms: Alarms, what_to_do: str
    ) -> None:
        """``what_to_do`` is the alarm's description."""
        super().__init__(scope, construct_id)
        self.queue = sqs.Queue(
            self,
            "Queue",
            encryption=sqs.QueueEncryption.SQS_MANAGED,
            enforce_ssl=settings.on_aws,
            retention_period=Duration.days(14),
            removal_policy=keep_data(settings),
        )
        acknowledge_plain_http(self.queue, settings)
        self.visible = self.queue.metric_approximate_number_of_messages_visible(
            period=Duration.minutes(1), statistic="Maximum"
        )
        alarms.raise_when(self, "Messages", metric=self.visible, reaches=1, what_to_do=what_to_do)
