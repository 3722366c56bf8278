"""The way to the bus and back: every change became its event, and outcomes from the bus become statuses."""

import asyncio
from collections.abc import Iterable

from patterns_cli.demo.event_tap import EventTap
from patterns_cli.demo.outcomes import outcome_event, publish_all
from patterns_cli.demo.scene import eventually
from patterns_cli.demo.visit import Visit, state_of
from patterns_shared.adapters.eventbridge import EventBridgePublisher
from patterns_shared.domain.events import Event, EventType, change_event_id

__all__ = ["decide_orders", "follow_events"]

_EVENT_SECONDS, _OUTCOME_SECONDS = 60.0, 30.0
_LULL = 1.0


async def follow_events(visit: Visit, tap: EventTap) -> None:
    """Compare the events on the bus with what the customers did."""
    placed = {order.number for order in visit.plan.orders} & visit.placed.keys()
    cancelled = set(visit.plan.cancelled) & visit.placed.keys()
    expected = {
        EventType.ORDER_PLACED: dict(_told(visit, number, version=1) for number in placed),
        EventType.ORDER_CANCELLED: dict(_told(visit, number, version=2) for number in cancelled),
    }
    ids = {event_id for events in expected.values() for event_id in events}
    ours = {customer.sub for customer in visit.customers}
    async with visit.scene.part("following the events", seconds=_EVENT_SECONDS + 15):
        try:
            async with asyncio.timeout(_EVENT_SECONDS):
                await tap.listen(lambda heard: ids <= {event.id for event in heard}, lull=_LULL)
        except TimeoutError:
            visit.scene.progress.say(f"not all events came within {_EVENT_SECONDS:g} s; comparing those that did")
        for event_type, events in expected.items():
            visit.scene.checks.each(
                f"hear {event_type} on the event bus",
                expected=events,
                seen={
                    event.id: _facts(event)
                    for event in tap.heard
                    if event.type is event_type and event.data.customer_id in ours
                },
                what="events, each with its order's id, version, trace, total and contact",
            )


def _told(visit: Visit, number: int, *, version: int) -> tuple[str, dict[str, object]]:
    """Return the id of the event about this version of the order, and what it must tell."""
    order, order_id = visit.plan.orders[number], visit.order_id(number)
    return change_event_id(order_id, version), {
        "order_id": order_id,
        "order_version": version,
        "trace": order.trace_id,
        "total": order.total,
        "email": visit.owner(order).email,
    }


def _facts(event: Event) -> dict[str, object]:
    return {
        "order_id": event.order_id,
        "order_version": event.order_version,
        "trace": event.traceparent.split("-")[1],
        "total": event.data.total,
        "email": event.data.contact.email,
    }


async def decide_orders(visit: Visit) -> None:
    """Publish outcomes as the worker would, some of them late, all of them twice; read what became of the orders."""
    plan, checks = visit.plan, visit.scene.checks
    publisher = EventBridgePublisher(visit.scene.client("events"), f"patterns.{visit.scene.stage}")
    expected = {n: (200, "FULFILLED" if plan.orders[n].decision.fulfilled else "REJECTED", 2) for n in plan.decided}
    async with visit.scene.part("publishing outcomes", seconds=_OUTCOME_SECONDS + 15):
        # The late ones go first, so that they have been looked at once the others have their status.
        events = [
            outcome_event(
                plan.orders[n],
                order_id=visit.order_id(n),
                customer=visit.owner(plan.orders[n]),
                placed_at=visit.placed[n].placed_at,
            )
            for n in (*plan.late, *plan.decided)
        ]
        await asyncio.to_thread(publish_all, publisher, [each for event in events for each in (event, event)])
        seen = await eventually(
            lambda: _states(visit, plan.decided), until=lambda states: states == expected, seconds=_OUTCOME_SECONDS
        )
        checks.each(
            "publish each order's outcome twice, by the shop's rules",
            expected=expected,
            seen=seen,
            what="orders fulfilled or rejected, once",
        )
        checks.each(
            "publish an outcome of a cancelled order",
            expected=dict.fromkeys(plan.late, (200, "CANCELLED", 2)),
            seen=await _states(visit, plan.late),
            what="orders still cancelled",
        )


async def _states(visit: Visit, numbers: Iterable[int]) -> dict[int, tuple[object, ...]]:
    return {number: state_of(answer) for number, answer in (await visit.read(numbers)).items()}
