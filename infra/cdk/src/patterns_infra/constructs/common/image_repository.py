"""Where a program's images are kept: scanned when they come, never changed, the old ones gone by themselves."""

from aws_cdk import RemovalPolicy
from aws_cdk import aws_ecr as ecr
from aws_cdk import aws_ssm as ssm
from constructs import Construct

from patterns_infra.container_images import repository_parameter
from patterns_infra.settings import Settings

__all__ = ["ImageRepository", "published_repository"]

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


def published_repository(scope: Construct, construct_id: str, *, settings: Settings, package: str) -> ecr.IRepository:
    """Return the repository of a member's image, which the pattern's stack of images made and published.

    CloudFormation looks its name up whenever the stack is deployed.
    """
    name = ssm.StringParameter.value_for_string_parameter(scope, repository_parameter(settings.stage, package))
    return ecr.Repository.from_repository_name(scope, construct_id, name)
