"""Somewhere that stacks are deployed: the local platform or an AWS account, with clients that reach only it."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

from patterns_infra.settings import Target

__all__ = ["AwsClient", "Place", "stack_is_protected", "stack_status"]

AwsClient: TypeAlias = Any
"""A boto3 client. boto3 makes their classes when it runs, so there is no type to name."""


@dataclass(frozen=True, slots=True)
class Place:
    """One account, region and stage.

    Attributes:
        target: what kind of place it is.
        stage: the deployment looked at.
        region: AWS region.
        account: account number.
        endpoint_url: of the local platform, or of AWS where the user configured another one.
        client: makes a client of a service.
        kubeconfig: of the Kubernetes cluster there, ``None`` while nobody has one.
    """

    target: Target
    stage: str
    region: str
    account: str
    endpoint_url: str | None
    client: Callable[[str], AwsClient]
    kubeconfig: Path | None = None


def stack_status(cloudformation: AwsClient, stack: str) -> str | None:
    """Return a stack's status, `None` when there is no such stack."""
    found = _describe(cloudformation, stack)
    return str(found["StackStatus"]) if found else None


def stack_is_protected(cloudformation: AwsClient, stack: str) -> bool:
    """Whether CloudFormation refuses to delete a stack; `False` when there is no such stack."""
    found = _describe(cloudformation, stack)
    return bool(found and found.get("EnableTerminationProtection"))


def _describe(cloudformation: AwsClient, stack: str) -> dict[str, Any] | None:
    try:
        stacks: list[dict[str, Any]] = cloudformation.describe_stacks(StackName=stack)["Stacks"]
    except cloudformation.exceptions.ClientError as error:
        # CloudFormation has no error code of its own for this.
        if "does not exist" in str(error):
            return None
        raise
    return stacks[0]
