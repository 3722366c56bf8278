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


def correct() -> None:
    """Look for a stream first, then as before: as other corrections have it."""
    before = iam_actions.extract_resource_arn

    def resource_arn(service: str, method: str, path: str, headers: Any, body: bytes, *more: Any) -> str:
        stream = _stream_of(body) if service in {"dynamodb", "dynamodbstreams"} else None
        return stream or before(service, method, path, headers, body, *more)

    iam_actions.extract_resource_arn = resource_arn


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
