"""Where a program's images are kept: scanned when they come, never changed, the old ones gone by themselves."""

from aws_cdk import RemovalPolicy
from aws_cdk import aws_ecr as ecr
from constructs import Construct

__all__ = ["ImageRepository"]

_KEPT = 20


class ImageRepository(Construct):
    """A tag is the hash of its content, so that it never has to change."""

    def __init__(self, scope: Construct, construct_id: str) -> None:
        """Create it; images go with it, since they are made anew from the sources."""
        super().__init__(scope, construct_id)
        self.repository = ecr.Repository(
            self,
            "Repository",
            image_scan_on_push=True,
            image_tag_mutability=ecr.TagMutability.IMMUTABLE,
            lifecycle_rules=[ecr.LifecycleRule(description=f"The last {_KEPT} images", max_image_count=_KEPT)],
            empty_on_delete=True,
            removal_policy=RemovalPolicy.DESTROY,
        )
