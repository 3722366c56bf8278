"""The repositories of a pattern's container images, in a stack that is there before anything that runs them."""

from aws_cdk import aws_ssm as ssm
from constructs import Construct

from patterns_infra.constructs.common.image_repository import ImageRepository
from patterns_infra.container_images import repository_parameter
from patterns_infra.registry import Pattern
from patterns_infra.settings import Settings
from patterns_infra.stacks.placed_stack import PlacedStack

__all__ = ["ImagesStack"]


class ImagesStack(PlacedStack):
    """One repository for each image, its name published for the pattern's own stack and for whoever pushes."""

    def __init__(self, scope: Construct, construct_id: str, *, pattern: Pattern, settings: Settings) -> None:
        """Create them."""
        super().__init__(
            scope, construct_id, description=f"Container images of the pattern {pattern.name}", settings=settings
        )
        for package in pattern.images:
            name = package.title().replace("-", "")
            ssm.StringParameter(
                self,
                f"{name}Name",
                parameter_name=repository_parameter(settings.stage, package),
                string_value=ImageRepository(self, name).repository.repository_name,
                description=f"Repository of the image of {package}",
            )
