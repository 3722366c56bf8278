"""An accepted cdk-nag finding, said beside the construct that causes it."""

from aws_cdk import Acknowledgment, Validations
from constructs import IConstruct

__all__ = ["acknowledge"]

LEAST_REASON = 20
"""Characters below which a reason is none."""


def acknowledge(construct: IConstruct, rule: str, reason: str) -> None:
    """Accept a finding on the construct and what is inside it.

    Args:
        construct: what the finding is about.
        rule: as cdk-nag prints it, for example ``AwsSolutions-IAM5[Resource::*]``.
        reason: why it is right here, for whoever reviews the template.

    Raises:
        ValueError: the reason is too short to be one.
    """
    if len(reason.strip()) < LEAST_REASON:
        message = f"{construct.node.path}: {rule} needs a reason of at least {LEAST_REASON} characters, not {reason!r}"
        raise ValueError(message)
    Validations.of(construct).acknowledge(Acknowledgment(id=rule, reason=reason))
