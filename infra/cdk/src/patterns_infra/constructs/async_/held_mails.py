"""Alarms on mails that wait because the account may not send: one for each cause, since each needs another repair."""

import json

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

from patterns_infra.constructs.common.alarms import Alarms
from patterns_infra.paths import REPOSITORY
from patterns_infra.settings import Settings

__all__ = ["FAULTS", "HeldMails"]

FAULTS = REPOSITORY / "patterns" / "async" / "account_faults.json"
"""What to do, by cause: the pattern's own list, which its tests compare with its code."""
_MINUTES = 60
"""Within which a waiting mail is tried at least once: the alarm stays until the last one went out."""


class HeldMails(Construct):
    """``MailsHeld``, which the notify function counts by ``cause``."""

    def __init__(self, scope: Construct, construct_id: str, *, settings: Settings, alarms: Alarms) -> None:
        """Create the alarms."""
        super().__init__(scope, construct_id)
        self.metrics: list[cloudwatch.IMetric] = []
        for cause, what_to_do in json.loads(FAULTS.read_text()).items():
            metric = cloudwatch.Metric(
                namespace="Patterns",
                metric_name="MailsHeld",
                dimensions_map={"service": "async", "stage": settings.stage, "cause": cause},
                statistic="Sum",
                period=Duration.minutes(1),
            )
            alarms.raise_when(
                self,
                cause.title().replace("_", ""),
                metric=metric,
                reaches=1,
                within=_MINUTES,
                what_to_do=f"Mails to customers wait: {cause}. {what_to_do} They go out by themselves within half an "
                "hour of the repair; four days are left for it.",
            )
            self.metrics.append(metric.with_(label=cause))
