"""A worker dies between its work and its word: the message comes again, and the work is not done twice."""

from collections.abc import Iterator

import pytest
from tests.faulty_service import FaultyService, HeldAt
from tests.receivers import Receivers
from tests.stack import DeployedStack
from tests.worker_process import WorkerProcess

from patterns_local.platform import Platform
from patterns_shared.testing import make_batch
from patterns_shared.testing.order_events import events_of_orders

pytestmark = pytest.mark.integration


@pytest.fixture
def table(platform: Platform) -> Iterator[FaultyService]:
    """Give what stands in front of DynamoDB."""
    with FaultyService(platform.endpoint_url) as service:
        yield service


def test_killed_after_booking(
    platform: Platform, async_stack: DeployedStack, receivers: Receivers, table: FaultyService
) -> None:
    """The entries are there, unacknowledged; the second worker finds them and is done, each is there once."""
    events = events_of_orders(seed=11, orders=20)
    batch = make_batch(events)
    table.fault = held = HeldAt("BatchExecuteStatement", done=True)
    with WorkerProcess(platform, async_stack, "ledger", batch, dynamodb=table.url) as worker:
        assert held.reached.wait(30)
        worker.kill()
    assert receivers.entries(events).keys() == {event.id for event in events}
    assert receivers.invoke("ledger", batch) == {"batchItemFailures": []}
    assert receivers.entries(events).keys() == {event.id for event in events}


def test_killed_before_booking(
    platform: Platform, async_stack: DeployedStack, receivers: Receivers, table: FaultyService
) -> None:
    """Nothing was done, so everything comes again."""
    events = events_of_orders(seed=12, orders=20)
    batch = make_batch(events)
    table.fault = held = HeldAt("BatchExecuteStatement", done=False)
    with WorkerProcess(platform, async_stack, "ledger", batch, dynamodb=table.url) as worker:
        assert held.reached.wait(30)
        worker.kill()
    assert not receivers.entries(events)
    assert receivers.invoke("ledger", batch) == {"batchItemFailures": []}
    assert receivers.entries(events).keys() == {event.id for event in events}
