"""Input files in S3: one version of one object, read in parts."""

import os
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from patterns_batch.application.ports import ObjectVersion
from patterns_batch.errors import BadInput
from patterns_batch.manifest import FileSource, Range
from patterns_shared.adapters.client_errors import error_code, transient_as_unavailable

if TYPE_CHECKING:  # the stubs exist for the type checker only
    from mypy_boto3_s3 import S3Client

__all__ = ["S3Inputs"]

_PART = 16 << 20
"""Bytes of one request."""
_AT_ONCE = 4
_PIECE = 1 << 20
_CHANGED = "has changed since the run was planned: start another run"
_REASONS = {
    "404": "is not there",
    "NoSuchKey": "is not there",
    "NoSuchBucket": "is not there: there is no such bucket",
    "NoSuchVersion": "is no longer there in the version that was to be reported",
    "403": "may not be read, or is not there: the task's role needs s3:GetObject for it",
    "AccessDenied": "may not be read: the task's role needs s3:GetObject for it",
    "412": _CHANGED,
    "PreconditionFailed": _CHANGED,
}


class S3Inputs:
    """Objects that another program put."""

    def __init__(self, client: "S3Client") -> None:
        """Keep the client; nothing is called yet."""
        self._client = client

    def describe(self, bucket: str, key: str, content: str = "") -> ObjectVersion:
        """Return the version, by one HEAD request."""
        kind, _, value = content.partition("=")
        asked = {"versionId": {"VersionId": value}, "etag": {"IfMatch": f'"{value}"'}}.get(kind, {})
        reasons = {"404": _REASONS["NoSuchVersion"]} if kind == "versionId" else {}
        with _refusals(f"s3://{bucket}/{key}", reasons):
            found = self._client.head_object(Bucket=bucket, Key=key, **asked)  # type: ignore[arg-type] # one of three
        version = found.get("VersionId")
        return ObjectVersion(
            version if version != "null" else None,
            found["ETag"].strip('"'),
            found["ContentLength"],
            found["LastModified"],
        )

    def read(self, source: FileSource, part: Range) -> bytes:
        """Return a part in one request."""
        with _refusals(source.address):
            return self._get(source, part)["Body"].read()  # type: ignore[no-any-return] # botocore's answer

    def fetch(self, source: FileSource, parts: Sequence[Range], path: Path) -> None:
        """Write the parts to a file as long as the object, by several requests at once; the rest is a hole."""
        pieces = [(at, min(at + _PART, end)) for begin, end in parts for at in range(begin, end, _PART)]
        file = os.open(path, os.O_WRONLY | os.O_CREAT)
        try:
            os.truncate(file, source.size)
            with ThreadPoolExecutor(_AT_ONCE) as threads:
                for _ in threads.map(lambda piece: self._write(source, piece, file), pieces):
                    pass
        finally:
            os.close(file)

    def _write(self, source: FileSource, piece: Range, file: int) -> None:
        at = piece[0]
        with _refusals(source.address):
            for part in self._get(source, piece)["Body"].iter_chunks(_PIECE):
                os.pwrite(file, part, at)
                at += len(part)

    def _get(self, source: FileSource, part: Range) -> Any:  # noqa: ANN401 - botocore's answer
        version = {"VersionId": source.version_id} if source.version_id else {}
        return self._client.get_object(
            Bucket=source.bucket,
            Key=source.key,
            Range=f"bytes={part[0]}-{part[1] - 1}",
            IfMatch=f'"{source.etag}"',
            **version,  # type: ignore[arg-type] # absent where the bucket has no versions
        )


@contextmanager
def _refusals(address: str, reasons: Mapping[str, str] = MappingProxyType({})) -> Iterator[None]:
    """Turn what the bucket refuses for good into BadInput; ``reasons`` replace those that are usual."""
    try:
        with transient_as_unavailable("input bucket"):
            yield
    except ClientError as error:
        reason = {**_REASONS, **reasons}.get(error_code(error))
        if reason is None:
            raise
        raise BadInput(reason, file=address) from None
