"""The stack's own encryption key, for its logs and its alarms topic."""

from aws_cdk import ArnFormat, Duration, Stack, aws_kms
from aws_cdk import aws_iam as iam
from constructs import Construct

from patterns_infra.constructs.common.retention import keep_traces
from patterns_infra.settings import Settings

__all__ = ["EncryptionKey"]


class EncryptionKey(Construct):
    """A rotated key. CloudWatch alarms cannot publish to a topic under AWS's own SNS key, so the stack needs one."""

    def __init__(self, scope: Construct, construct_id: str, *, settings: Settings) -> None:
        """Let CloudWatch's alarms use the key, and its logs for this account's log groups only."""
        super().__init__(scope, construct_id)
        stack = Stack.of(self)
        self.key = aws_kms.Key(
            self,
            "Key",
            description=f"Logs and alarms of {stack.stack_name}",
            enable_key_rotation=True,
            pending_window=Duration.days(7),
            removal_policy=keep_traces(settings),
        )
        self.key.grant(iam.ServicePrincipal("cloudwatch.amazonaws.com"), "kms:Decrypt", "kms:GenerateDataKey*")
        groups = stack.format_arn(
            service="logs", resource="log-group", resource_name="*", arn_format=ArnFormat.COLON_RESOURCE_NAME
        )
        # A log group does not ask for this by itself, and without it CloudFormation cannot create one.
        self.key.grant(
            iam.ServicePrincipal(
                f"logs.{stack.region}.amazonaws.com",
                conditions={"ArnLike": {"kms:EncryptionContext:aws:logs:arn": groups}},
            ),
            *("kms:Encrypt*", "kms:Decrypt*", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:Describe*"),
        )
