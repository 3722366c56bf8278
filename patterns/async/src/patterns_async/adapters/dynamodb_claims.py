"""Who is about to send which mail, and which went out: one DynamoDB item an order, one request a call.

The order's item holds, for each of its events, until when it is claimed and when its mail went out, and whether the
order is cancelled, so that a claim learns of a cancellation without a request of its own. No address is kept, but a
digest of the event, so that another event with its id is a conflict and no duplicate.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from botocore.exceptions import ClientError

from patterns_async.application.notifications import AlreadySent
from patterns_shared.adapters.client_errors import error_code, transient_as_unavailable
from patterns_shared.domain.errors import EventConflict, TemporarilyUnavailable
from patterns_shared.domain.event_content import content_digest
from patterns_shared.domain.events import Event

if TYPE_CHECKING:  # the stubs exist for the type checker only
    from mypy_boto3_dynamodb import DynamoDBClient

__all__ = ["CLAIMS_KEPT", "DynamoDBClaims"]

_DEPENDENCY = "notifications table"
CLAIMS_KEPT = timedelta(days=30)
"""Longer than an archive and a queue after it keep an event that could be a duplicate."""

_NOT_SENT = "attribute_not_exists(#sent)"
_NOT_CLAIMED = "(attribute_not_exists(#until) OR #until < :now)"
_NOT_CANCELLED = "attribute_not_exists(cancelled)"
_SAME_CONTENT = "(attribute_not_exists(#content) OR #content = :content)"


class DynamoDBClaims:
    """Claims in the table of this name, whose key is ``order_id``; a claim holds for ``lease`` seconds.

    The lease is longer than the function may run, so that its holder is running or has failed, and not longer than
    the queue hides a message, so that the next to receive it finds the claim run out.
    """

    def __init__(self, client: "DynamoDBClient", table_name: str, *, lease: float) -> None:
        """Keep the client and the names; nothing is called yet."""
        self._client = client
        self._table = table_name
        self._lease = timedelta(seconds=lease)

    def claim(self, event: Event, *, cancels: bool, now: datetime) -> bool:
        """Claim by one conditional update, whose answer tells whether the order is cancelled."""
        claim_id = {"S": str(uuid4())}
        sets = "#until = :until, #claim = :claim, #content = :content, expires_at = :expires"
        sets += ", cancelled = :true" if cancels else ""
        # What is superseded takes no claim, for which its repetitions would have to wait.
        condition = f"{_NOT_SENT} AND {_NOT_CLAIMED} AND {_SAME_CONTENT}"
        condition += "" if cancels else f" AND {_NOT_CANCELLED}"
        content = {"S": content_digest(event, contact=True)}
        try:
            with transient_as_unavailable(_DEPENDENCY):
                answer = self._client.update_item(
                    TableName=self._table,
                    Key=_key(event),
                    UpdateExpression=f"SET {sets}",
                    ConditionExpression=condition,
                    ExpressionAttributeNames={**_sent(event), **_until(event), **_claim(event), **_content(event)},
                    ExpressionAttributeValues={
                        ":now": _seconds(now),
                        ":until": _seconds(now + self._lease),
                        ":expires": _seconds(now + CLAIMS_KEPT),
                        ":claim": claim_id,
                        ":content": content,
                        **({":true": {"BOOL": True}} if cancels else {}),
                    },
                    ReturnValues="ALL_NEW",
                    ReturnValuesOnConditionCheckFailure="ALL_OLD",
                )
        except ClientError as error:
            if error_code(error) != "ConditionalCheckFailedException":
                raise
            return self._after_refusal(error, event, claim_id, content, cancels=cancels)
        return _is_cancelled(answer["Attributes"])

    def _after_refusal(
        self,
        error: ClientError,
        event: Event,
        claim_id: Mapping[str, str],
        content: Mapping[str, str],
        *,
        cancels: bool,
    ) -> bool:
        item: dict[str, Any] = error.response.get("Item", {})  # type: ignore[assignment] # not in the stubs
        # An item from before contents were kept has none.
        if item.get(_content(event)["#content"], content) != content:
            raise EventConflict(event.id) from None
        if _sent(event)["#sent"] in item:
            raise AlreadySent(event.id) from None
        if _is_cancelled(item) and not cancels:
            return True
        if item.get(_claim(event)["#claim"]) == claim_id:
            return _is_cancelled(item)  # the answer of this very claim was lost, and the client repeated it
        # Not until the claim runs out: its holder finishes in a moment, unless it failed.
        raise TemporarilyUnavailable("the claim of another worker") from None

    def mark_sent(self, event: Event, *, now: datetime) -> None:
        """Mark the mail as sent in one update, regardless of who holds the claim now."""
        with transient_as_unavailable(_DEPENDENCY):
            self._client.update_item(
                TableName=self._table,
                Key=_key(event),
                UpdateExpression="SET #sent = :now REMOVE #until, #claim",
                ExpressionAttributeNames={**_sent(event), **_until(event), **_claim(event)},
                ExpressionAttributeValues={":now": {"S": now.isoformat()}},
            )

    def release(self, event: Event) -> None:
        """End the claim in one update, regardless of its holder: no holder would send the mail."""
        with transient_as_unavailable(_DEPENDENCY):
            self._client.update_item(
                TableName=self._table,
                Key=_key(event),
                UpdateExpression="REMOVE #until, #claim",
                ExpressionAttributeNames={**_until(event), **_claim(event)},
            )


def _key(event: Event) -> dict[str, Any]:
    return {"order_id": {"S": event.order_id}}


def _sent(event: Event) -> dict[str, str]:
    return {"#sent": f"sent#{event.id}"}


def _until(event: Event) -> dict[str, str]:
    return {"#until": f"claimed_until#{event.id}"}


def _claim(event: Event) -> dict[str, str]:
    return {"#claim": f"claim#{event.id}"}


def _content(event: Event) -> dict[str, str]:
    return {"#content": f"content#{event.id}"}


def _seconds(moment: datetime) -> dict[str, str]:
    return {"N": str(int(moment.timestamp()))}


def _is_cancelled(item: Mapping[str, Any]) -> bool:
    return item.get("cancelled") == {"BOOL": True}
