"""Orders that the demo makes up are in the table before anything is said of them."""

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from patterns_cli.demo.table_orders import place_in_table, published_orders_table
from patterns_infra.registry import PATTERNS
from patterns_shared.adapters.dynamodb_orders import DynamoDBOrders
from patterns_shared.domain.events import EventType
from patterns_shared.domain.orders import OrderStatus
from patterns_shared.testing.order_events import events_of_orders, events_to_decide

KEYS: dict[str, Any] = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}


@pytest.fixture
def dynamodb() -> Iterator[Any]:
    """Return DynamoDB with an orders table."""
    with mock_aws():
        client = boto3.client("dynamodb", "us-east-1", **KEYS)
        client.create_table(
            TableName="orders",
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
        yield client


@pytest.mark.parametrize("make", [events_of_orders, events_to_decide])
def test_every_event_is_of_an_order_that_is_there(dynamodb: Any, make: Any) -> None:  # noqa: ANN401 - a client, a function
    """The same ids and types in the same order; cancelled orders are cancelled, so that a late outcome is no error."""
    made = make(seed=3, orders=60)
    told = place_in_table(dynamodb, "orders", made)
    assert [(event.id, event.type, event.order_id) for event in told] == [(x.id, x.type, x.order_id) for x in made]
    orders = DynamoDBOrders(dynamodb, "orders")
    cancelled = {event.order_id for event in made if event.type is EventType.ORDER_CANCELLED}
    assert cancelled
    for event in told:
        order = orders.get(event.order_id)
        assert order.status is (OrderStatus.CANCELLED if event.order_id in cancelled else OrderStatus.PLACED)
        assert (order.customer_id, order.total) == (event.data.customer_id, event.data.total)


def test_without_the_web_api_there_is_no_table() -> None:
    """Then the events are published alone."""
    with mock_aws():
        ssm = boto3.client("ssm", "us-east-1", **KEYS)
        assert published_orders_table(lambda _: ssm, "dev") is None
        name = PATTERNS["web_api"].parameter_name("dev", "orders_table")
        ssm.put_parameter(Name=name, Value="orders", Type="String")
        assert published_orders_table(lambda _: ssm, "dev") == "orders"
