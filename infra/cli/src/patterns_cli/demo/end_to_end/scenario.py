"""The whole shop: orders are placed, decided, told and reported while parts of it fail; then all books must agree."""

import asyncio
import secrets
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from patterns_cli.demo.cluster_view import ClusterView
from patterns_cli.demo.end_to_end.books import compare_books
from patterns_cli.demo.end_to_end.faults import repeat_messages, set_poison_aside
from patterns_cli.demo.end_to_end.journey import show_journey
from patterns_cli.demo.end_to_end.night import report_of_today
from patterns_cli.demo.end_to_end.shop import Shop, close_shop, open_shop
from patterns_cli.demo.end_to_end.taking_orders import take_orders, wait_for_outcomes
from patterns_cli.demo.event_tap import event_tap
from patterns_cli.demo.plan import make_plan
from patterns_cli.demo.recipients import OUTCOMES, Recipients
from patterns_cli.demo.scene import Scene
from patterns_cli.demo.shop_client import shop_client
from patterns_cli.status import read_status
from patterns_deploy.outputs import read_outputs
from patterns_local.partner.client import PartnerClient

__all__ = ["play"]


async def play(scene: Scene) -> None:
    """Take orders while a worker is killed and the partner is down, then compare everybody's books."""
    async with _shop(scene) as shop:
        await open_shop(shop)
        await take_orders(shop)
        await wait_for_outcomes(shop)
        await repeat_messages(shop)
        await set_poison_aside(shop)
        if "state_machine_arn" in scene.outputs:
            await report_of_today(shop)
        await compare_books(shop)
        await show_journey(shop)
    await _healthy(scene)


@asynccontextmanager
async def _shop(scene: Scene) -> AsyncIterator[Shop]:
    """Give a shop with its API, its partner and a listener on the bus; what was opened is closed afterwards."""
    run, cluster = secrets.token_hex(3), ClusterView(scene)
    scene.outputs = {**scene.outputs, "worker_image": await cluster.operator_image()}
    async with AsyncExitStack() as stack:
        partner = stack.enter_context(PartnerClient(scene.outputs["partner_url"]))
        source = f"patterns.{scene.stage}"
        bus = stack.enter_context(event_tap(scene.client, source=source, types=OUTCOMES, name=f"patterns-demo-{run}"))
        listening = asyncio.create_task(bus.listen(lambda _: False, lull=0.0))
        stack.callback(listening.cancel)
        first, second = [
            await stack.enter_async_context(shop_client(scene.outputs["api_url"], scene.latencies)) for _ in range(2)
        ]
        shop = Shop(
            scene=scene,
            shop=first,
            cancelling=second,
            # Other baskets than those of the web API's own part.
            plan=make_plan(seed=scene.seed + 5, orders=scene.orders),
            customers=[],
            run=run,
            cluster=cluster,
            recipients=Recipients(scene, partner, bus),
        )
        stack.push_async_callback(close_shop, shop)
        partner.behave("up")
        yield shop


async def _healthy(scene: Scene) -> None:
    """After all that the place is as a healthy shop's is: no dead letter, no alarm."""
    async with scene.part("patterns status", seconds=60):
        found = await asyncio.to_thread(lambda: read_status(scene.place, read_outputs(scene.place)))
        problems = [f"{each.pattern}: {problem}" for each in found for problem in each.problems]
        scene.checks.equal("ask for the status", expected="no problem", seen=problems or "no problem")
