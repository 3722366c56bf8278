"""Which resource reading a DynamoDB stream is checked against.

AWS checks ``DescribeStream``, ``GetShardIterator`` and ``GetRecords`` against the stream's ARN. The emulator looks for
a table's name in the request, finds none, and asks for ``*``: a role that may read exactly one stream is refused.

Corrected by giving the policy check the stream that the request, or its iterator, names.
"""

import json
from typing import Any

from ministack.core import iam_actions
from ministack.services import dynamodb_streams

__all__ = ["correct"]

_original = iam_actions.dynamodb_resource_arns


def correct() -> None:
    """Look for a stream first."""
    iam_actions.dynamodb_resource_arns = _resource_arns


def _resource_arns(body: bytes, region: str, account_id: str) -> list[str]:
    arn = _stream_of(body)
    return [arn] if arn else _original(body, region, account_id)


def _stream_of(body: bytes) -> str | None:
    try:
        request: Any = json.loads(body or b"{}")
    except ValueError:
        return None
    if not isinstance(request, dict):
        return None
    iterator = request.get("ShardIterator")
    if isinstance(iterator, str):
        return (dynamodb_streams._decode_iterator(iterator) or {}).get("arn")
    arn = request.get("StreamArn")
    return arn if isinstance(arn, str) else None
