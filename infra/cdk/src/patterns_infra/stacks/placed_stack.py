"""What every stack is told: where it goes, and which zones it may name."""

from aws_cdk import Environment, Fn, Stack
from constructs import Construct

from patterns_infra.settings import Settings

__all__ = ["PlacedStack"]


class PlacedStack(Stack):
    """A stack in its account and region; production's cannot be deleted by accident."""

    def __init__(self, scope: Construct, construct_id: str, *, description: str, settings: Settings) -> None:
        """Give it its place."""
        super().__init__(
            scope,
            construct_id,
            env=Environment(account=settings.deploy_account, region=settings.region),
            description=description,
            termination_protection=settings.production,
        )
        self._zones = settings.availability_zones

    @property
    def availability_zones(self) -> list[str]:
        """The zones of the settings, else two of the region's, whichever they are.

        The template must not depend on who asks where: the CDK would look zones up when account and region are known,
        and take invented ones while it cannot.
        """
        return list(self._zones) or [Fn.select(number, Fn.get_azs()) for number in range(2)]
