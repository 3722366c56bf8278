"""The orders repository on one DynamoDB table: one request for each call (see the decision record 0003).

Reads of the table by key are strongly consistent; the lists come from two indexes that lag a write by a moment.
"""

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any, cast
from uuid import uuid4

from botocore.exceptions import ClientError

from patterns_shared.adapters.client_errors import error_code, transient_as_unavailable
from patterns_shared.adapters.clock import utc_now
from patterns_shared.adapters.kept_orders import moved_order, page_of_items, unmoved_order
from patterns_shared.adapters.order_items import (
    Item,
    claim_key,
    customer_status,
    order_from_item,
    order_key,
    order_to_item,
)
from patterns_shared.domain.errors import (
    IdempotencyMismatch,
    IllegalTransition,
    OrderNotFound,
    TemporarilyUnavailable,
)
from patterns_shared.domain.moves import Transition, VersionCondition, decide_move
from patterns_shared.domain.orders import ERASED_CONTACT, Order, OrderStatus
from patterns_shared.ports import IdempotencyClaim, OrderPage, Placement

if TYPE_CHECKING:  # the stubs exist for the type checker only
    from mypy_boto3_dynamodb import DynamoDBClient

__all__ = ["DynamoDBOrders"]

_DEPENDENCY = "orders table"
_NEVER_CHANGED = ("order_id", "customer_id", "placed_at")
_NO_VERSION = 0
"""A version that no order has: DynamoDB compares with at least one."""
_IS_NEW = "attribute_not_exists(pk)"
_IS_UNCLAIMED = "attribute_not_exists(pk) OR expires_at < :now"
# What the event of this version and of the one before it say follows from the item: see order_item_events.
_MOVE = (
    "SET #status = :target, customer_status = :customer_target, order_version = order_version + :one, "
    "placed_traceparent = if_not_exists(traceparent, :none), traceparent = :traceparent, moved_at = :now, "
    "write_id = :write_id"
)
_PASSING_REASONS = frozenset({"TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"})


class DynamoDBOrders:
    """Orders in the table of this name. The client's own retries repeat a request safely: see ``write_id``."""

    def __init__(self, client: "DynamoDBClient", table_name: str, *, now: Callable[[], datetime] = utc_now) -> None:
        """Keep the client and the table's name; nothing is called yet. ``now`` is when an order moves."""
        self._client = client
        self._table = table_name
        self._now = now

    def add(self, order: Order, *, claim: IdempotencyClaim | None, traceparent: str) -> Placement:
        """Keep a new order, with its claim in one transaction."""
        item = order_to_item(order, traceparent=traceparent)
        if claim is None:
            return self._put(order, item)
        now = int(order.placed_at.timestamp())
        claim_item = {
            **claim_key(order.customer_id, claim.key),
            "fingerprint": {"S": claim.fingerprint},
            # Without the address, which the customer's next request brings again: erasing it need not look here.
            "order_snapshot": {"M": {name: value for name, value in item.items() if name != "contact_email"}},
            "expires_at": {"N": str(int(claim.expires_at.timestamp()))},
        }
        try:
            with transient_as_unavailable(_DEPENDENCY):
                self._client.transact_write_items(
                    TransactItems=[
                        {"Put": {"TableName": self._table, "Item": item, "ConditionExpression": _IS_NEW}},
                        {
                            "Put": {
                                "TableName": self._table,
                                "Item": claim_item,
                                "ConditionExpression": _IS_UNCLAIMED,
                                "ExpressionAttributeValues": {":now": {"N": str(now)}},
                                "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
                            }
                        },
                    ]
                )
        except ClientError as error:
            if error_code(error) != "TransactionCanceledException":
                raise
            return _after_cancellation(error, claim, contact=item["contact_email"])
        return Placement(order, replayed=False)

    def _put(self, order: Order, item: Item) -> Placement:
        try:
            with transient_as_unavailable(_DEPENDENCY):
                self._client.put_item(
                    TableName=self._table,
                    Item=item,
                    ConditionExpression=_IS_NEW,
                    ReturnValuesOnConditionCheckFailure="ALL_OLD",
                )
        except ClientError as error:
            # The order's id is new, so the item that is there is ours: the client repeated a put whose answer was lost.
            item_there = _old_item(error) if _condition_failed(error) else None
            # It may have been moved since, so only what never changes is compared.
            if item_there is None or any(item_there.get(name) != item[name] for name in _NEVER_CHANGED):
                raise
        return Placement(order, replayed=False)

    def get(self, order_id: str) -> Order:
        """Return the order by a strongly consistent read."""
        with transient_as_unavailable(_DEPENDENCY):
            answer = self._client.get_item(TableName=self._table, Key=order_key(order_id), ConsistentRead=True)
        if "Item" not in answer:
            raise OrderNotFound(order_id)
        return order_from_item(answer["Item"])

    def list_for_customer(
        self, customer_id: str, *, status: OrderStatus | None, limit: int, after: str | None
    ) -> OrderPage:
        """Return a page by one query; one item more than the page tells whether another page follows."""
        name, value = (
            ("customer_id", customer_id)
            if status is None
            else ("customer_status", customer_status(customer_id, status))
        )
        condition, values = f"{name} = :partition", {":partition": {"S": value}}
        if after is not None:
            condition, values = f"{condition} AND order_id < :after", {**values, ":after": {"S": after}}
        with transient_as_unavailable(_DEPENDENCY):
            answer = self._client.query(
                TableName=self._table,
                IndexName="by_customer" if status is None else "by_customer_status",
                KeyConditionExpression=condition,
                ExpressionAttributeValues=values,
                ScanIndexForward=False,
                Limit=limit + 1,
            )
        more = len(answer["Items"]) > limit or "LastEvaluatedKey" in answer
        return page_of_items(answer["Items"][:limit], more=more)

    def move(
        self,
        order_id: str,
        target: OrderStatus,
        *,
        customer_id: str,
        traceparent: str,
        condition: VersionCondition | None = None,
    ) -> Transition:
        """Move the order by one conditional update; a refusal returns the item, which says why."""
        if not OrderStatus.PLACED.allows(target):
            raise IllegalTransition(order_id, OrderStatus.PLACED, target)
        expression = "customer_id = :customer AND #status = :placed AND attribute_type(order_version, :number)"
        values: dict[str, Any] = {
            ":customer": {"S": customer_id},
            ":placed": {"S": OrderStatus.PLACED.value},
            ":target": {"S": target.value},
            ":customer_target": {"S": customer_status(customer_id, target)},
            ":one": {"N": "1"},
            ":number": {"S": "N"},
            ":traceparent": {"S": traceparent},
            ":none": {"S": ""},
            ":now": {"S": self._now().isoformat()},
            ":write_id": {"S": str(uuid4())},
        }
        if condition is not None:
            versions = {f":v{n}": {"N": str(v)} for n, v in enumerate(sorted(condition.versions or {_NO_VERSION}))}
            negation = "NOT " if condition.excluded else ""
            expression += f" AND {negation}order_version IN ({', '.join(versions)})"
            values |= versions
        try:
            with transient_as_unavailable(_DEPENDENCY):
                answer = self._client.update_item(
                    TableName=self._table,
                    Key=order_key(order_id),
                    UpdateExpression=_MOVE,
                    ConditionExpression=expression,
                    ExpressionAttributeNames={"#status": "status"},
                    ExpressionAttributeValues=values,
                    ReturnValues="ALL_NEW",
                    ReturnValuesOnConditionCheckFailure="ALL_OLD",
                )
        except ClientError as error:
            if not _condition_failed(error):
                raise
            item = _old_item(error)
            if item is None or item.get("customer_id") != values[":customer"]:
                raise OrderNotFound(order_id) from None
            if item.get("write_id") == values[":write_id"]:
                # The answer of this very move was lost, and the client sent it again.
                return Transition(moved_order(item), repeated=False)
            transition = decide_move(unmoved_order(item, target), target, condition)
            if not transition.repeated:
                raise  # the table refused what the rules allow
            return transition
        return Transition(moved_order(answer["Attributes"]), repeated=False)

    def erase_contact(self, order_id: str, *, customer_id: str) -> None:
        """Erase the address by one conditional update; the version and the trace of the last move stay."""
        customer = {"S": customer_id}
        try:
            with transient_as_unavailable(_DEPENDENCY):
                self._client.update_item(
                    TableName=self._table,
                    Key=order_key(order_id),
                    UpdateExpression="SET contact_email = :erased",
                    ConditionExpression="customer_id = :customer AND #status <> :placed",
                    ExpressionAttributeNames={"#status": "status"},
                    ExpressionAttributeValues={
                        ":customer": customer,
                        ":erased": {"S": ERASED_CONTACT},
                        ":placed": {"S": OrderStatus.PLACED.value},
                    },
                    ReturnValuesOnConditionCheckFailure="ALL_OLD",
                )
        except ClientError as error:
            if not _condition_failed(error):
                raise
            item = _old_item(error)
            if item is None or item.get("customer_id") != customer:
                raise OrderNotFound(order_id) from None
            raise IllegalTransition(order_id, OrderStatus.PLACED, "ERASED") from None


def _after_cancellation(error: ClientError, claim: IdempotencyClaim, *, contact: Item) -> Placement:
    """Return the order of an earlier request with this claim, or raise what cancelled the transaction."""
    reasons = cast("list[dict[str, Any]]", error.response.get("CancellationReasons", []))
    claimed = next((reason["Item"] for reason in reasons if "fingerprint" in reason.get("Item", {})), None)
    if claimed is not None:
        if claimed["fingerprint"] != {"S": claim.fingerprint}:
            raise IdempotencyMismatch("this idempotency key was used for another request") from None
        return Placement(order_from_item({"contact_email": contact, **claimed["order_snapshot"]["M"]}), replayed=True)
    if any(reason.get("Code") in _PASSING_REASONS for reason in reasons):
        raise TemporarilyUnavailable(_DEPENDENCY) from error
    raise error


def _condition_failed(error: ClientError) -> bool:
    return error_code(error) == "ConditionalCheckFailedException"


def _old_item(error: ClientError) -> Item | None:
    """Return the item that refused the write, None when there is none."""
    return cast("Item | None", error.response.get("Item"))
