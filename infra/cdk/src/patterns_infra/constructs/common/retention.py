"""How long data and logs outlive what made them.

Only production keeps anything: another stage is gone with its stacks, so that it can be deployed again. Production
keeps it except where a first deployment is rolled back (``RetainExceptOnCreate``): what was never in use would only
stand in the way of the next one.
"""

from aws_cdk import RemovalPolicy
from aws_cdk.aws_logs import RetentionDays

from patterns_infra.settings import Settings

__all__ = ["keep_data", "keep_traces", "log_retention"]


def keep_data(settings: Settings) -> RemovalPolicy:
    """Customers' data outlives its stack in production only."""
    return _kept_once_created(settings)


def keep_traces(settings: Settings) -> RemovalPolicy:
    """Logs, and the key that reads them, outlive their stack in production only."""
    return _kept_once_created(settings)


def _kept_once_created(settings: Settings) -> RemovalPolicy:
    return RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE if settings.production else RemovalPolicy.DESTROY


def log_retention(settings: Settings) -> RetentionDays:
    """A year in production, a month elsewhere."""
    return RetentionDays.ONE_YEAR if settings.production else RetentionDays.ONE_MONTH
