"""How many messages a receiver did what with, as its function counts them in its log (EMF)."""

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch

from patterns_infra.settings import Settings

__all__ = ["message_counts"]


def message_counts(receiver: str, *, settings: Settings) -> list[cloudwatch.IMetric]:
    """Return one line for each thing that became of messages, whatever there is; for dashboards, not for alarms."""
    found = f'{{Patterns,receiver,service,stage}} receiver="{receiver}" stage="{settings.stage}" MetricName="Messages"'
    search = f"SEARCH('{found}', 'Sum', 60)"
    return [cloudwatch.MathExpression(expression=search, label="", period=Duration.minutes(1))]
