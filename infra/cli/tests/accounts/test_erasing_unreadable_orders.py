"""Erasing a customer whose orders cannot all be read: the table knows their status and address all the same."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from moto import mock_aws

from patterns_cli.accounts.erasure import CustomerErasure
from patterns_cli.commands import erase_customer as command
from patterns_cli.commands.failures import CommandError
from patterns_deploy.place import Place
from patterns_infra.settings import Target
from patterns_shared.adapters.dynamodb_orders import DynamoDBOrders
from patterns_shared.adapters.order_items import order_key, order_to_item
from patterns_shared.domain.orders import ERASED_CONTACT, Order, OrderStatus
from patterns_shared.testing import SequentialOrderIds, make_order
from patterns_shared.testing.made import TRACEPARENT

KEYS: dict[str, Any] = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
CUSTOMER = "00000000-0000-7000-8000-000000000001"
NOW = datetime(2026, 1, 5, 9, 30, tzinfo=UTC)
NO_LINES = {"lines": {"S": "none"}}


class Accounts:
    """A user pool from which the account is gone."""

    def find(self, who: str) -> str:
        """Return the customer's id."""
        return who

    def delete(self, customer_id: str) -> None:
        """Accept it."""

    def tokens_end(self, now: datetime) -> datetime:
        """An hour later."""
        return now + timedelta(hours=1)


@pytest.fixture
def dynamodb() -> Iterator[Any]:
    """Return DynamoDB with an orders table and its list by customer."""
    with mock_aws():
        client: Any = boto3.client("dynamodb", "us-east-1", **KEYS)
        keys = {"customer_id": "HASH", "order_id": "RANGE"}
        client.create_table(
            TableName="orders",
            BillingMode="PAY_PER_REQUEST",
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("pk", *keys)],
            GlobalSecondaryIndexes=[
                {
                    "IndexName": "by_customer",
                    "KeySchema": [{"AttributeName": name, "KeyType": kind} for name, kind in keys.items()],
                    "Projection": {"ProjectionType": "ALL"},
                }
            ],
        )
        yield client


def put(dynamodb: Any, *damages: dict[str, Any]) -> list[str]:  # noqa: ANN401 - a client
    """Write an order for each, with these attributes instead of its own, and return their ids."""
    ids = SequentialOrderIds()
    made: list[Order] = [make_order(order_id=ids(NOW), customer_id=CUSTOMER) for _ in damages]
    for order, damage in zip(made, damages, strict=True):
        dynamodb.put_item(TableName="orders", Item={**order_to_item(order, traceparent=TRACEPARENT), **damage})
    return [order.order_id for order in made]


def kept(dynamodb: Any, order_id: str) -> tuple[str, str]:  # noqa: ANN401 - a client
    """Return the status and the address of an order."""
    item = dynamodb.get_item(TableName="orders", Key=order_key(order_id))["Item"]
    return item["status"]["S"], item["contact_email"]["S"]


def erasure_of(dynamodb: Any) -> CustomerErasure:  # noqa: ANN401 - a client
    """Return the use case on the table."""
    orders = DynamoDBOrders(dynamodb, "orders")
    return CustomerErasure(orders, Accounts(), now=lambda: NOW, new_traceparent=lambda: TRACEPARENT)


def test_an_order_that_cannot_be_read_is_cancelled_and_erased(dynamodb: Any) -> None:  # noqa: ANN401 - a client
    """Open, closed, and in a status that no code knows; a readable one beside them."""
    closed = {"status": {"S": "FULFILLED"}, "order_version": {"N": "2"}}
    ids = put(dynamodb, NO_LINES, {**NO_LINES, **closed}, {"status": {"S": "PENDING"}}, {})

    done = erasure_of(dynamodb).erase(CUSTOMER)

    assert (done.orders, done.cancelled, done.erased, done.remaining) == (4, 2, 4, ())
    statuses = [OrderStatus.CANCELLED, OrderStatus.FULFILLED, "PENDING", OrderStatus.CANCELLED]
    assert [kept(dynamodb, x) for x in ids] == [(status, ERASED_CONTACT) for status in statuses]


@pytest.mark.parametrize("version", [{"S": "two"}, {"NULL": True}])
def test_one_that_cannot_be_erased_is_named_and_costs_no_other(dynamodb: Any, version: Any) -> None:  # noqa: ANN401
    """Without a version that counts it cannot be cancelled, and an open order keeps its address."""
    ids = put(dynamodb, {}, {"order_version": version}, NO_LINES)

    done = erasure_of(dynamodb).erase(CUSTOMER)

    assert (done.orders, done.cancelled, done.erased) == (3, 2, 2)
    assert [order.order_id for order in done.remaining] == [ids[1]]
    assert "order_version" in done.remaining[0].reason
    assert [kept(dynamodb, ids[n])[1] for n in (0, 2)] == [ERASED_CONTACT] * 2


def test_the_command_names_it_and_fails(
    dynamodb: Any,  # noqa: ANN401 - a client
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """After everything else was erased, and with the line that says when to run it again."""
    (order_id,) = put(dynamodb, {"order_version": {"S": "two"}})
    names = {"user_pool_id": "pool", "user_pool_client_id": "client", "orders_table": "orders"}
    monkeypatch.setattr(command, "read_outputs", lambda _: {"web_api": names})
    monkeypatch.setattr(command, "UserPoolAccounts", lambda *_: Accounts())
    place = Place(Target.AWS, "dev", "us-east-1", "123456789012", None, lambda _: dynamodb)

    with pytest.raises(CommandError, match=f"1 order still has the address: {order_id}"):
        command.erase_customer_at(place, CUSTOMER)

    assert "run once more" in capsys.readouterr().err
