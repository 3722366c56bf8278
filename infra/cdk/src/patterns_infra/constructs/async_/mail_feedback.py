"""Bounces and complaints: the configuration set that mails go through, and who hears of what comes back."""

from aws_cdk import Aws, Duration, Stack
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_ses as ses
from aws_cdk.aws_kms import IKey
from constructs import Construct

from patterns_infra.bundles import Bundle
from patterns_infra.constructs.common.alarmed_queue import AlarmedQueue
from patterns_infra.constructs.common.alarms import Alarms
from patterns_infra.constructs.common.keyed_table import KeyedTable
from patterns_infra.constructs.common.python_function import PythonFunction
from patterns_infra.constructs.common.queue_consumer import QueueConsumer
from patterns_infra.settings import Settings

__all__ = ["MailFeedback", "configuration_set_arn"]

_TIMEOUT_SECONDS = 30
_MAX_RECEIVES = 400
"""At three minutes each: an outage of the table for 20 hours, well within the queue's four days."""


class MailFeedback(Construct):
    """SES tells the default bus of each bounce and complaint; a function keeps the addresses to give up.

    SES's own suppression list of the account is on for this set, too: it protects the account's reputation, also where
    the function is late, and outlives the stack.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        settings: Settings,
        bundle: Bundle,
        suppressions: KeyedTable,
        key: IKey,
        alarms: Alarms,
    ) -> None:
        """Create the configuration set, the queue and the function."""
        super().__init__(scope, construct_id)
        self.configuration_set = ses.CfnConfigurationSet(
            self,
            "Set",
            suppression_options=ses.CfnConfigurationSet.SuppressionOptionsProperty(
                suppressed_reasons=["BOUNCE", "COMPLAINT"]
            ),
            reputation_options=ses.CfnConfigurationSet.ReputationOptionsProperty(reputation_metrics_enabled=True),
        )
        self._tell_the_bus()
        self.queue = AlarmedQueue(
            self,
            "Inbox",
            settings=settings,
            alarms=alarms,
            visibility=Duration.seconds(6 * _TIMEOUT_SECONDS),
            max_receives=_MAX_RECEIVES,
            title="Bounces",
        )
        events.Rule(
            self,
            "Feedback",
            description="Mails of this stack that bounced or were called spam",
            event_pattern=events.EventPattern(
                source=["aws.ses"],
                detail_type=["Email Bounced", "Email Complaint Received"],
                detail={"mail": {"tags": {"ses:configuration-set": [self.configuration_set.ref]}}},
            ),
            targets=[targets.SqsQueue(self.queue.queue, dead_letter_queue=self.queue.dead_letters.queue)],
        )
        self.consumer = PythonFunction(
            self,
            "Consumer",
            settings=settings,
            bundle=bundle,
            handler="patterns_async.entrypoints.bounces.lambda_handler",
            description="Keeps addresses that mail must not go to again.",
            environment={
                "QUEUE_URL": self.queue.queue.queue_url,
                "DEAD_LETTER_URL": self.queue.dead_letters.queue.queue_url,
                "MAX_RECEIVES": str(_MAX_RECEIVES),
                "SUPPRESSIONS_TABLE": suppressions.table.table_name,
            },
            key=key,
            alarms=alarms,
            timeout=Duration.seconds(_TIMEOUT_SECONDS),
            title="Bounces",
        )
        QueueConsumer(self, "Feed", queue=self.queue, consumer=self.consumer)
        self.consumer.allow(["sqs:SendMessage"], self.queue.dead_letters.queue.queue_arn)
        self.consumer.allow(["dynamodb:UpdateItem"], suppressions.table.table_arn)

    @property
    def arn(self) -> str:
        """The configuration set's ARN."""
        return configuration_set_arn(Stack.of(self), self.configuration_set.ref)

    def _tell_the_bus(self) -> None:
        bus = f"arn:{Aws.PARTITION}:events:{Aws.REGION}:{Aws.ACCOUNT_ID}:event-bus/default"
        ses.CfnConfigurationSetEventDestination(
            self,
            "Destination",
            configuration_set_name=self.configuration_set.ref,
            event_destination=ses.CfnConfigurationSetEventDestination.EventDestinationProperty(
                enabled=True,
                matching_event_types=["BOUNCE", "COMPLAINT"],
                event_bridge_destination=ses.CfnConfigurationSetEventDestination.EventBridgeDestinationProperty(
                    event_bus_arn=bus
                ),
            ),
        )


def configuration_set_arn(stack: Stack, name: str) -> str:
    """Return the ARN of a configuration set of this name."""
    return stack.format_arn(service="ses", resource="configuration-set", resource_name=name)
