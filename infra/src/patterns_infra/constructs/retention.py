"""How long data and logs outlive what made them."""

from aws_cdk import RemovalPolicy
from aws_cdk.aws_logs import RetentionDays

from patterns_infra.settings import Settings

__all__ = ["keep_data", "keep_traces", "log_retention"]


def keep_data(settings: Settings) -> RemovalPolicy:
    """Customers' data outlives its stack on AWS; the local platform is disposable."""
    return RemovalPolicy.RETAIN if settings.on_aws else RemovalPolicy.DESTROY


def keep_traces(settings: Settings) -> RemovalPolicy:
    """Logs, and the key that reads them, outlive their stack in production only."""
    return RemovalPolicy.RETAIN if settings.production else RemovalPolicy.DESTROY


def log_retention(settings: Settings) -> RetentionDays:
    """A year in production, a month elsewhere."""
    return RetentionDays.ONE_YEAR if settings.production else RetentionDays.ONE_MONTH
