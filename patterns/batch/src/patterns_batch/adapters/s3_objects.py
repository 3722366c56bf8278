"""Runs and reports in an S3 bucket."""

from collections.abc import Iterable
from hashlib import md5
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
_WEEK = 7 * 24 * 3600
"""Seconds: as long as a signature may hold."""
_GONE = frozenset({"NoSuchKey", "404"})
_LOST = frozenset({"PreconditionFailed", "ConditionalRequestConflict", *_GONE})
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
        return self._put_if(key, content, IfNoneMatch="*")

    def replace(self, key: str, content: bytes, seen: bytes) -> bool:
        """Put the object in the place of this one. With S3's own encryption, the ETag of one put is its MD5."""
        return self._put_if(key, content, IfMatch=f'"{md5(seen, usedforsecurity=False).hexdigest()}"')

    def _put_if(self, key: str, content: bytes, **condition: str) -> bool:
        try:
            with transient_as_unavailable(_DEPENDENCY):
                self._client.put_object(
                    Bucket=self._bucket,
                    Key=key,
                    Body=content,
                    ContentType=_type_of(key),
                    **condition,  # type: ignore[arg-type] # one of two conditions
                )
        except ClientError as error:
            if error_code(error) not in _LOST:
                raise
            # The client repeats a put whose answer was lost, and then finds an object: its own.
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

    def link(self, key: str) -> str:
        """Sign a request. It ends with the credentials that sign it: those of a task, within hours."""
        of = {"Bucket": self._bucket, "Key": key}
        address: str = self._client.generate_presigned_url("get_object", Params=of, ExpiresIn=_WEEK)
        return address

    def listing(self, prefix: str) -> Iterable[StoredObject]:
        """Return the objects, page by page."""
        pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=prefix)
        with transient_as_unavailable(_DEPENDENCY):
            for page in pages:
                for found in page.get("Contents", []):
                    yield StoredObject(found["Key"], found["ETag"].strip('"'))


def _type_of(key: str) -> str:
    return _TYPES.get(Path(key).suffix, "application/octet-stream")
