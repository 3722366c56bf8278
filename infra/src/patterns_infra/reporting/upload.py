"""A file of this machine, put into the inbox where it starts nothing by itself."""

import hashlib
import re
from pathlib import Path

from botocore.exceptions import ClientError

from patterns_infra.place import AwsClient

__all__ = ["BY_COMMAND", "put_into_inbox"]

BY_COMMAND = "by-command/"
"""Below this prefix of the inbox files start no report: who puts them there starts it, and can follow it."""

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
