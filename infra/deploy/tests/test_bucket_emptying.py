"""The buckets that go with a stack are emptied first; those that stay are not touched."""

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from patterns_deploy.bucket_emptying import BucketNotEmptied, empty_buckets

POLICIES = {"Gone": "Delete", "Default": None, "Kept": "Retain", "KeptOnceCreated": "RetainExceptOnCreate"}


@pytest.fixture
def clients() -> Iterator[tuple[Any, Any]]:
    """Return CloudFormation and S3, with a stack of versioned buckets of every deletion policy."""
    with mock_aws():
        keys = {"region_name": "us-east-1", "aws_access_key_id": "a", "aws_secret_access_key": "b"}
        cloudformation, s3 = boto3.client("cloudformation", **keys), boto3.client("s3", **keys)  # type: ignore[call-overload]
        resources = {
            name: {
                "Type": "AWS::S3::Bucket",
                "Properties": {"BucketName": name.lower()},
                **({"DeletionPolicy": policy} if policy else {}),
            }
            for name, policy in POLICIES.items()
        }
        cloudformation.create_stack(StackName="s", TemplateBody=json.dumps({"Resources": resources}))
        for name in POLICIES:
            s3.put_bucket_versioning(Bucket=name.lower(), VersioningConfiguration={"Status": "Enabled"})
        yield cloudformation, s3


def versions(s3: Any, bucket: str) -> int:  # noqa: ANN401 - boto3 makes its classes when it runs
    """Return how many versions and delete markers a bucket has."""
    pages = s3.get_paginator("list_object_versions").paginate(Bucket=bucket)
    return sum(len(page.get("Versions", [])) + len(page.get("DeleteMarkers", [])) for page in pages)


def test_every_version_goes_where_the_bucket_goes(clients: tuple[Any, Any]) -> None:
    """Old versions and delete markers, too, and more than S3 deletes at once; a kept bucket keeps all of them."""
    cloudformation, s3 = clients
    for bucket in (name.lower() for name in POLICIES):
        s3.put_object(Bucket=bucket, Key="a", Body=b"1")
        s3.put_object(Bucket=bucket, Key="a", Body=b"2")
        s3.delete_object(Bucket=bucket, Key="a")
    for number in range(1001):
        s3.put_object(Bucket="gone", Key=f"many/{number}", Body=b"")
    empty_buckets(cloudformation, s3, "s")
    assert {name: versions(s3, name.lower()) for name in POLICIES} == {
        "Gone": 0,
        "Default": 0,
        "Kept": 3,
        "KeptOnceCreated": 3,
    }


def test_an_empty_bucket_and_a_missing_stack_are_nothing_to_do(clients: tuple[Any, Any]) -> None:
    """A second destroy, or one that was interrupted, goes on."""
    cloudformation, s3 = clients
    empty_buckets(cloudformation, s3, "s")
    empty_buckets(cloudformation, s3, "other")
    s3.delete_bucket(Bucket="gone")
    empty_buckets(cloudformation, s3, "s")


def test_a_bucket_that_the_template_no_longer_has_is_left_alone(
    clients: tuple[Any, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What an update could not delete is still listed; nothing says whether it is to go."""
    cloudformation, s3 = clients
    s3.put_object(Bucket="default", Key="a", Body=b"1")
    s3.put_object(Bucket="gone", Key="a", Body=b"1")
    body = {"Resources": {"Default": {"Type": "AWS::S3::Bucket"}}}
    monkeypatch.setattr(cloudformation, "get_template", lambda **_: {"TemplateBody": body})
    empty_buckets(cloudformation, s3, "s")
    assert (versions(s3, "default"), versions(s3, "gone")) == (0, 1)


def test_an_object_that_s3_keeps_is_named(clients: tuple[Any, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """A lock or a policy may hold it: CloudFormation would only say that the bucket is not empty."""
    cloudformation, s3 = clients
    s3.put_object(Bucket="gone", Key="locked", Body=b"1")
    refusal = {"Errors": [{"Key": "locked", "Code": "AccessDenied", "Message": "Access Denied"}]}
    monkeypatch.setattr(s3, "delete_objects", lambda **_: refusal)
    with pytest.raises(BucketNotEmptied, match="gone/locked could not be deleted: Access Denied"):
        empty_buckets(cloudformation, s3, "s")
