"""The shop of the end-to-end part: its customers, its workers, and what it has promised them."""

import asyncio
from dataclasses import dataclass, field
from functools import partial

from patterns_cli.demo.cluster_view import ClusterView
from patterns_cli.demo.k8s import order_processor
from patterns_cli.demo.plan import CUSTOMERS, PlannedOrder
from patterns_cli.demo.recipients import Recipients
from patterns_cli.demo.shop_client import ShopClient
from patterns_cli.demo.shoppers import remove, sign_up
from patterns_cli.demo.visit import Visit
from patterns_infra.kubernetes_names import PROCESSOR
from patterns_shared.domain.orders import OrderStatus

__all__ = ["Shop", "close_shop", "open_shop"]

_SECONDS = 90.0


@dataclass(slots=True, kw_only=True)
class Shop(Visit):
    """A visit to the whole shop.

    Attributes:
        cancelling: sends cancellations, which are too late after all the requests that ``shop`` has to send.
        run: makes names of this run unique.
        cluster: where the workers are.
        recipients: everybody who hears of an order.
        cancelled: numbers of the orders whose cancellation the API confirmed.
    """

    cancelling: ShopClient
    run: str
    cluster: ClusterView
    recipients: Recipients
    cancelled: set[int] = field(default_factory=set)

    def status(self, order: PlannedOrder) -> OrderStatus:
        """Return what must become of the order: what its customer was promised, or else by the shop's rules."""
        if order.number in self.cancelled:
            return OrderStatus.CANCELLED
        return OrderStatus.FULFILLED if order.decision.fulfilled else OrderStatus.REJECTED


async def open_shop(shop: Shop) -> None:
    """Sign the customers up, and have two workers."""
    scene, cognito = shop.scene, shop.scene.client("cognito-idp")
    pool, client_id = scene.outputs["user_pool_id"], scene.outputs["user_pool_client_id"]
    async with scene.part("opening the shop", seconds=_SECONDS, total=CUSTOMERS):
        for number in range(CUSTOMERS):
            email = _email(shop, number)
            join = partial(sign_up, cognito, pool, client_id, email, group="customers")
            shop.customers.append(await asyncio.to_thread(join))
            scene.progress.advance("opening the shop", number + 1, email)
        # Always two: a pod that is scaled down takes its log with it, which the journey of an order is read from.
        processor = order_processor(scene, replicas={"min": 2, "max": 2})
        await shop.cluster.apply(PROCESSOR, processor)
        seen = await shop.cluster.condition(PROCESSOR, "Ready", until="True")
        scene.checks.equal("open the shop: its workers", expected="True WorkersReady", seen=seen)


async def close_shop(shop: Shop) -> None:
    """Let the partner be up, and take the workers and the customers away; on a platform that stays the workers stay."""
    scene = shop.scene
    async with scene.part("closing the shop", seconds=2 * _SECONDS):
        await asyncio.to_thread(shop.recipients.partner.behave, "up")
        cognito, pool = scene.client("cognito-idp"), scene.outputs["user_pool_id"]
        for number in range(CUSTOMERS):
            await asyncio.to_thread(remove, cognito, pool, _email(shop, number))
        if not scene.stay:
            await shop.cluster.show(
                "delete", f"orderprocessor/{PROCESSOR}", "--ignore-not-found", "--timeout=120s", seconds=150
            )


def _email(shop: Shop, number: int) -> str:
    return f"buyer-{number + 1}-{shop.run}@example.com"
