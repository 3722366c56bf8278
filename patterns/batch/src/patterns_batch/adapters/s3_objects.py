"""Runs and reports in an S3 bucket."""

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from patterns_batch.application.ports import StoredObject
from patterns_shared.adapters.client_errors import error_code, transient_as_unavailable

if TYPE_CHECKING:  # the stubs exist for the type checker only
    from mypy_boto3_s3 import S3Client

__all__ = ["S3Objects"]

_DEPENDENCY = "report bucket"
_PIECE = 1 << 20
_GONE = frozenset({"NoSuchKey", "404"})
_LOST = frozenset({"PreconditionFailed", "ConditionalRequestConflict"})
_TYPES = {
    ".json": "application/json",
    ".jsonl": "application/x-ndjson",
    ".html": "text/html; charset=utf-8",
    ".parquet": "application/vnd.apache.parquet",
}


class S3Objects:
    """The objects of one bucket."""

    def __init__(self, client: "S3Client", bucket: str) -> None:
        """Keep the client and the bucket's name; nothing is called yet."""
        self._client = client
        self._bucket = bucket

    def read(self, key: str) -> bytes | None:
        """Return the object's bytes."""
        try:
            with transient_as_unavailable(_DEPENDENCY):
                return self._client.get_object(Bucket=self._bucket, Key=key)["Body"].read()
        except ClientError as error:
            if error_code(error) not in _GONE:
                raise
            return None

    def write(self, key: str, content: bytes) -> None:
        """Put the object."""
        with transient_as_unavailable(_DEPENDENCY):
            self._client.put_object(Bucket=self._bucket, Key=key, Body=content, ContentType=_type_of(key))

    def create(self, key: str, content: bytes) -> bool:
        """Put the object if there is none, by a conditional write."""
        try:
            with transient_as_unavailable(_DEPENDENCY):
                self._client.put_object(
                    Bucket=self._bucket, Key=key, Body=content, ContentType=_type_of(key), IfNoneMatch="*"
                )
        except ClientError as error:
            if error_code(error) not in _LOST:
                raise
            # The client repeats a put whose answer was lost, and is then told that somebody was first: itself.
            return self.read(key) == content
        return True

    def upload(self, key: str, path: Path) -> None:
        """Put the file in one request, which takes up to 5 GB: no file of ours comes near it."""
        with transient_as_unavailable(_DEPENDENCY), path.open("rb") as body:
            self._client.put_object(Bucket=self._bucket, Key=key, Body=body, ContentType=_type_of(key))

    def download(self, key: str, path: Path) -> None:
        """Write the object to the file, piece by piece."""
        try:
            with transient_as_unavailable(_DEPENDENCY), path.open("wb") as out:
                body = self._client.get_object(Bucket=self._bucket, Key=key)["Body"]
                for piece in body.iter_chunks(_PIECE):
                    out.write(piece)
        except ClientError as error:
            if error_code(error) not in _GONE:
                raise
            raise KeyError(key) from None

    def listing(self, prefix: str) -> Iterable[StoredObject]:
        """Return the objects, page by page."""
        pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=prefix)
        with transient_as_unavailable(_DEPENDENCY):
            for page in pages:
                for found in page.get("Contents", []):
                    yield StoredObject(found["Key"], found["ETag"].strip('"'))


def _type_of(key: str) -> str:
    return _TYPES.get(Path(key).suffix, "application/octet-stream")
