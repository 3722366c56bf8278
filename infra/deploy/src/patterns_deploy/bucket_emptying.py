"""Emptying the buckets that go with a stack: CloudFormation deletes only empty ones.

The CDK's way is a function of its own in the stack. Here `patterns destroy` does it, so that nothing that runs has the
right to delete every version of every object.
"""

from collections.abc import Mapping
from typing import Any

import yaml

from patterns_deploy.errors import DeployFailed
from patterns_deploy.place import AwsClient, stack_status

__all__ = ["BucketNotEmptied", "empty_buckets"]

_KEPT = {"Retain", "RetainExceptOnCreate"}


class BucketNotEmptied(DeployFailed):
    """S3 refused to delete an object; the text is one line."""


def empty_buckets(cloudformation: AwsClient, s3: AwsClient, stack: str) -> None:
    """Delete every version of every object in the buckets that the stack's deletion deletes.

    Raises:
        BucketNotEmptied: naming the first object, and why.
    """
    if stack_status(cloudformation, stack) is None:
        return
    pages = cloudformation.get_paginator("list_stack_resources").paginate(StackName=stack)
    found = [x for page in pages for x in page["StackResourceSummaries"] if x["ResourceType"] == "AWS::S3::Bucket"]
    if not found:
        return
    declared = _template(cloudformation, stack)["Resources"]
    for bucket in found:
        known = declared.get(bucket["LogicalResourceId"])
        # What an update took out of the template and could not delete: no policy says that its objects may go.
        if known is None or bucket["ResourceStatus"] == "DELETE_COMPLETE":
            continue
        if known.get("DeletionPolicy") not in _KEPT:
            _empty(s3, bucket["PhysicalResourceId"])


def _template(cloudformation: AwsClient, stack: str) -> Mapping[str, Any]:
    """Return a stack's template; boto3 decodes only JSON, and the CDK sends what is small as YAML."""
    body = cloudformation.get_template(StackName=stack)["TemplateBody"]
    template: Mapping[str, Any] = yaml.safe_load(body) if isinstance(body, str) else body
    return template


def _empty(s3: AwsClient, bucket: str) -> None:
    before: list[dict[str, str]] = []
    while objects := _first_versions(s3, bucket):
        if objects == before:
            raise BucketNotEmptied(f"{bucket}/{objects[0]['Key']} is still there although S3 has deleted it")
        # As many as one listing has, one request deletes.
        answer = s3.delete_objects(Bucket=bucket, Delete={"Objects": objects, "Quiet": True})
        for error in answer.get("Errors", []):
            raise BucketNotEmptied(f"{bucket}/{error['Key']} could not be deleted: {error['Message']}")
        before = objects


def _first_versions(s3: AwsClient, bucket: str) -> list[dict[str, str]]:
    """Return the first thousand versions and delete markers; none when the bucket is gone."""
    try:
        page = s3.list_object_versions(Bucket=bucket)
    except s3.exceptions.NoSuchBucket:
        return []
    found = [*page.get("Versions", []), *page.get("DeleteMarkers", [])]
    return [{"Key": x["Key"], "VersionId": x["VersionId"]} for x in found]
