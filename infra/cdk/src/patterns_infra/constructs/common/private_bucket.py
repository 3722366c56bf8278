"""A bucket that nobody sees from outside: encrypted, versioned, TLS only, with an end to what is not needed."""

from collections.abc import Sequence
from typing import cast

from aws_cdk import aws_s3 as s3
from constructs import Construct

from patterns_infra.constructs.common.acknowledgement import acknowledge
from patterns_infra.constructs.common.retention import keep_data
from patterns_infra.settings import Settings

__all__ = ["PrivateBucket"]


class PrivateBucket(Construct):
    """In production it outlives its stack: what is in it is data. Elsewhere `remove_stack` empties it first."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        settings: Settings,
        lifecycle: Sequence[s3.LifecycleRule],
        tells: bool = False,
    ) -> None:
        """With ``tells`` EventBridge hears of every object that is put into it."""
        super().__init__(scope, construct_id)
        self.bucket = s3.Bucket(
            self,
            "Bucket",
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            encryption=s3.BucketEncryption.S3_MANAGED,
            # The local platform speaks plain http only.
            enforce_ssl=settings.on_aws,
            versioned=True,
            lifecycle_rules=list(lifecycle),
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            removal_policy=keep_data(settings),
        )
        if tells:
            # CloudFormation's own property; the CDK's would be a Lambda function of its own.
            told = s3.CfnBucket.NotificationConfigurationProperty(
                event_bridge_configuration=s3.CfnBucket.EventBridgeConfigurationProperty(event_bridge_enabled=True)
            )
            cast("s3.CfnBucket", self.bucket.node.default_child).notification_configuration = told
        acknowledge(
            self.bucket,
            "AwsSolutions-S1",
            "Who reads and writes it are this stack's own roles; the trail of the account tells of data events.",
        )
        if not settings.on_aws:
            acknowledge(self.bucket, "AwsSolutions-S10", "The local platform speaks http only; on AWS it refuses it.")
