"""Suppressed addresses in a DynamoDB table, by a hash: the table holds no address."""

import hashlib
from collections.abc import Callable
from datetime import datetime
from email.utils import parseaddr
from typing import TYPE_CHECKING

from patterns_async.application.bounces import SuppressionReason
from patterns_shared.adapters.client_errors import transient_as_unavailable
from patterns_shared.adapters.clock import utc_now

if TYPE_CHECKING:  # the stubs exist for the type checker only
    from mypy_boto3_dynamodb import DynamoDBClient

__all__ = ["DynamoDBSuppressions", "hash_of"]

_DEPENDENCY = "suppressions table"


class DynamoDBSuppressions:
    """Items in the table of this name, whose key is ``address_hash``. Deleting an item lets mail go there again."""

    def __init__(self, client: "DynamoDBClient", table_name: str, *, now: Callable[[], datetime] = utc_now) -> None:
        """Keep the client; nothing is called yet."""
        self._client = client
        self._table = table_name
        self._now = now

    def add(self, address: str, reason: SuppressionReason) -> None:
        """Keep the address by one update, which leaves an earlier reason as it is."""
        with transient_as_unavailable(_DEPENDENCY):
            self._client.update_item(
                TableName=self._table,
                Key={"address_hash": {"S": hash_of(address)}},
                UpdateExpression="SET reason = if_not_exists(reason, :reason), since = if_not_exists(since, :now)",
                ExpressionAttributeValues={":reason": {"S": reason.value}, ":now": {"S": self._now().isoformat()}},
            )

    def includes(self, address: str) -> bool:
        """Look by one read, which may miss what was added within the last second."""
        with transient_as_unavailable(_DEPENDENCY):
            answer = self._client.get_item(
                TableName=self._table,
                Key={"address_hash": {"S": hash_of(address)}},
                ProjectionExpression="address_hash",
            )
        return "Item" in answer


def hash_of(address: str) -> str:
    """Return the key of an address: SHA-256, in hex, of the address alone in lower case.

    Receivers treat the part before the @ without regard to case, whatever RFC 5321 allows them; SES's own suppression
    list does so, too.
    """
    return hashlib.sha256((parseaddr(address)[1] or address).strip().casefold().encode()).hexdigest()
