"""One topic, four receivers: a table that fills while the events arrive, then everything is compared."""

import asyncio
import time
from collections.abc import Mapping, Sequence

from patterns_cli.demo.recipients import OUTCOMES, RECEIVERS, TOLD_TO_PARTNER, Reached, Recipients, order_of
from patterns_cli.demo.scene import Scene
from patterns_shared.domain.events import Event, EventType

__all__ = ["balances", "compare", "expected_counts", "fan_out", "follow"]

_EFFECT = {EventType.ORDER_FULFILLED: 1, EventType.ORDER_CANCELLED: -1, EventType.ORDER_REJECTED: 0}
_SUBJECTS = {
    EventType.ORDER_FULFILLED: "Your order is on its way",
    EventType.ORDER_REJECTED: "We cannot deliver your order",
    EventType.ORDER_CANCELLED: "Your order is cancelled",
}
_SECONDS = 90.0
_A_LOOK = 0.5


async def fan_out(scene: Scene, recipients: Recipients, events: Sequence[Event]) -> None:
    """Publish the events, some of them twice, and see each arrive once wherever it has to."""
    async with scene.part("telling what became of orders", seconds=_SECONDS + 30):
        events = await scene.placed(events)
        twice = events[: len(events) // 20 + 1]
        left = await recipients.publish([*events, *twice])
        scene.checks.equal(
            f"publish {len(events)} events to the topic, {len(twice)} of them twice",
            expected="all taken",
            seen="all taken" if not left else f"{left} refused",
        )
        reached = await follow(scene, recipients, events)
        compare(scene, events, reached)
        for mail in {mail.subject: mail for mail in reached.mails}.values():
            scene.progress.say(f"a mail to {', '.join(mail.to)}: {mail.subject} ({mail.path})")


async def follow(
    scene: Scene, recipients: Recipients, events: Sequence[Event], *, seconds: float = _SECONDS
) -> Reached:
    """Show how the receivers pass the events on, a row a moment, until all have everything; return what they have."""
    wanted = expected_counts(events)
    scene.progress.say(_row("seconds", {name: name for name in RECEIVERS}))
    scene.progress.say(_row("", {name: f"of {wanted[name]}" for name in RECEIVERS}))
    began, shown = time.monotonic(), ""
    while True:
        await asyncio.sleep(_A_LOOK)
        # In this order: what left a queue before it was counted has arrived when the receivers are asked.
        waiting = await recipients.waiting()
        reached = await recipients.reached(events)
        took, counts = time.monotonic() - began, reached.counts()
        row = {name: str(counts[name]) for name in RECEIVERS}
        if str(row) != shown:
            scene.progress.say(_row(f"{took:.1f}", row))
            shown = str(row)
        if (not any(waiting.values()) and all(counts[x] >= wanted[x] for x in RECEIVERS)) or took > seconds:
            return reached


def expected_counts(events: Sequence[Event]) -> dict[str, int]:
    """Return how many of the events each receiver passes on; mails are those that must go out, whatever the order."""
    return {
        "ledger": len(events),
        "partner": sum(event.type in TOLD_TO_PARTNER for event in events),
        "notify": len(_certain_mails(events)),
        "outcome": sum(event.type in OUTCOMES for event in events),
    }


def compare(scene: Scene, events: Sequence[Event], reached: Reached) -> None:
    """Compare everything that arrived with everything that was published."""
    checks = scene.checks
    checks.each(
        "read the ledger",
        expected={event.id: _EFFECT[event.type] * event.data.total for event in events},
        seen=reached.entries,
        what="entries with their amounts, each event once",
    )
    checks.each(
        "ask the partner",
        expected={event.id: 1 for event in events if event.type in TOLD_TO_PARTNER},
        seen=reached.done,
        what="events done once, by signed requests",
    )
    checks.each(
        "listen to the event bus",
        expected={event.id: 1 for event in events if event.type in OUTCOMES},
        # The bus tells what comes twice, twice: its listeners know the id.
        seen=dict.fromkeys(reached.heard, 1),
        what="outcomes for the owner of the orders",
    )
    certain = _certain_mails(events)
    sent = {(order_of(mail), mail.subject): mail.to for mail in reached.mails}
    checks.each(
        "read the customers' mail",
        expected=certain,
        seen={key: to for key, to in sent.items() if key in certain},
        what="mails to the order's contact",
    )
    checks.equal(
        "look for mails that went out twice, or to nobody's order",
        expected=0,
        seen=len(reached.mails) - len(sent) + len([key for key in sent if key not in _possible_mails(events)]),
    )
    checks.each(
        "sum each order's entries",
        expected=balances(events, {event.id: _EFFECT[event.type] * event.data.total for event in events}),
        seen=balances(events, reached.entries),
        what="orders' balances, in whatever order their events came",
    )


def balances(events: Sequence[Event], entries: Mapping[str, int]) -> dict[str, int]:
    """Return what each order comes to: its entries added up, and never less than nothing."""
    sums: dict[str, int] = {}
    for event in events:
        sums[event.order_id] = sums.get(event.order_id, 0) + entries.get(event.id, 0)
    return {order_id: max(0, total) for order_id, total in sums.items()}


def _possible_mails(events: Sequence[Event]) -> dict[tuple[str, str], tuple[str, ...]]:
    return {(event.order_id, _SUBJECTS[event.type]): (event.data.contact.email,) for event in events}


def _certain_mails(events: Sequence[Event]) -> dict[tuple[str, str], tuple[str, ...]]:
    """Return the mails that must go out: not whether an order that was cancelled was first on its way."""
    cancelled = {event.order_id for event in events if event.type is EventType.ORDER_CANCELLED}
    certain = [event for event in events if event.type is EventType.ORDER_CANCELLED or event.order_id not in cancelled]
    return _possible_mails(certain)


def _row(first: str, cells: dict[str, str]) -> str:
    return f"{first:>10}" + "".join(f"{cells[name]:>10}" for name in RECEIVERS)
