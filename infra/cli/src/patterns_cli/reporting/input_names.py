"""Names of files that are given for a report: what they must end in, and whether they are in the inbox."""

import re

from botocore.exceptions import ClientError, ParamValidationError

from patterns_cli.reporting.deployed import DeployedBatch
from patterns_cli.reporting.errors import InputRefused
from patterns_deploy.place import AwsClient

__all__ = ["FORMATS", "LIST", "check_ending", "check_object", "is_remote"]

FORMATS = (".csv", ".jsonl", ".ndjson", ".json", ".parquet")
"""Endings of files that the batch reads; a test holds them against its program."""
LIST = ".manifest"
"""Ending of a list of files."""
_COMPRESSED = (".gz", ".zst")
_S3 = "s3://"


def is_remote(given: str) -> bool:
    """Whether it is in S3, and not on this machine.

    Raises:
        InputRefused: it is neither an address nor a path.
    """
    remote = given.startswith(_S3)
    if not given or (remote and not re.fullmatch(r"s3://[^/]+/.+", given)):
        raise InputRefused(f"--input must be s3://bucket/key or a file, not {given!r}")
    return remote


def check_ending(name: str) -> None:
    """Look whether the program knows what such a file is.

    Raises:
        InputRefused: with the endings that it knows.
    """
    plain = name.lower()
    for ending in _COMPRESSED:
        if plain.endswith(ending):
            plain = plain.removesuffix(ending)
            break
    packed = plain != name.lower()
    if not plain.endswith((*FORMATS, LIST)) or (packed and plain.endswith((".parquet", LIST))):
        *texts, parquet = FORMATS
        raise InputRefused(
            f"--input {name}: the name must end in {', '.join(texts)} (compressed: also {' or '.join(_COMPRESSED)}), "
            f"{parquet}, {LIST} for a list of files, or in / for all files below it"
        )


def check_object(batch: DeployedBatch, address: str, *, may_be_empty: bool = False) -> None:
    """Look whether an object is there, in the inbox; of a prefix, only where it is.

    Raises:
        InputRefused: with what is wrong.
    """
    bucket, _, key = address.removeprefix(_S3).partition("/")
    s3 = batch.place.client("s3")
    _ask(s3, "head_bucket", f"--input {address}: there is no bucket {bucket}", Bucket=bucket)
    if bucket != batch.inbox:
        raise InputRefused(
            f"--input {address}: the batch reads files of its inbox only; copied to s3://{batch.inbox}/ "
            "the file is reported on by itself"
        )
    if key.endswith("/"):
        return
    found = _ask(s3, "head_object", f"--input {address}: there is no such object", Bucket=bucket, Key=key)
    if not (found["ContentLength"] or may_be_empty):
        raise InputRefused(f"--input {address}: the object is empty")


def _ask(s3: AwsClient, operation: str, missing: str, **names: str) -> dict[str, int]:
    """Ask for a bucket's or an object's head; both answer without a body, so that the status is the reason."""
    try:
        answer: dict[str, int] = getattr(s3, operation)(**names)
    except ParamValidationError as error:
        raise InputRefused(missing) from error
    except ClientError as error:
        status = error.response["ResponseMetadata"]["HTTPStatusCode"]
        if status in {400, 404}:
            raise InputRefused(missing) from error
        if status == 403:  # noqa: PLR2004 - forbidden
            raise InputRefused(f"--input s3://{'/'.join(names.values())}: you may not read it") from error
        raise
    return answer
