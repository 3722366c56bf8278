"""Which failures of an AWS call pass by themselves; every other one is a bug or a missing grant and is not hidden."""

from collections.abc import Iterator
from contextlib import contextmanager

from botocore.exceptions import (
    ClientError,
    ConnectionError,  # noqa: A004 - botocore's name for it
    CredentialRetrievalError,
    HTTPClientError,
    IncompleteReadError,
    MetadataRetrievalError,
)
from botocore.parsers import ResponseParserError

from patterns_shared.domain.errors import TemporarilyUnavailable

__all__ = ["TRANSIENT", "error_code", "is_transient", "transient_as_unavailable"]

_TRANSIENT_CODES = frozenset(
    {
        "BandwidthLimitExceeded",
        "InternalFailure",
        "InternalServerError",
        "InternalServiceError",
        "InternalServiceErrorException",
        "KMSInternalException",
        "KMSThrottling",
        "KMSThrottlingException",
        "KmsThrottled",
        "LimitExceededException",
        "PriorRequestNotComplete",
        "ProvisionedThroughputExceededException",
        "ReplicatedWriteConflictException",
        "RequestLimitExceeded",
        "RequestThrottled",
        "RequestThrottledException",
        "RequestTimeout",
        "RequestTimeoutException",
        "ServiceUnavailable",
        "ServiceUnavailableException",
        "Throttling",
        "ThrottledException",
        "ThrottlingException",
        "TooManyRequestsException",
        "TransactionConflictException",
        "TransactionInProgressException",
    }
)


def error_code(error: ClientError) -> str:
    """Return the service's code for the error, empty when it gave none."""
    return str(error.response.get("Error", {}).get("Code", ""))


def is_transient(error: ClientError) -> bool:
    """Whether the same call may succeed a little later."""
    status = int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
    return error_code(error) in _TRANSIENT_CODES or status == 429 or status >= 500  # noqa: PLR2004 - HTTP's numbers


TRANSIENT = (
    ConnectionError,
    CredentialRetrievalError,
    HTTPClientError,
    IncompleteReadError,
    MetadataRetrievalError,
    ResponseParserError,
)
"""The network, an answer that was cut or comes from something in between, and where credentials come from."""


@contextmanager
def transient_as_unavailable(dependency: str) -> Iterator[None]:
    """Turn what passes by itself (throttling, timeouts, lost connections, 5xx) into TemporarilyUnavailable."""
    try:
        yield
    except TRANSIENT as error:
        raise TemporarilyUnavailable(dependency) from error
    except ClientError as error:
        if not is_transient(error):
            raise
        raise TemporarilyUnavailable(dependency) from error
