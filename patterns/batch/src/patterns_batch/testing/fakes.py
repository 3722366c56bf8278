"""Stand-ins for the buckets, the orders table and the secret."""

import json
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from hashlib import md5
from pathlib import Path

from patterns_batch.application.ports import ObjectVersion, Page, StoredObject, TableFound
from patterns_batch.days import microseconds
from patterns_batch.errors import BadInput
from patterns_batch.manifest import FileSource, Range
from patterns_shared.adapters.order_items import order_to_item
from patterns_shared.domain.orders import Order

__all__ = ["FixedPseudonyms", "InMemoryInputs", "InMemoryObjects", "InMemoryOrdersTable"]


class InMemoryObjects:
    """A bucket in ``kept``; ``writes`` are the keys in the order in which they were put."""

    def __init__(self) -> None:
        """Start empty."""
        self.kept: dict[str, bytes] = {}
        self.writes: list[str] = []

    def read(self, key: str) -> bytes | None:
        """Return the object's bytes."""
        return self.kept.get(key)

    def write(self, key: str, content: bytes) -> None:
        """Put the object."""
        self.writes.append(key)
        self.kept[key] = content

    def create(self, key: str, content: bytes) -> bool:
        """Put the object unless there is one."""
        if key in self.kept:
            return False
        self.write(key, content)
        return True

    def replace(self, key: str, content: bytes, seen: bytes) -> bool:
        """Put the object in the place of this one."""
        if self.kept.get(key) != seen:
            return False
        self.write(key, content)
        return True

    def upload(self, key: str, path: Path) -> None:
        """Put the file."""
        self.write(key, path.read_bytes())

    def download(self, key: str, path: Path) -> None:
        """Write the object to the file."""
        path.write_bytes(self.kept[key])

    def link(self, key: str) -> str:
        """Return an address that nothing answers."""
        return f"https://reports.invalid/{key}"

    def listing(self, prefix: str) -> Iterable[StoredObject]:
        """Return the objects."""
        return [StoredObject(key, _digest(self.kept[key])) for key in sorted(self.kept) if key.startswith(prefix)]


class InMemoryInputs:
    """Input files in ``kept``, by bucket and key, without versions; ``fetched`` counts the bytes that were asked for.

    All were put at ``modified``.
    """

    def __init__(self) -> None:
        """Start empty."""
        self.kept: dict[tuple[str, str], bytes] = {}
        self.fetched = 0
        self.modified = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)

    def describe(self, bucket: str, key: str, content: str = "") -> ObjectVersion:
        """Return the object's version."""
        address = f"s3://{bucket}/{key}"
        if (bucket, key) not in self.kept:
            raise BadInput("is not there", file=address)
        kept = self.kept[bucket, key]
        if content.startswith("versionId="):
            raise BadInput("is no longer there in the version that was to be reported", file=address)
        if content and content != f"etag={_digest(kept)}":
            raise BadInput("has changed since the run was planned: start another run", file=address)
        return ObjectVersion(None, _digest(kept), len(kept), self.modified)

    def read(self, source: FileSource, part: Range) -> bytes:
        """Return a part."""
        content = self.kept.get((source.bucket, source.key))
        if content is None or _digest(content) != source.etag:
            raise BadInput("has changed since the run was planned: start another run", file=source.address)
        self.fetched += part[1] - part[0]
        return content[slice(*part)]

    def fetch(self, source: FileSource, parts: Sequence[Range], path: Path) -> None:
        """Write parts to a file as long as the object."""
        path.touch()
        with path.open("r+b") as out:
            out.truncate(source.size)
            for part in parts:
                out.seek(part[0])
                out.write(self.read(source, part))


class InMemoryOrdersTable:
    """Orders in ``kept``; a page has ``page_size`` items. Set ``deployed`` to False for a web API that is not there."""

    def __init__(self, orders: Iterable[Order] = (), *, page_size: int = 10) -> None:
        """Start with these orders."""
        self.kept = list(orders)
        self.page_size = page_size
        self.deployed = True
        self.pages = 0

    def find(self) -> TableFound:
        """Return the table."""
        if not self.deployed:
            raise BadInput("the web API is not deployed")
        return TableFound("orders", "arn:aws:dynamodb:us-east-1:123456789012:table/orders", 100 * len(self.kept))

    def scan(
        self,
        table: str,  # noqa: ARG002 - the port's
        segment: tuple[int, int],
        days: Sequence[Range],
        start: dict[str, dict[str, str]] | None,
    ) -> Page:
        """Return a page of the segment."""
        if not self.deployed:
            raise BadInput("the orders table does not exist")
        self.pages += 1
        number, segments = segment
        mine = sorted(
            (order for order in self.kept if int(_digest(order.order_id.encode())[:8], 16) % segments == number),
            key=lambda order: order.order_id,
        )
        later = [order for order in mine if not start or order.order_id > start["pk"]["S"]]
        page, more = later[: self.page_size], later[self.page_size :]
        items = [
            order_to_item(order, traceparent="")
            for order in page
            if any(begin <= microseconds(order.placed_at) < end for begin, end in days)
        ]
        return Page(json.dumps({"Items": items}).encode(), {"pk": {"S": page[-1].order_id}} if more else None)


class FixedPseudonyms:
    """A secret of one version, ``1``, or of more in ``keys``."""

    def __init__(self) -> None:
        """Start with one version."""
        self.keys = {"1": "a secret of enough characters"}

    def current_version(self) -> str:
        """Return the latest version."""
        return max(self.keys)

    def key(self, version: str) -> str:
        """Return the key of the version."""
        if version not in self.keys:
            raise BadInput("the pseudonyms' secret no longer has the version that the run was planned with")
        return self.keys[version]


def _digest(content: bytes) -> str:
    return md5(content, usedforsecurity=False).hexdigest()
