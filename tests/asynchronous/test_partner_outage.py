"""The partner is down, then slow, then up: everything arrives, nothing is given up, and it is left alone meanwhile."""

import threading
import time
from dataclasses import dataclass, field
from typing import Any, Self

import pytest
from tests.clients import administrator
from tests.receivers import Receivers
from tests.stack import DeployedStack
from tests.waiting import eventually

from patterns_async.application.circuit import CircuitPolicy, State
from patterns_async.settings import PartnerSettings
from patterns_infra.receivers import read_receivers
from patterns_local.partner.client import PartnerClient
from patterns_local.platform import Platform
from patterns_shared.domain.events import EventType
from patterns_shared.testing.order_events import events_of_orders

OUTAGES = [
    pytest.param(8.0, 4.0, 150, marks=pytest.mark.integration, id="seconds"),
    pytest.param(60.0, 20.0, 400, marks=pytest.mark.faults, id="a minute"),
]


@dataclass(slots=True)
class CircuitWatch:
    """Sees every state that the circuit's item has, by looking at it ten times a second."""

    platform: Platform
    table: str
    states: list[State] = field(default_factory=list)
    _ended: threading.Event = field(default_factory=threading.Event)

    def look(self) -> None:
        """Look until it is told to end."""
        client = administrator(self.platform, "dynamodb")
        key = {"circuit": {"S": "partner"}}
        while not self._ended.wait(0.1):
            item: dict[str, Any] = client.get_item(TableName=self.table, Key=key, ConsistentRead=True).get("Item", {})
            state = State(item.get("state", {"S": State.CLOSED})["S"])
            if self.states[-1:] != [state]:
                self.states.append(state)

    def __enter__(self) -> Self:
        """Begin to look."""
        threading.Thread(target=self.look, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        """End looking."""
        self._ended.set()


def most_requests(policy: CircuitPolicy, *, concurrency: int, outage: float) -> int:
    """Return how many requests a partner that is down may see: the bound that the pattern's README states.

    The failures that open the circuit, one more under way in each other environment, then one probe an interval, of
    which each is longer than the one before.
    """
    probes, at, trips = 0, 0.0, 1
    while (at := at + policy.open_for(trips, 0.0)) < outage:
        probes, trips = probes + 1, trips + 1
    return policy.failures + (concurrency - 1) + probes


@pytest.mark.parametrize(("down", "slow", "orders"), OUTAGES)
def test_everything_arrives_after_an_outage(
    platform: Platform,
    async_stack: DeployedStack,
    partner: PartnerClient,
    receivers: Receivers,
    down: float,
    slow: float,
    orders: int,
) -> None:
    """The circuit opens and closes; nothing is a dead letter; each event is done once."""
    told = {EventType.ORDER_FULFILLED, EventType.ORDER_CANCELLED}
    events = [event for event in events_of_orders(seed=orders, orders=orders) if event.type in told]
    settings = PartnerSettings.from_environment(async_stack.environment("partner"))
    concurrency = read_receivers()["partner"].batch.maximum_concurrency
    partner.behave("down")
    with CircuitWatch(platform, async_stack.environment("partner")["CIRCUIT_TABLE"]) as circuit:
        receivers.publish(events)
        began = time.monotonic()
        time.sleep(down)
        asked, outage = partner.seen()["requests"], time.monotonic() - began
        partner.behave("slow", delay_seconds=settings.read_timeout / 2)
        time.sleep(slow)
        partner.behave("up")
        wanted = {event.id for event in events}
        eventually(
            lambda: {key for key, seen in partner.events().items() if seen["done"]} >= wanted, seconds=90, pause=0.5
        )
        receivers.settle("partner", seconds=60)
    bound = most_requests(settings.circuit, concurrency=concurrency, outage=outage)
    assert 0 < asked <= bound
    assert {State.OPEN, State.CLOSED} <= set(circuit.states)
    assert circuit.states[-1] is State.CLOSED
    assert all(seen["done"] == 1 for seen in partner.events().values())
    assert not receivers.take_dead_letters("partner", count=0)
