"""The stack's alarms and the topic that tells of them."""

from aws_cdk import ArnFormat, Stack
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sns as sns
from aws_cdk.aws_kms import IKey
from aws_cdk.aws_sns_subscriptions import EmailSubscription
from constructs import Construct

from patterns_infra.settings import Settings

__all__ = ["Alarms"]


class Alarms(Construct):
    """An encrypted topic, an email subscription when somebody is named, and every alarm that was raised on it."""

    def __init__(self, scope: Construct, construct_id: str, *, settings: Settings, key: IKey) -> None:
        """Create the topic."""
        super().__init__(scope, construct_id)
        self.topic = sns.Topic(self, "Topic", master_key=key, enforce_ssl=settings.on_aws)
        alarms = Stack.of(self).format_arn(
            service="cloudwatch", resource="alarm", resource_name="*", arn_format=ArnFormat.COLON_RESOURCE_NAME
        )
        self.topic.add_to_resource_policy(
            iam.PolicyStatement(
                actions=["sns:Publish"],
                principals=[iam.ServicePrincipal("cloudwatch.amazonaws.com")],
                resources=[self.topic.topic_arn],
                conditions={"ArnLike": {"aws:SourceArn": alarms}},
            )
        )
        if settings.alarm_email:
            self.topic.add_subscription(EmailSubscription(settings.alarm_email))
        self.raised: list[cloudwatch.Alarm] = []

    def raise_when(
        self,
        scope: Construct,
        construct_id: str,
        *,
        metric: cloudwatch.IMetric,
        reaches: float,
        what_to_do: str,
        minutes: int = 1,
        within: int | None = None,
    ) -> cloudwatch.Alarm:
        """Raise an alarm on the topic.

        Args:
            scope: what the alarm is about.
            construct_id: a noun, such as ``Errors``.
            metric: its period must be a minute; no data is no alarm.
            reaches: the value from which on the alarm is raised.
            what_to_do: the alarm's description, for the person who was woken.
            minutes: how many minutes in a row, or of the last ones.
            within: of how many last minutes, for what is tried only now and then; by default of ``minutes``.
        """
        alarm = cloudwatch.Alarm(
            scope,
            construct_id,
            metric=metric,
            threshold=reaches,
            evaluation_periods=within or minutes,
            datapoints_to_alarm=minutes if within else None,
            comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
            treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
            alarm_description=what_to_do,
        )
        return self._with_action(alarm)

    def raise_when_below(
        self, scope: Construct, construct_id: str, *, metric: cloudwatch.IMetric, below: float, what_to_do: str
    ) -> cloudwatch.Alarm:
        """Raise an alarm when the metric is below a value in one of its own periods; no data is no alarm."""
        no_alarm = cloudwatch.TreatMissingData.NOT_BREACHING
        return self._raise_below(below, no_alarm, scope, construct_id, metric=metric, what_to_do=what_to_do)

    def raise_when_missing(
        self, scope: Construct, construct_id: str, *, metric: cloudwatch.IMetric, what_to_do: str
    ) -> cloudwatch.Alarm:
        """Raise an alarm when the metric, a sum, is zero or has no data for one of its own periods."""
        alarm = cloudwatch.TreatMissingData.BREACHING
        return self._raise_below(1, alarm, scope, construct_id, metric=metric, what_to_do=what_to_do)

    def _raise_below(
        self,
        below: float,
        missing: cloudwatch.TreatMissingData,
        scope: Construct,
        construct_id: str,
        *,
        metric: cloudwatch.IMetric,
        what_to_do: str,
    ) -> cloudwatch.Alarm:
        alarm = cloudwatch.Alarm(
            scope,
            construct_id,
            metric=metric,
            threshold=below,
            evaluation_periods=1,
            comparison_operator=cloudwatch.ComparisonOperator.LESS_THAN_THRESHOLD,
            treat_missing_data=missing,
            alarm_description=what_to_do,
        )
        return self._with_action(alarm)

    def _with_action(self, alarm: cloudwatch.Alarm) -> cloudwatch.Alarm:
        alarm.add_alarm_action(actions.SnsAction(self.topic))
        self.raised.append(alarm)
        return alarm
