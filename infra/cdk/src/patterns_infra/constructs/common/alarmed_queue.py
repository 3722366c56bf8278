"""A queue with its dead-letter queue and alarms on both."""

from aws_cdk import Duration
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from patterns_infra.constructs.common.alarms import Alarms
from patterns_infra.constructs.common.dead_letter_queue import DeadLetterQueue
from patterns_infra.constructs.common.plain_http import acknowledge_plain_http
from patterns_infra.constructs.common.retention import keep_data
from patterns_infra.settings import Settings

__all__ = ["AlarmedQueue"]


class AlarmedQueue(Construct):
    """Some days in the queue; after ``max_receives`` receives, fourteen in the dead-letter queue.

    Consumers hide a message that failed for now for up to five minutes: 300 receives outlast twelve hours of outage.
    They themselves set aside what fails for good, and what fails for a reason that is not known to pass.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        settings: Settings,
        alarms: Alarms,
        visibility: Duration,
        retention: Duration | None = None,
        max_receives: int = 300,
        backlog_minutes: int = 15,
        title: str = "",
    ) -> None:
        """``title`` is what alarms call the queue.

        ``visibility`` is six times the consuming function's timeout, as Lambda asks for, and ``retention`` four days
        unless it is given.
        """
        super().__init__(scope, construct_id)
        title = title or construct_id
        self.max_receives = max_receives
        retention = retention or Duration.days(4)
        self.dead_letters = DeadLetterQueue(
            self,
            "DeadLetters",
            settings=settings,
            alarms=alarms,
            what_to_do=f"Messages of {title} failed for good, or too often. Read why with `patterns "
            f"dead-letters {title}`, and the consumer's log at that time; fix the cause; then put them back with "
            f"`patterns redrive {title}`.",
        )
        self.queue = sqs.Queue(
            self,
            "Queue",
            encryption=sqs.QueueEncryption.SQS_MANAGED,
            enforce_ssl=settings.on_aws,
            retention_period=retention,
            removal_policy=keep_data(settings),
            visibility_timeout=visibility,
            dead_letter_queue=sqs.DeadLetterQueue(queue=self.dead_letters.queue, max_receive_count=max_receives),
        )
        acknowledge_plain_http(self.queue, settings)
        self.age = self.queue.metric_approximate_age_of_oldest_message(period=Duration.minutes(1), statistic="Maximum")
        alarms.raise_when(
            self,
            "Backlog",
            metric=self.age,
            reaches=backlog_minutes * 60,
            minutes=5,
            what_to_do=f"Messages of {title} wait over {backlog_minutes} minutes. See whether the consumer "
            f"fails (its log) or is throttled (its concurrency); nothing is lost for {retention.to_days():g} days.",
        )
