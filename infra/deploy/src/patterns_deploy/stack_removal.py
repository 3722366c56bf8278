"""Deleting a stack, and finding out what CloudFormation left behind on purpose."""

import time

from patterns_deploy.errors import DeployFailed
from patterns_deploy.place import AwsClient, stack_status

__all__ = ["remove_stack"]

_SECONDS = 3600.0
_LONGEST_POLL = 10.0


def remove_stack(client: AwsClient, name: str) -> list[str] | None:
    """Delete a stack and wait for it.

    Returns:
        What remains of it, each as type and name (a table that is retained, say); `None` when there is no such stack.

    Raises:
        DeployFailed: it was not deleted; with the resource and the reason.
    """
    if stack_status(client, name) is None:
        return None
    # Only the id finds a stack that is gone, and tells it from an earlier one of the same name.
    stack_id = client.describe_stacks(StackName=name)["Stacks"][0]["StackId"]
    try:
        client.delete_stack(StackName=name)
    except client.exceptions.ClientError as error:
        raise DeployFailed(f"{name}: {error.response['Error']['Message']}") from error
    _wait(client, name, stack_id)
    pages = client.get_paginator("describe_stack_events").paginate(StackName=stack_id)
    events = [event for page in pages for event in page["StackEvents"]]
    kept = {e["LogicalResourceId"]: e for e in events if e["ResourceStatus"] == "DELETE_SKIPPED"}
    return sorted(f"{e['ResourceType']} {e.get('PhysicalResourceId', '')}" for e in kept.values())


def _wait(client: AwsClient, name: str, stack_id: str) -> None:
    deadline = time.monotonic() + _SECONDS
    poll = 0.1
    while True:
        status = stack_status(client, stack_id)
        if status in {None, "DELETE_COMPLETE"}:
            return
        if status == "DELETE_FAILED":
            raise DeployFailed(f"{name} could not be deleted: {_reasons(client, stack_id)}")
        if time.monotonic() >= deadline:
            raise DeployFailed(f"{name} is still {status} after {_SECONDS:g} s")
        time.sleep(poll)
        poll = min(poll * 2, _LONGEST_POLL)


def _reasons(client: AwsClient, stack_id: str) -> str:
    events = client.describe_stack_events(StackName=stack_id)["StackEvents"]
    failed = [e for e in events if e["ResourceStatus"] == "DELETE_FAILED" and e.get("PhysicalResourceId") != stack_id]
    reasons = [f"{e['LogicalResourceId']}: {e.get('ResourceStatusReason', 'no reason given')}" for e in failed]
    return "; ".join(reasons) or "CloudFormation gave no reason"
