"""The night's report of the shop's day: made from its table by the schedule, with a task killed on the way."""

import asyncio
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from patterns_cli.demo.end_to_end.shop import Shop
from patterns_cli.demo.executions import DemoExecution
from patterns_cli.demo.nightly import NightlyReport
from patterns_shared.adapters.order_items import is_order, order_from_item
from patterns_shared.domain.orders import Order

__all__ = ["report_of_today"]

_SECONDS = 300.0
_LABEL = "the night's report, whose task is killed once"


async def report_of_today(shop: Shop) -> None:
    """Have the schedule report on the day of the orders, and compare the report with plain loops over the table."""
    scene = shop.scene
    async with scene.part(_LABEL, seconds=_SECONDS):
        zone = await asyncio.to_thread(_zone, shop)
        day = max(placed.placed_at for placed in shop.placed.values()).astimezone(zone).date()
        # Noon of the next day in UTC is the next day in every zone that people live in by day.
        due = f"{day + timedelta(days=1)}T12:00:00Z"
        async with NightlyReport.scheduled(scene, moment=due):
            execution = await DemoExecution.of_input(scene, due)
            state = await execution.kill_a_task(scene.outputs["cluster_arn"])
            scene.progress.say(f"a batch task is killed: of the state {state!r}")
            ended = await execution.follow()
        scene.checks.equal("wait for the night's report", expected="SUCCEEDED", seen=ended.status)
        report = await execution.published()
        found = await asyncio.to_thread(report.figures, scene.client("s3"))
        expected = await asyncio.to_thread(_by_status, shop, day, zone)
        scene.checks.each(
            "compare the report with plain loops over the orders table",
            expected=expected,
            seen={
                row["status"]: (row["orders"], row["units"], row["revenue"])
                for each in found["currencies"]
                for row in each["statuses"]
                if row["orders"]
            },
            what="statuses with their orders, units and value",
        )


def _zone(shop: Shop) -> ZoneInfo:
    """Return the shop's zone, by which the schedule fires."""
    schedule = shop.scene.client("scheduler").get_schedule(Name=shop.scene.outputs["schedule_name"])
    return ZoneInfo(schedule.get("ScheduleExpressionTimezone", "UTC"))


def _by_status(shop: Shop, day: date, zone: ZoneInfo) -> dict[str, tuple[int, int, int]]:
    sums: dict[str, tuple[int, int, int]] = {}
    for order in _orders(shop):
        if _day(order.placed_at, zone) == day:
            orders, units, value = sums.get(order.status.value, (0, 0, 0))
            pieces = sum(line.quantity for line in order.lines)
            sums[order.status.value] = (orders + 1, units + pieces, value + order.total)
    return sums


def _day(moment: datetime, zone: ZoneInfo) -> date:
    return moment.astimezone(zone).date()


def _orders(shop: Shop) -> Iterator[Order]:
    """Yield every order of the table; it has items of other kinds, too."""
    pages = (
        shop.scene.client("dynamodb")
        .get_paginator("scan")
        .paginate(TableName=shop.scene.outputs["orders_table"], ConsistentRead=True)
    )
    items: Iterator[dict[str, Any]] = (item for page in pages for item in page["Items"])
    yield from (order_from_item(item) for item in items if is_order(item))
