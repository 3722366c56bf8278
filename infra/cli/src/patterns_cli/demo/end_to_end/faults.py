"""What goes wrong on the shop's day, a line each when it happens: nothing of it may be seen in the books."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from patterns_cli.demo.end_to_end.order_events import events_of, placed_events
from patterns_cli.demo.end_to_end.shop import Shop
from patterns_cli.demo.outcomes import publish_all
from patterns_cli.demo.plan import PlannedOrder
from patterns_cli.demo.poison import set_aside_and_put_back
from patterns_cli.demo.recipients import OUTCOMES, RECEIVERS, TOLD_TO_PARTNER
from patterns_shared.adapters.event_messages import event_to_body
from patterns_shared.adapters.eventbridge import EventBridgePublisher
from patterns_shared.domain.events import Event, EventType

__all__ = ["kill_a_worker", "partner_down", "place_again", "repeat_messages", "set_poison_aside"]

_SECONDS = 240.0
_FEW = 20
"""Orders whose messages are repeated."""


@asynccontextmanager
async def partner_down(shop: Shop) -> AsyncIterator[None]:
    """Let the partner close every connection without an answer inside the block."""
    partner, say = shop.recipients.partner, shop.scene.progress.say
    say("the partner is down")
    await asyncio.to_thread(partner.behave, "down")
    try:
        yield
    finally:
        await asyncio.to_thread(partner.behave, "up")
        say("the partner is up again")


async def kill_a_worker(shop: Shop) -> None:
    """Kill a pod without any notice, whatever it is working on."""
    pods = sorted(await shop.cluster.worker_pods())
    if not pods:
        raise LookupError("there is no worker to kill")
    shop.scene.progress.say(f"a worker is killed: {pods[0]}")
    await shop.cluster.show("delete", pods[0].lower(), "--grace-period=0", "--force", "--wait=false")


async def place_again(shop: Shop, orders: Sequence[PlannedOrder]) -> None:
    """Put the OrderPlaced of these orders on the event bus once more."""
    placed = [order.number for order in orders if order.number in shop.placed]
    shop.scene.progress.say(f"the event bus delivers {len(placed)} OrderPlaced twice")
    events = await asyncio.to_thread(placed_events, shop, placed)
    await asyncio.to_thread(publish_all, _bus(shop), events)


async def repeat_messages(shop: Shop) -> None:
    """Deliver events of some orders once more at every hop: bus, topic, each receiver's queue, outcomes to the API."""
    numbers = sorted(shop.placed)[:_FEW]
    async with shop.scene.part("messages that come twice at every hop", seconds=_SECONDS):
        events = await asyncio.to_thread(events_of, shop, numbers)
        placed = await asyncio.to_thread(placed_events, shop, numbers)
        outcomes = [event for event in events if event.type in OUTCOMES]
        shop.scene.progress.say(f"{len(placed)} OrderPlaced and {len(outcomes)} outcomes come again on the bus")
        await asyncio.to_thread(publish_all, _bus(shop), [*placed, *outcomes])
        shop.scene.progress.say(f"{len(events)} events come again on the topic, and in each receiver's queue")
        refused = await shop.recipients.publish(events)
        shop.scene.checks.equal("publish events again", expected="all taken", seen=refused or "all taken")
        await asyncio.to_thread(_send_to_receivers, shop, events)


async def set_poison_aside(shop: Shop) -> None:
    """Break a message among repeated ones, let the partner refuse another, mend both and put them back."""
    numbers = sorted(shop.placed)[-_FEW:]
    async with shop.scene.part("a poison message and a refusal", seconds=_SECONDS):
        events = await asyncio.to_thread(events_of, shop, numbers)
        await set_aside_and_put_back(shop.scene, shop.recipients, events)


def _bus(shop: Shop) -> EventBridgePublisher:
    return EventBridgePublisher(shop.scene.client("events"), f"patterns.{shop.scene.stage}")


def _send_to_receivers(shop: Shop, events: Sequence[Event]) -> None:
    """Send each receiver the events that its subscription lets through."""
    sqs = shop.scene.client("sqs")
    types = {"partner": TOLD_TO_PARTNER, "outcome": OUTCOMES}
    for receiver in RECEIVERS:
        url = shop.scene.outputs[f"{receiver}_queue_url"]
        for event in events:
            if event.type in types.get(receiver, tuple(EventType)):
                sqs.send_message(QueueUrl=url, MessageBody=event_to_body(event))
