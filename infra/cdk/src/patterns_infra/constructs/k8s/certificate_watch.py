"""Watches the age of the certificate by which the API server knows the operator's webhook."""

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_logs as logs
from constructs import Construct

from patterns_infra.constructs.common.alarms import Alarms
from patterns_infra.kubernetes_names import CERTIFICATE, OPERATOR_NAMESPACE

__all__ = ["CertificateWatch"]

_DAYS_LEFT = "$.log_processed.certificate_days_left"
"""Where Container Insights' Fluent Bit puts a field of a JSON line (its Merge_Log_Key):
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Container-Insights-setup-logs-FluentBit.html"""
_LEAST_DAYS = 90
"""It is renewed with a third of a year left, by a job each day: with 90 days left, that has failed for a month."""


class CertificateWatch(Construct):
    """A metric of what each operator says of its certificate once an hour, and an alarm on the oldest.

    It is about the certificate that is served, whatever should have renewed it. Without an operator nothing is said.

    Attributes:
        days_left: until the certificate ends.
    """

    def __init__(self, scope: Construct, construct_id: str, *, alarms: Alarms, log: logs.ILogGroup, stage: str) -> None:
        """``log`` is that of the cluster's pods."""
        super().__init__(scope, construct_id)
        written = logs.MetricFilter(
            self,
            "Said",
            log_group=log,
            filter_pattern=logs.FilterPattern.number_value(_DAYS_LEFT, ">=", 0),
            metric_namespace=f"Patterns/{stage}",
            metric_name="WebhookCertificateDaysLeft",
            metric_value=_DAYS_LEFT,
        )
        self.days_left: cloudwatch.IMetric = written.metric(statistic="Minimum", period=Duration.hours(6))
        alarms.raise_when_below(
            self,
            "Ending",
            metric=self.days_left,
            below=_LEAST_DAYS,
            what_to_do=(
                f"The certificate of the operator's webhook ends in less than {_LEAST_DAYS} days and was not renewed. "
                f"When it has ended, no OrderProcessor can be applied. See why: kubectl logs -n {OPERATOR_NAMESPACE} "
                f"--selector app.kubernetes.io/name={CERTIFICATE}. Renew it now: kubectl create job "
                f"-n {OPERATOR_NAMESPACE} --from=cronjob/{CERTIFICATE} renew-now"
            ),
        )
