"""Where the pattern's Helm chart is kept, as an OCI artefact."""

from aws_cdk import RemovalPolicy, Stack
from aws_cdk import aws_ecr as ecr
from constructs import Construct

from patterns_infra.kubernetes_names import OPERATOR
from patterns_infra.settings import Settings

__all__ = ["ChartRepository"]

_KEPT = 20


class ChartRepository(Construct):
    """Versions of the chart that are never changed, the old ones gone by themselves.

    Its name is fixed: ``helm push`` takes the registry and a prefix, and adds the chart's name.
    https://docs.aws.amazon.com/AmazonECR/latest/userguide/push-oci-artifact.html
    """

    def __init__(self, scope: Construct, construct_id: str, *, settings: Settings) -> None:
        """Create it; charts go with it, since they are made again from the sources."""
        super().__init__(scope, construct_id)
        prefix = f"patterns-{settings.stage}"
        self.repository = ecr.Repository(
            self,
            "Repository",
            repository_name=f"{prefix}/{OPERATOR}",
            image_tag_mutability=ecr.TagMutability.IMMUTABLE,
            lifecycle_rules=[ecr.LifecycleRule(description=f"The last {_KEPT} versions", max_image_count=_KEPT)],
            empty_on_delete=True,
            removal_policy=RemovalPolicy.DESTROY,
        )
        stack = Stack.of(self)
        self.registry = f"oci://{stack.account}.dkr.ecr.{stack.region}.{stack.url_suffix}/{prefix}"
        """Where to push to and to install from."""
