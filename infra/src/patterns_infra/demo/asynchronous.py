"""The asynchronous pattern's part of the demo: what became of orders, to everybody who has to know."""

import asyncio

from patterns_infra.demo.scene import Scene, eventually
from patterns_shared.adapters.sns import SnsPublisher
from patterns_shared.domain.events import Event, EventType
from patterns_shared.testing.order_events import events_of_orders

__all__ = ["play"]

_EFFECT = {EventType.ORDER_FULFILLED: 1, EventType.ORDER_CANCELLED: -1, EventType.ORDER_REJECTED: 0}


async def play(scene: Scene) -> None:
    """Publish what happened, and follow it to every receiver."""
    await _fan_out(scene, events_of_orders(seed=scene.seed, orders=scene.orders))


async def _fan_out(scene: Scene, events: list[Event]) -> None:
    publisher = SnsPublisher(scene.client("sns"), scene.outputs["topic_arn"])
    table, dynamodb = scene.outputs["ledger_table"], scene.client("dynamodb")
    expected = {event.id: _EFFECT[event.type] * event.data.total for event in events}

    def entries() -> dict[str, int]:
        pages = dynamodb.get_paginator("scan").paginate(TableName=table)
        return {item["event_id"]["S"]: int(item["amount"]["N"]) for page in pages for item in page["Items"]}

    async with scene.part("telling what became of orders", seconds=60):
        left = await asyncio.to_thread(publisher.publish, events)
        scene.checks.equal("publish every event to the topic", expected=0, seen=len(left))
        seen = await eventually(
            lambda: asyncio.to_thread(entries), until=lambda seen: seen.keys() >= expected.keys(), seconds=45
        )
        scene.checks.each("read the ledger", expected=expected, seen=seen, what="entries with their amounts")
