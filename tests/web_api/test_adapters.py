"""The adapters keep their contracts on the platform, as the fakes and the unit tests' mock do."""

import secrets
from collections.abc import Callable, Iterator, Sequence

import pytest
from tests.in_process import aws_environment
from tests.queues import BusTap, tap

from patterns_local.platform import Platform
from patterns_shared.adapters.aws_client import create_client
from patterns_shared.adapters.dynamodb_orders import DynamoDBOrders
from patterns_shared.adapters.eventbridge import EventBridgePublisher
from patterns_shared.domain.event_codec import decode_event
from patterns_shared.domain.events import Event
from patterns_shared.testing.orders_contract import ConcurrentOrdersContract
from patterns_shared.testing.publisher_contract import PublisherContract

pytestmark = pytest.mark.integration


SOURCE = f"contract.{secrets.token_hex(4)}"
"""A source that no rule of the stack selects."""


@pytest.fixture(scope="module")
def repository(platform: Platform, orders_table: str) -> Iterator[DynamoDBOrders]:
    """Give the orders repository on the deployed table, with a client as the functions make it."""
    with aws_environment(platform, {}):
        yield DynamoDBOrders(create_client("dynamodb"), orders_table)


@pytest.fixture(scope="module")
def publisher(platform: Platform) -> Iterator[EventBridgePublisher]:
    """Give the publisher on the default bus, with a client as the functions make it."""
    with aws_environment(platform, {}):
        yield EventBridgePublisher(create_client("events"), SOURCE)


@pytest.fixture(scope="module")
def bus(platform: Platform) -> Iterator[BusTap]:
    """Give the bus's copies."""
    with tap(platform, SOURCE) as listening:
        yield listening


@pytest.fixture
def received(bus: BusTap) -> Callable[[], Sequence[Event]]:
    """Return what takes the events off the bus that have arrived."""
    return lambda: [decode_event(event["detail"]) for event in bus.take_all()]


class TestDynamoDBOrders(ConcurrentOrdersContract):
    """The orders repository keeps its contract on the platform's table."""


class TestEventBridgePublisher(PublisherContract):
    """The event publisher keeps its contract on the platform's bus."""
