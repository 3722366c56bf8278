"""The way of one order through all patterns, from their logs."""

import asyncio
from datetime import UTC, datetime

from patterns_cli.demo.end_to_end.shop import Shop
from patterns_cli.demo.scene import eventually
from patterns_cli.journeys.journey import Journey, read_journey
from patterns_cli.journeys.timeline import timeline
from patterns_shared.domain.orders import OrderStatus

__all__ = ["order_to_follow", "show_journey"]

_SECONDS = 60.0
_STEPS = frozenset(
    {
        ("api", "POST /orders 201"),
        ("relay", "relayed"),
        ("fulfilment", "fulfilled"),
        ("ledger", "booked"),
        ("partner", "delivered"),
        ("notify", "sent"),
        ("outcome", "forwarded"),
        ("outcome", "recorded"),
    }
)


async def show_journey(shop: Shop) -> None:
    """Show the journey of a fulfilled order, which has a step of every program."""
    order_id = shop.order_id(order_to_follow(shop))
    async with shop.scene.part("patterns journey", seconds=2 * _SECONDS):

        def read() -> Journey:
            return read_journey(shop.scene.place, order_id, start=None, limit=1_000, now=datetime.now(UTC))

        found = await eventually(
            lambda: asyncio.to_thread(read), until=lambda seen: _steps(seen) >= _STEPS, seconds=_SECONDS, pause=2.0
        )
        for line in [*timeline(found), *(f"note: {note}" for note in found.notes)]:
            shop.scene.progress.say(line)
        missing = [" ".join(step) for step in sorted(_STEPS - _steps(found))]
        shop.scene.checks.equal("follow one order through the logs: steps that are missing", expected=[], seen=missing)


def order_to_follow(shop: Shop) -> int:
    """Return the number of the fulfilled order that was placed last.

    With the killed worker its log is gone, and what that has of orders placed before the kill or just after it: the API
    forgets a pod that is deleted by force at once, and its process decides orders until the kubelet has ended it.
    """
    return next(x.number for x in reversed(shop.plan.orders) if shop.status(x) is OrderStatus.FULFILLED)


def _steps(journey: Journey) -> set[tuple[str, str]]:
    """Return the steps of a journey: which program did what."""
    return {(step.program, step.what) for step in journey.steps}
