"""Orders are placed and some of them cancelled, while the partner is down and a worker is killed."""

import asyncio
from collections.abc import Sequence
from datetime import datetime

import httpx

from patterns_cli.demo.end_to_end.faults import kill_a_worker, partner_down, place_again
from patterns_cli.demo.end_to_end.shop import Shop
from patterns_cli.demo.plan import PlannedOrder
from patterns_cli.demo.scene import eventually, together
from patterns_cli.demo.visit import Placed, state_of
from patterns_cli.status import read_status
from patterns_deploy.outputs import read_outputs

__all__ = ["cancel_late", "place_orders", "take_orders", "wait_for_outcomes"]

_SECONDS = 300.0
_CONFIRMED, _TOO_LATE = (200, "CANCELLED", 2), (409, "order-closed")


async def take_orders(shop: Shop) -> None:
    """Place all orders of the plan, cancel some at once and some later."""
    scene, orders = shop.scene, shop.plan.orders
    half = len(orders) // 2
    async with scene.part(f"a day of {len(orders)} orders", seconds=_SECONDS):
        async with partner_down(shop):
            first = await place_orders(shop, orders[:half])
            await place_again(shop, orders[: half // 10])
            await kill_a_worker(shop)
            rest = await place_orders(shop, orders[half:])
            await cancel_late(shop)
        scene.checks.each(
            f"place {len(orders)} orders while the partner is down and a worker is killed",
            expected={order.number: (201, order.total) for order in orders},
            seen={
                order.number: (answer.status_code, answer.json().get("total"))
                for order, answer in zip(orders, [*first, *rest], strict=True)
            },
            what="orders at the catalogue's prices",
        )


async def wait_for_outcomes(shop: Shop) -> None:
    """Wait until no order is PLACED any more and nothing is on its way, and compare every customer's list."""
    scene = shop.scene
    expected = {
        shop.order_id(order.number): shop.status(order).value
        for order in shop.plan.orders
        if order.number in shop.placed
    }
    async with scene.part("the last order's outcome", seconds=2 * _SECONDS):
        seen = await eventually(
            lambda: _statuses(shop), until=lambda found: "PLACED" not in found.values(), seconds=_SECONDS, pause=1.0
        )
        scene.checks.each(
            "list every customer's orders: what became of them",
            expected=expected,
            seen=seen,
            what="orders fulfilled, rejected or cancelled, as promised",
        )
        left = await eventually(
            lambda: asyncio.to_thread(_on_their_way, shop), until=lambda found: not found, seconds=_SECONDS, pause=1.0
        )
        scene.checks.equal("look into every queue", expected="nothing waits", seen=left or "nothing waits")


async def place_orders(shop: Shop, orders: Sequence[PlannedOrder]) -> list[httpx.Response]:
    """Place orders; of those that shall be cancelled every other one is so at once, before anybody can decide it."""

    async def place(order: PlannedOrder) -> httpx.Response:
        answer = await shop.post(order)
        if answer.status_code == httpx.codes.CREATED:
            body = answer.json()
            shop.placed[order.number] = Placed(body["order_id"], datetime.fromisoformat(body["placed_at"]))
            if order.number in shop.plan.cancelled[::2]:
                await _ask_to_cancel(shop, order.number)
        return answer

    return await together(place(order) for order in orders)


async def cancel_late(shop: Shop) -> None:
    """Cancel the other ones. An order that was decided before is not cancelled, and the API says so."""
    late = [number for number in shop.plan.cancelled[1::2] if number in shop.placed]
    answers = await together(_ask_to_cancel(shop, number) for number in late)
    shop.scene.checks.each(
        "cancel orders, some of which are decided by now",
        expected=dict.fromkeys(late, "confirmed or too late"),
        seen={
            number: "confirmed or too late" if answer in {_CONFIRMED, _TOO_LATE} else answer
            for number, answer in zip(late, answers, strict=True)
        },
        what="cancellations answered",
    )


async def _ask_to_cancel(shop: Shop, number: int) -> tuple[object, ...]:
    answer = state_of(await shop.cancel(number, client=shop.cancelling))
    if answer == _CONFIRMED:
        shop.cancelled.add(number)
    return answer


async def _statuses(shop: Shop) -> dict[str, str]:
    """Return the status of every order of the customers, by its id, as their pages of orders show it."""
    lists = await together(shop.list_orders(customer, limit=100) for customer in range(len(shop.customers)))
    return {order["order_id"]: order["status"] for orders in lists for order in orders}


def _on_their_way(shop: Shop) -> dict[str, int]:
    """Return the queues of all patterns in which something waits or is in work."""
    found = read_status(shop.scene.place, read_outputs(shop.scene.place))
    return {
        queue.name: queue.waiting + queue.in_flight
        for each in found
        for queue in each.queues
        if queue.waiting + queue.in_flight and not queue.dead_letters
    }
