"""The bad rows of a run, also of one that failed: JSON Lines, each with a row's file, number, column and reason."""

from collections.abc import Iterator

from botocore.exceptions import ClientError

from patterns_cli.reporting.errors import CannotReport
from patterns_deploy.place import AwsClient

__all__ = ["rejects_of"]

_PIECE = 1 << 16


def rejects_of(s3: AwsClient, bucket: str, run: str) -> Iterator[bytes]:
    """Return the lines in pieces.

    Those of the report; or of all shards, when they were too many for one; or of the shards that were done.

    Raises:
        CannotReport: nothing is left of the run, which is kept for a month; or there was none.
    """
    prefix = f"runs/{run}/"
    for key in (f"{prefix}result/rejects.jsonl", f"{prefix}rejects.jsonl"):
        try:
            body = s3.get_object(Bucket=bucket, Key=key)["Body"]
        except ClientError as error:
            if error.response["Error"]["Code"] not in {"NoSuchKey", "404"}:
                raise
            continue
        yield from body.iter_chunks(_PIECE)
        return
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
    keys = [str(found["Key"]) for page in pages for found in page.get("Contents", [])]
    if not keys:
        raise CannotReport(f"there is no run {run} in s3://{bucket}/runs/: a run is named as its execution")
    for key in keys:
        if key.startswith(f"{prefix}rejects/"):
            yield from s3.get_object(Bucket=bucket, Key=key)["Body"].iter_chunks(_PIECE)
