"""DynamoDB's answers, put in at botocore's HTTP layer: everything above it is each subject's own real client."""

import json
import zlib
from collections.abc import Iterator

from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.compat import HTTPHeaders
from botocore.httpsession import URLLib3Session

__all__ = ["OPERATIONS", "stub"]

OPERATIONS = frozenset({"PutItem", "TransactWriteItems", "UpdateItem"})
"""The writes of an order and of its idempotency record. Each succeeds, and without ReturnValues answers nothing."""

_EMPTY = b"{}"


def stub() -> None:
    """Answer every request of every client of this process."""
    URLLib3Session.send = _send  # type: ignore[method-assign,assignment] # it sends prepared requests only


def _send(self: URLLib3Session, request: AWSPreparedRequest) -> AWSResponse:  # noqa: ARG001 - botocore's own method
    operation = _text(request.headers["X-Amz-Target"]).rpartition(".")[2]
    if operation not in OPERATIONS or not _text(request.headers["Authorization"]).startswith("AWS4-HMAC-SHA256"):
        raise AssertionError(f"not a signed write to DynamoDB: {operation}")
    body = request.body
    assert isinstance(body, bytes)
    json.loads(body)
    headers = HTTPHeaders()
    headers["Content-Type"] = "application/x-amz-json-1.0"
    headers["Content-Length"] = str(len(_EMPTY))
    headers["x-amz-crc32"] = str(zlib.crc32(_EMPTY))
    headers["x-amzn-RequestId"] = "6KJ3TG5L2M8N4P9Q1R7S0T2U3VVV4KQNSO5AEMVJF66Q9ASUAAJG"
    return AWSResponse(request.url, 200, headers, _Raw())


def _text(header: bytes | str) -> str:
    return header.decode() if isinstance(header, bytes) else header


class _Raw:
    """The part of urllib3's response that botocore reads."""

    def stream(self, **_: object) -> Iterator[bytes]:
        """Give the body in one piece."""
        yield _EMPTY
