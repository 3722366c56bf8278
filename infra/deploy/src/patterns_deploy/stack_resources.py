"""What a stack is made of, by the names that say what each thing is for."""

import re
from typing import Any

from patterns_deploy.place import Place, stack_status

__all__ = ["logical_name", "stack_resources"]


def stack_resources(place: Place, stack: str) -> list[dict[str, Any]]:
    """Return a stack's resources as CloudFormation lists them; none when there is no such stack."""
    cloudformation = place.client("cloudformation")
    if stack_status(cloudformation, stack) is None:
        return []
    pages = cloudformation.get_paginator("list_stack_resources").paginate(StackName=stack)
    return [resource for page in pages for resource in page["StackResourceSummaries"]]


def logical_name(resource: dict[str, Any]) -> str:
    """Return the logical id without the hash that the CDK adds."""
    return re.sub(r"[0-9A-F]{8}$", "", resource["LogicalResourceId"])
