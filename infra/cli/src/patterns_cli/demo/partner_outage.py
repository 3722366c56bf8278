"""The partner is down, and back: its messages wait, everybody else goes on, and nothing is lost."""

import asyncio
from collections.abc import Sequence

from patterns_cli.demo.fan_out import compare, follow
from patterns_cli.demo.recipients import Recipients
from patterns_cli.demo.scene import Scene, eventually
from patterns_shared.domain.events import Event

__all__ = ["partner_outage"]

_OUTAGE, _SECONDS = 6.0, 90.0


async def partner_outage(scene: Scene, recipients: Recipients, events: Sequence[Event]) -> None:
    """Publish while the partner is down, look who goes on, and let it come back."""
    partner, checks = recipients.partner, scene.checks
    async with scene.part("an outage of the partner", seconds=_SECONDS + 60):
        events = await scene.placed(events)
        before = partner.seen()["requests"]
        partner.behave("down")
        try:
            await recipients.publish(events)
            opened = await eventually(lambda: _circuit(scene), until=lambda state: state == "OPEN", seconds=30)
            checks.equal("take the partner down: its circuit", expected="OPEN", seen=opened)
            await asyncio.sleep(_OUTAGE)
            waiting = (await recipients.waiting())["partner"]
            asked = partner.seen()["requests"] - before
            checks.equal(
                f"let it be down for {_OUTAGE:g} more seconds",
                expected=("the partner is asked less often than messages wait", True),
                seen=("the partner is asked less often than messages wait", 0 < asked < waiting),
            )
            scene.progress.say(f"{waiting} messages wait for the partner, which was asked {asked} times")
        finally:
            partner.behave("up")
        reached = await follow(scene, recipients, events, seconds=_SECONDS)
        closed = await eventually(lambda: _circuit(scene), until=lambda state: state == "CLOSED", seconds=10)
        checks.equal("bring it back: its circuit", expected="CLOSED", seen=closed)
        compare(scene, events, reached)
        checks.equal("look for dead letters", expected=0, seen=sum((await recipients.dead_letters()).values()))


async def _circuit(scene: Scene) -> str:
    key = {"circuit": {"S": "partner"}}
    answer = await asyncio.to_thread(
        lambda: scene.client("dynamodb").get_item(
            TableName=scene.outputs["circuit_table"], Key=key, ConsistentRead=True
        )
    )
    return str(answer.get("Item", {}).get("state", {}).get("S", "CLOSED"))
