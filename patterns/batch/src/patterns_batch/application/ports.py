"""What the steps need from outside, as protocols; adapters and fakes pass the same contract suite.

All methods raise TemporarilyUnavailable (of the shared domain) when a service is throttled, times out or is down.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

from patterns_batch.manifest import FileSource, Range

__all__ = [
    "Inputs",
    "ObjectVersion",
    "Objects",
    "OrdersTable",
    "Page",
    "Pseudonyms",
    "Stopping",
    "StoredObject",
    "TableFound",
]


@dataclass(frozen=True, slots=True)
class StoredObject:
    """An object as a listing shows it."""

    key: str
    etag: str


class Objects(Protocol):
    """Where runs and reports are stored, with read-after-write consistency."""

    def read(self, key: str) -> bytes | None:
        """Return the object's bytes, None when there is none."""
        ...

    def write(self, key: str, content: bytes) -> None:
        """Put the object, in place of any that was there."""
        ...

    def create(self, key: str, content: bytes) -> bool:
        """Put the object unless there is one; return whether it was put."""
        ...

    def replace(self, key: str, content: bytes, seen: bytes) -> bool:
        """Put the object in the place of one with the content ``seen``; return whether that was there."""
        ...

    def upload(self, key: str, path: Path) -> None:
        """Put a file, of any size."""
        ...

    def download(self, key: str, path: Path) -> None:
        """Write the object to a file.

        Raises:
            KeyError: there is none.
        """
        ...

    def link(self, key: str) -> str:
        """Return an address under which a browser gets the object for some hours, without an account."""
        ...

    def listing(self, prefix: str) -> Iterable[StoredObject]:
        """Return all objects whose key begins so, in the order of their keys."""
        ...


@dataclass(frozen=True, slots=True)
class ObjectVersion:
    """One version of an input object; ``size`` in bytes, ``modified`` when it was put."""

    version_id: str | None
    etag: str
    size: int
    modified: datetime

    @property
    def content(self) -> str:
        """What tells this version from others under the same key, as `parse_content` reads it."""
        return f"versionId={self.version_id}" if self.version_id else f"etag={self.etag}"


class Inputs(Protocol):
    """Where input files come from."""

    def describe(self, bucket: str, key: str, content: str = "") -> ObjectVersion:
        """Return the version with this ``content`` (``versionId=…`` or ``etag=…``), or the current one.

        Raises:
            BadInput: there is no such bucket, object or version, or it may not be read; or its ETag is another one.
        """
        ...

    def read(self, source: FileSource, part: Range) -> bytes:
        """Return a part of this very version.

        Raises:
            BadInput: the version is gone.
        """
        ...

    def fetch(self, source: FileSource, parts: Sequence[Range], path: Path) -> None:
        """Write parts of this very version to a file, each where it is in the object; the rest stays empty.

        Raises:
            BadInput: the version is gone.
        """
        ...


@dataclass(frozen=True, slots=True)
class TableFound:
    """The orders table; ``size`` in bytes, as of some hours ago."""

    name: str
    arn: str
    size: int


@dataclass(frozen=True, slots=True)
class Page:
    """One answer of a scan: DynamoDB's JSON on one line, and where the next page begins (None at the end)."""

    text: bytes
    next_start: dict[str, dict[str, str]] | None


class OrdersTable(Protocol):
    """The web API's orders."""

    def find(self) -> TableFound:
        """Return the table that is there now.

        Raises:
            BadInput: the web API is not deployed.
        """
        ...

    def scan(
        self, table: str, segment: tuple[int, int], days: Sequence[Range], start: dict[str, dict[str, str]] | None
    ) -> Page:
        """Return the next page of a segment (number, of how many): orders placed on these days.

        Raises:
            BadInput: the table is gone.
        """
        ...


class Pseudonyms(Protocol):
    """The secret that keys the customers' pseudonyms."""

    def current_version(self) -> str:
        """Return the id of the secret's current version.

        Raises:
            BadInput: there is no such secret.
        """
        ...

    def key(self, version: str) -> str:
        """Return the secret of that version.

        Raises:
            BadInput: the version is gone.
        """
        ...


Stopping = Callable[[], bool]
"""Whether the container was asked to end."""
