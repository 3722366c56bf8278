"""A deleted stack is waited for, and what it leaves is named."""

from typing import Any

import pytest

from patterns_deploy.errors import DeployFailed
from patterns_deploy.stack_removal import remove_stack

STACK_ID = "arn:aws:cloudformation:eu-west-1:1:stack/s/1"


class ClientError(Exception):
    """What botocore raises."""

    def __init__(self, message: str) -> None:
        """Carry CloudFormation's message."""
        super().__init__(message)
        self.response = {"Error": {"Message": message}}


class CloudFormation:
    """A stack that goes through these statuses, one at each look after it is deleted."""

    class exceptions:  # noqa: N801 - as boto3 calls it
        """Its errors."""

        ClientError = ClientError

    def __init__(self, *statuses: str, events: list[dict[str, str]] | None = None, refusal: str = "") -> None:
        """Play this story."""
        self._statuses, self._events, self._refusal = list(statuses), events or [], refusal
        self._deleted = False

    def describe_stacks(self, StackName: str) -> dict[str, Any]:  # noqa: N803 - as boto3 calls it
        """Tell the status, by name or, once deleted, by id only."""
        if not self._statuses or (self._deleted and StackName != STACK_ID):
            raise ClientError(f"Stack with id {StackName} does not exist")
        status = self._statuses.pop(0) if self._deleted and len(self._statuses) > 1 else self._statuses[0]
        return {"Stacks": [{"StackId": STACK_ID, "StackStatus": status}]}

    def delete_stack(self, StackName: str) -> None:  # noqa: N803
        """Delete, or refuse."""
        assert StackName == "s"
        if self._refusal:
            raise ClientError(self._refusal)
        self._deleted = True

    def describe_stack_events(self, StackName: str) -> dict[str, Any]:  # noqa: N803
        """Tell what happened."""
        assert StackName == STACK_ID
        return {"StackEvents": self._events}

    def get_paginator(self, _: str) -> "CloudFormation":
        """Page through the events, all on one page."""
        return self

    def paginate(self, StackName: str) -> list[dict[str, Any]]:  # noqa: N803
        """Give the page."""
        return [self.describe_stack_events(StackName)]


def _event(status: str, kind: str, name: str, reason: str = "") -> dict[str, str]:
    return {
        "LogicalResourceId": name.title(),
        "PhysicalResourceId": name,
        "ResourceType": kind,
        "ResourceStatus": status,
        "ResourceStatusReason": reason,
    }


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("patterns_deploy.stack_removal.time.sleep", lambda _: None)


def test_what_cloudformation_kept_on_purpose_is_named() -> None:
    """A retained table costs money and holds data: whoever destroyed the stack must know of it."""
    events = [
        _event("DELETE_SKIPPED", "AWS::DynamoDB::Table", "orders"),
        _event("DELETE_COMPLETE", "AWS::SQS::Queue", "queue"),
    ]
    client = CloudFormation("CREATE_COMPLETE", "DELETE_IN_PROGRESS", "DELETE_COMPLETE", events=events)
    assert remove_stack(client, "s") == ["AWS::DynamoDB::Table orders"]


def test_a_stack_that_is_not_there_is_told_apart_from_an_empty_one() -> None:
    """So that the command can say that nothing was deployed."""
    assert remove_stack(CloudFormation(), "s") is None
    assert remove_stack(CloudFormation("CREATE_COMPLETE", "DELETE_COMPLETE"), "s") == []


def test_a_resource_that_cannot_be_deleted_is_named_with_its_reason() -> None:
    """One line, as for a deployment."""
    events = [_event("DELETE_FAILED", "AWS::S3::Bucket", "bucket", "the bucket is not empty")]
    with pytest.raises(DeployFailed, match=r"s could not be deleted: Bucket: the bucket is not empty"):
        remove_stack(CloudFormation("CREATE_COMPLETE", "DELETE_FAILED", events=events), "s")


def test_termination_protection_is_said_in_cloudformations_words() -> None:
    """Production refuses, and says why."""
    client = CloudFormation(
        "CREATE_COMPLETE", refusal="Stack [s] cannot be deleted while TerminationProtection is enabled"
    )
    with pytest.raises(DeployFailed, match="TerminationProtection is enabled"):
        remove_stack(client, "s")
