"""An accepted cdk-nag finding, said beside the construct that causes it."""

from aws_cdk import Acknowledgment, Stack, Token, Validations
from constructs import IConstruct

__all__ = ["acknowledge", "arn_in_findings"]

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


def arn_in_findings(construct: IConstruct, service: str, resource: str) -> str:
    """Return an ARN as cdk-nag prints it: what only the deployment knows stands between angle brackets."""
    stack = Stack.of(construct)
    known = {"Partition": stack.partition, "Region": stack.region, "AccountId": stack.account}
    told = {name: f"<AWS::{name}>" if Token.is_unresolved(value) else value for name, value in known.items()}
    return f"arn:{told['Partition']}:{service}:{told['Region']}:{told['AccountId']}:{resource}"
