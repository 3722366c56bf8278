"""Logs as every construct keeps them: encrypted, and for no longer than needed."""

from aws_cdk import aws_logs as logs
from aws_cdk.aws_kms import IKey
from constructs import Construct

from patterns_infra.constructs.common.retention import keep_traces, log_retention
from patterns_infra.settings import Settings

__all__ = ["encrypted_log_group"]


def encrypted_log_group(
    scope: Construct, construct_id: str, *, settings: Settings, key: IKey, name: str | None = None
) -> logs.LogGroup:
    """Create a log group; without a ``name`` CloudFormation gives it one."""
    return logs.LogGroup(
        scope,
        construct_id,
        log_group_name=name,
        retention=log_retention(settings),
        encryption_key=key,
        removal_policy=keep_traces(settings),
    )
