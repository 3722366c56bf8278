"""Point-in-time exports as DynamoDB leaves them in a bucket: manifests with their checksums, packed data files."""

import base64
import gzip
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from hashlib import md5
from typing import Any

from patterns_shared.adapters.order_items import order_to_item
from patterns_shared.domain.orders import Order

__all__ = ["EXPORT_ID", "data_file", "export_of", "export_of_files"]

EXPORT_ID = "01764050000000-a1b2c3d4"
_TABLE = "arn:aws:dynamodb:us-east-1:123456789012:table/patterns-test-orders"


def data_file(items: Sequence[Mapping[str, Any]]) -> bytes:
    """Return a data file: an item a line, in DynamoDB's JSON, packed."""
    return gzip.compress(b"".join(json.dumps({"Item": item}).encode() + b"\n" for item in items), mtime=0)


def export_of(orders: Sequence[Order], *, partitions: int = 3, prefix: str = "") -> dict[str, bytes]:
    """Return the objects of an export by their keys; the table's partitions are a file each, and one has no items."""
    items = [order_to_item(order, traceparent="") for order in orders]
    # The table has other items, too, which no report is made of.
    items.append({"pk": {"S": "counter"}, "expires_at": {"N": "1764050000"}})
    files = [data_file(items[number::partitions]) for number in range(partitions)]
    return export_of_files([*files, b""], [*(len(items[n::partitions]) for n in range(partitions)), 0], prefix=prefix)


def export_of_files(
    files: Sequence[bytes], items: Sequence[int], *, prefix: str = "", **said: object
) -> dict[str, bytes]:
    """Return the objects of an export with these data files, of so many items each; ``said`` changes its summary."""
    folder = f"{prefix}AWSDynamoDB/{EXPORT_ID}"
    names = [f"{folder}/data/{number:026}.json.gz" for number in range(len(files))]
    lines = [
        {
            "itemCount": count,
            "md5Checksum": _md5(content),
            "etag": md5(content, usedforsecurity=False).hexdigest() + "-1",
            "dataFileS3Key": name,
        }
        for name, content, count in zip(names, files, items, strict=True)
    ]
    listed = b"".join(json.dumps(line).encode() + b"\n" for line in lines)
    moment = datetime(2026, 11, 24, 2, 0, tzinfo=UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    summary = {
        "version": "2023-08-01",
        "exportArn": f"{_TABLE}/export/{EXPORT_ID}",
        "startTime": moment,
        "endTime": moment,
        "tableArn": _TABLE,
        "tableId": "12345a12-abcd-123a-ab12-1234abc12345",
        "exportTime": moment,
        "s3Bucket": "reports",
        "s3Prefix": prefix.rstrip("/") or None,
        "s3SseAlgorithm": "AES256",
        "s3SseKmsKeyId": None,
        "manifestFilesS3Key": f"{folder}/manifest-files.json",
        "billedSizeBytes": 400 * sum(items),
        "itemCount": sum(items),
        "outputFormat": "DYNAMODB_JSON",
        "exportType": "FULL_EXPORT",
        **said,
    }
    text = json.dumps(summary).encode()
    return {
        f"{folder}/_started": b"",
        f"{folder}/manifest-summary.json": text,
        f"{folder}/manifest-summary.md5": _md5(text).encode(),
        f"{folder}/manifest-files.json": listed,
        f"{folder}/manifest-files.md5": _md5(listed).encode(),
        **dict(zip(names, files, strict=True)),
    }


def _md5(content: bytes) -> str:
    return base64.b64encode(md5(content, usedforsecurity=False).digest()).decode()
