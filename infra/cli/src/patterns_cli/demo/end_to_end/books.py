"""Every book of the day's orders, compared to the last order and cent, and shown as one table."""

import asyncio

from patterns_cli.demo.end_to_end.order_events import events_of
from patterns_cli.demo.end_to_end.shop import Shop
from patterns_cli.demo.fan_out import balances, compare, follow
from patterns_cli.demo.recipients import Reached
from patterns_shared.domain.catalogue import CURRENCY
from patterns_shared.domain.money import format_money
from patterns_shared.domain.orders import OrderStatus

__all__ = ["compare_books"]

_SECONDS = 300.0


async def compare_books(shop: Shop) -> None:
    """Compare ledger, partner, mailbox and bus with what the plan and the API's promises say of every order."""
    async with shop.scene.part("the books", seconds=_SECONDS + 60):
        events = await asyncio.to_thread(events_of, shop, sorted(shop.placed))
        reached = await follow(shop.scene, shop.recipients, events, seconds=_SECONDS)
        compare(shop.scene, events, reached)
        booked = balances(events, reached.entries)
        shop.scene.checks.each(
            "compare the ledger with what each customer was promised",
            expected={
                shop.order_id(order.number): order.total if shop.status(order) is OrderStatus.FULFILLED else 0
                for order in shop.plan.orders
                if order.number in shop.placed
            },
            seen=booked,
            what="orders paid for in the ledger when fulfilled, else not",
        )
        _show(shop, reached, sum(booked.values()))


def _show(shop: Shop, reached: Reached, booked: int) -> None:
    orders = [order for order in shop.plan.orders if order.number in shop.placed]
    rows = [("placed", len(orders), sum(order.total for order in orders))]
    for status in (OrderStatus.FULFILLED, OrderStatus.REJECTED, OrderStatus.CANCELLED):
        chosen = [order for order in orders if shop.status(order) is status]
        rows.append((status.value.lower(), len(chosen), sum(order.total for order in chosen)))
    say = shop.scene.progress.say
    say(f"{'':>12}{'orders':>10}{'value':>16}")
    for name, count, value in rows:
        say(f"{name:>12}{count:>10}{format_money(value, CURRENCY):>16}")
    say(f"{'in the ledger':>12}{len(reached.entries):>9} entries, which come to {format_money(booked, CURRENCY)}")
    say(f"at the partner: {len(reached.done)} events; mails: {len(reached.mails)}; on the bus: {len(reached.heard)}")
