"""The asynchronous pattern's part of the demo: what became of orders, to everybody who has to know."""

import asyncio
import secrets

from patterns_cli.demo.event_tap import event_tap
from patterns_cli.demo.fan_out import fan_out
from patterns_cli.demo.partner_outage import partner_outage
from patterns_cli.demo.poison import poison
from patterns_cli.demo.recipients import OUTCOMES, Recipients
from patterns_cli.demo.scene import Scene
from patterns_local.partner.client import PartnerClient
from patterns_shared.testing.order_events import events_of_orders

__all__ = ["play"]

_FEW = 40
"""Orders of the parts that are about something else than numbers."""


async def play(scene: Scene) -> None:
    """Publish what happened and follow it to every receiver: through a fan-out, an outage, a poison message.

    Where the whole shop is deployed its own orders take this way, and none are made up.
    """
    if scene.whole:
        return
    source, tap = f"patterns.{scene.stage}", f"patterns-demo-{secrets.token_hex(3)}"
    with (
        PartnerClient(scene.outputs["partner_url"]) as partner,
        event_tap(scene.client, source=source, types=OUTCOMES, name=tap) as bus,
    ):
        partner.behave("up")
        listening = asyncio.create_task(bus.listen(lambda _: False, lull=0.0))
        recipients = Recipients(scene, partner, bus)
        await fan_out(scene, recipients, events_of_orders(seed=scene.seed, orders=scene.orders))
        await partner_outage(scene, recipients, events_of_orders(seed=scene.seed + 1, orders=_FEW))
        await poison(scene, recipients, events_of_orders(seed=scene.seed + 2, orders=_FEW))
        listening.cancel()
