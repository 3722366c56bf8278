"""The stack's own encryption key, for its logs and its alarms topic."""

from aws_cdk import Duration, aws_kms
from aws_cdk.aws_iam import ServicePrincipal
from constructs import Construct

from patterns_infra.constructs.retention import keep_traces
from patterns_infra.settings import Settings

__all__ = ["EncryptionKey"]


class EncryptionKey(Construct):
    """A rotated key. CloudWatch alarms cannot publish to a topic under AWS's own SNS key, so the stack needs one."""

    def __init__(self, scope: Construct, construct_id: str, *, settings: Settings) -> None:
        """Let CloudWatch's alarms use the key; log groups add themselves."""
        super().__init__(scope, construct_id)
        self.key = aws_kms.Key(
            self,
            "Key",
            description=f"Logs and alarms of {scope.node.id}",
            enable_key_rotation=True,
            pending_window=Duration.days(7),
            removal_policy=keep_traces(settings),
        )
        self.key.grant(ServicePrincipal("cloudwatch.amazonaws.com"), "kms:Decrypt", "kms:GenerateDataKey*")
