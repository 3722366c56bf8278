"""AWS's answers, put in at botocore's HTTP layer: everything above it is each subject's own real client."""

import json
import zlib
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeAlias

from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.compat import HTTPHeaders
from botocore.httpsession import URLLib3Session

__all__ = ["OPERATIONS", "Answer", "accept_writes", "stub"]

OPERATIONS = frozenset({"PutItem", "TransactWriteItems", "UpdateItem"})
"""The writes of an order and of its idempotency record. Each succeeds, and without ReturnValues answers nothing."""

Answer: TypeAlias = Callable[[str, Any], tuple[int, Mapping[str, Any]]]
"""Takes an operation and its document; returns a status and a document."""


def accept_writes(operation: str, document: object) -> tuple[int, Mapping[str, Any]]:  # noqa: ARG001 - an Answer
    """Say that an order's write succeeded."""
    if operation not in OPERATIONS:
        raise AssertionError(f"not a write to DynamoDB: {operation}")
    return 200, {}


def stub(answer: Answer = accept_writes) -> None:
    """Answer every request of every client of this process."""

    def send(self: URLLib3Session, request: AWSPreparedRequest) -> AWSResponse:  # noqa: ARG001 - botocore's own method
        if not _text(request.headers["Authorization"]).startswith("AWS4-HMAC-SHA256"):
            raise AssertionError("not a signed request")
        assert isinstance(request.body, bytes)
        operation = _text(request.headers["X-Amz-Target"]).rpartition(".")[2]
        return _response(request.url, *answer(operation, json.loads(request.body)))

    URLLib3Session.send = send  # type: ignore[method-assign,assignment] # it sends prepared requests only


def _response(url: str, status: int, document: Mapping[str, Any]) -> AWSResponse:
    body = json.dumps(document).encode()
    headers = HTTPHeaders()
    headers["Content-Type"] = "application/x-amz-json-1.0"
    headers["Content-Length"] = str(len(body))
    headers["x-amz-crc32"] = str(zlib.crc32(body))
    headers["x-amzn-RequestId"] = "6KJ3TG5L2M8N4P9Q1R7S0T2U3VVV4KQNSO5AEMVJF66Q9ASUAAJG"
    return AWSResponse(url, status, headers, _Raw(body))


def _text(header: bytes | str) -> str:
    return header.decode() if isinstance(header, bytes) else header


class _Raw:
    """The part of urllib3's response that botocore reads."""

    def __init__(self, body: bytes) -> None:
        self._body = body

    def stream(self, **_: object) -> Iterator[bytes]:
        """Give the body in one piece."""
        yield self._body
