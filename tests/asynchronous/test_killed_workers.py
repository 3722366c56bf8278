"""A worker dies between its work and its word: the message comes again, and the work is not done twice."""

import threading
from collections.abc import Iterator

import pytest
from tests.faulty_service import Answer, FaultyService, Request
from tests.receivers import Receivers
from tests.stack import DeployedStack
from tests.worker_process import WorkerProcess

from patterns_async.testing import make_batch
from patterns_infra.local.platform import Platform
from patterns_shared.testing.order_events import events_of_orders

pytestmark = pytest.mark.integration


class HeldAt:
    """Lets requests through until one of a kind, does that one or not, and then says nothing any more."""

    def __init__(self, operation: str, *, number: int = 1, done: bool) -> None:
        """Hold the ``number``-th request of an operation, after it was ``done`` or before."""
        self.reached = threading.Event()
        self._operation, self._left, self._done = operation, number, done

    def __call__(self, request: Request) -> Answer | None:
        """Answer one request."""
        if request.operation != self._operation:
            return request.forward()
        self._left -= 1
        if self._left:
            return request.forward()
        if self._done:
            request.forward()
        self.reached.set()
        threading.Event().wait(60)
        return None


@pytest.fixture
def table(platform: Platform) -> Iterator[FaultyService]:
    """Give what stands in front of DynamoDB."""
    with FaultyService(platform.endpoint_url) as service:
        yield service


def test_killed_after_booking(
    platform: Platform, async_stack: DeployedStack, receivers: Receivers, table: FaultyService
) -> None:
    """The entries are there, nobody was told; the second worker finds them and is done, each is there once."""
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
