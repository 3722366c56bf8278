"""Names that other patterns and the command line look up at run time."""

from collections.abc import Mapping

from aws_cdk import aws_ssm as ssm
from constructs import Construct

from patterns_infra.registry import Pattern
from patterns_infra.settings import Settings

__all__ = ["PublishedNames"]


class PublishedNames(Construct):
    """SSM parameters ``/patterns/{stage}/{pattern}/{name}``, exactly those that the registry promises."""

    def __init__(
        self, scope: Construct, construct_id: str, *, settings: Settings, pattern: Pattern, values: Mapping[str, str]
    ) -> None:
        """Publish the values.

        Raises:
            ValueError: the values are not the pattern's outputs.
        """
        super().__init__(scope, construct_id)
        if set(values) != set(pattern.outputs):
            message = (
                f"{pattern.name} publishes {sorted(values)}, but its registry entry says {sorted(pattern.outputs)}"
            )
            raise ValueError(message)
        for key, value in values.items():
            ssm.StringParameter(
                self,
                key.title().replace("_", ""),
                parameter_name=pattern.parameter_name(settings.stage, key),
                string_value=value,
                description=f"{key} of the pattern {pattern.name}",
            )
