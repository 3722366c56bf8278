"""What tells that a table is asked for more than it gives."""

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk.aws_dynamodb import Table
from constructs import Construct

from patterns_infra.constructs.common.alarms import Alarms

__all__ = ["ThrottlingAlarms"]


class ThrottlingAlarms(Construct):
    """Throttled requests a minute, and an alarm on each kind of them."""

    def __init__(
        self, scope: Construct, construct_id: str, *, table: Table, alarms: Alarms, items: str, effect: str
    ) -> None:
        """``items`` is what the table holds, ``effect`` what becomes of whoever is throttled, for the alarm's text."""
        super().__init__(scope, construct_id)
        self.metrics: list[cloudwatch.IMetric] = []
        for kind in ("Read", "Write"):
            metric = table.metric(f"{kind}ThrottleEvents", statistic="Sum", period=Duration.minutes(1))
            self.metrics.append(metric.with_(label=f"{items}, {kind.lower()}s"))
            alarms.raise_when(
                self,
                f"{kind}s",
                metric=metric,
                reaches=1,
                minutes=3,
                what_to_do=f"DynamoDB throttles {kind.lower()}s of {items}; {effect}. Look for one hot key, then for "
                "the table's or the account's maximum throughput.",
            )
