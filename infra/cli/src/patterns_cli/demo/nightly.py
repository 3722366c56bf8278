"""The night's report, started by EventBridge Scheduler itself: by a copy of the daily schedule that is due at once."""

import asyncio
import json
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from patterns_cli.demo.executions import DemoExecution
from patterns_cli.demo.scene import Scene
from patterns_deploy.outputs import read_outputs

__all__ = ["NightlyReport"]

_AHEAD = timedelta(seconds=5)
_SECONDS = 180.0
_NO_SHOP = "the web API is not deployed"


@dataclass(frozen=True, slots=True)
class NightlyReport:
    """A one-time schedule with the daily one's target, role and retries."""

    scene: Scene
    due: datetime

    @classmethod
    @asynccontextmanager
    async def scheduled(cls, scene: Scene, *, moment: str | None = None) -> AsyncIterator["NightlyReport"]:
        """Create the schedule, to be due in a few seconds, and remove it afterwards, whatever happens between.

        With ``moment`` (RFC 3339, in UTC) the report is of the day before that, and not of yesterday.
        """
        name = f"patterns-demo-{secrets.token_hex(4)}"
        due = datetime.now(UTC).replace(microsecond=0) + _AHEAD
        await asyncio.to_thread(_create, scene, name, due, moment)
        try:
            yield cls(scene, due)
        finally:
            await asyncio.to_thread(lambda: scene.client("scheduler").delete_schedule(Name=name))

    async def check(self) -> None:
        """See that it fired, and what came of it: yesterday's report, or that there is no shop to report on."""
        scene = self.scene
        async with scene.part("the schedule, which fires by itself", seconds=_SECONDS):
            moment = self.due.isoformat().replace("+00:00", "Z")
            execution = await DemoExecution.of_input(scene, moment)
            has_shop = "web_api" in await asyncio.to_thread(read_outputs, scene.place)
            ended = await execution.follow()
            told = ended.status if ended.status == "SUCCEEDED" or _NO_SHOP not in ended.reason else _NO_SHOP
            expected = "SUCCEEDED" if has_shop else _NO_SHOP
            scene.checks.equal("wait for the schedule to fire: its execution", expected=expected, seen=told)
            if has_shop:
                day = (self.due - timedelta(days=1)).date()
                scene.checks.equal(
                    "see of which day it reported", expected=f"date={day}", seen=ended.output.get("report")
                )


def _create(scene: Scene, name: str, due: datetime, moment: str | None) -> None:
    scheduler = scene.client("scheduler")
    daily = scheduler.get_schedule(Name=scene.outputs["schedule_name"])
    target = dict(daily["Target"])
    # Also when the report is there, from a demo on the same platform before.
    given = {"scheduled": moment} if moment else {}
    target["Input"] = json.dumps({**json.loads(target["Input"]), **given, "again": True})
    scheduler.create_schedule(
        Name=name,
        ScheduleExpression=f"at({due:%Y-%m-%dT%H:%M:%S})",
        FlexibleTimeWindow={"Mode": "OFF"},
        Target=target,
    )
