"""A file of this machine, put into the inbox where it starts nothing by itself."""

import hashlib
import re
from pathlib import Path

from botocore.exceptions import ClientError

from patterns_deploy.place import AwsClient
from patterns_infra.batch_names import BY_COMMAND

__all__ = ["content_of", "put_into_inbox", "put_list"]

_LONGEST_NAME = 100


def put_into_inbox(s3: AwsClient, inbox: str, path: Path) -> str:
    """Upload the file and return its address.

    The key is named by the content: the same file comes under the same address, whose report is made once.
    """
    with path.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()[:16]
    key = f"{BY_COMMAND}{digest}/{_plain(path.name)}"
    if not _is_there(s3, inbox, key, path.stat().st_size):
        s3.upload_file(str(path), inbox, key)
    return f"s3://{inbox}/{key}"


def put_list(s3: AwsClient, inbox: str, name: str, text: bytes) -> str:
    """Put a list of files, and return its address; the same list comes under the same address."""
    key = f"{BY_COMMAND}{hashlib.sha256(text).hexdigest()[:16]}/{_plain(name)}.manifest"
    if not _is_there(s3, inbox, key, len(text)):
        s3.put_object(Bucket=inbox, Key=key, Body=text, ContentType="application/json")
    return f"s3://{inbox}/{key}"


def content_of(s3: AwsClient, address: str) -> dict[str, str]:
    """Return what an execution is told of the content that a file has now: its version, or its ETag.

    A file that was put here by command is named by its content, and has one report however often it is uploaded.
    """
    bucket, _, key = address.removeprefix("s3://").partition("/")
    found = s3.head_object(Bucket=bucket, Key=key)
    version = str(found.get("VersionId", "null"))
    if version == "null" or key.startswith(BY_COMMAND):
        return {"etag": str(found["ETag"]).strip('"')}
    return {"version": version}


def _plain(name: str) -> str:
    """Return a name that needs no quoting in JSON, URLs and shells; its ending tells the format, and stays."""
    return re.sub(r"[^A-Za-z0-9._-]+", "-", name)[-_LONGEST_NAME:]


def _is_there(s3: AwsClient, bucket: str, key: str, size: int) -> bool:
    try:
        return bool(s3.head_object(Bucket=bucket, Key=key)["ContentLength"] == size)
    except ClientError as error:
        if error.response["ResponseMetadata"]["HTTPStatusCode"] == 404:  # noqa: PLR2004 - not found
            return False
        raise
