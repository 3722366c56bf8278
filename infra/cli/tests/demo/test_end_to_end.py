import asyncio
from collections.abc import Callable

import httpx
import pytest

from patterns_cli.demo.end_to_end import NEEDS, SCENARIO
from patterns_cli.demo.end_to_end.journey import order_to_follow
from patterns_cli.demo.end_to_end.shop import Shop
from patterns_cli.demo.end_to_end.taking_orders import cancel_late, place_orders
from patterns_cli.demo.plan import make_plan
from patterns_cli.demo.scene import Scene
from patterns_cli.demo.shop_client import ShopClient
from patterns_cli.demo.shoppers import Shopper
from patterns_infra.registry import PATTERNS
from patterns_shared.domain.orders import OrderStatus


@pytest.fixture
def shop_of(scene: Scene) -> Callable[[httpx.AsyncClient], Shop]:
    """Make a shop without workers and receivers."""

    def make(http: httpx.AsyncClient) -> Shop:
        return Shop(
            scene=scene,
            shop=ShopClient(scene.latencies, http),
            cancelling=ShopClient(scene.latencies, http),
            plan=make_plan(seed=1, orders=scene.orders),
            customers=[],
            run="test",
            cluster=None,  # type: ignore[arg-type] # nobody works here
            recipients=None,  # type: ignore[arg-type] # nobody hears of anything
        )

    return make


def test_it_needs_patterns_that_there_are() -> None:
    """And its scenario is where the demo looks for it."""
    assert set(PATTERNS) > NEEDS
    assert SCENARIO.partition(":")[0].startswith("patterns_cli.demo.end_to_end.")


def test_what_must_become_of_an_order_is_what_its_customer_was_promised(
    shop_of: Callable[[httpx.AsyncClient], Shop],
) -> None:
    """A confirmed cancellation counts, whatever the shop's rules say of the order; else these do."""

    async def look() -> None:
        async with httpx.AsyncClient() as http:
            shop = shop_of(http)
            fulfilled = next(order for order in shop.plan.orders if order.decision.fulfilled)
            rejected = next(order for order in shop.plan.orders if not order.decision.fulfilled)
            assert shop.status(fulfilled) is OrderStatus.FULFILLED
            assert shop.status(rejected) is OrderStatus.REJECTED
            shop.cancelled |= {fulfilled.number, rejected.number}
            assert shop.status(fulfilled) is shop.status(rejected) is OrderStatus.CANCELLED

    asyncio.run(look())


def test_half_of_the_cancellations_come_at_once(
    shop_of: Callable[[httpx.AsyncClient], Shop],
    fake_shop: Callable[[], Callable[..., httpx.Response]],
    customers: list[Shopper],
    scene: Scene,
) -> None:
    """So some come before any decision, and some after; the API's answer says which of them count."""

    async def act() -> Shop:
        async with httpx.AsyncClient(base_url="http://shop", transport=httpx.MockTransport(fake_shop())) as http:
            shop = shop_of(http)
            shop.customers.extend(customers)
            await place_orders(shop, shop.plan.orders)
            assert shop.cancelled == set(shop.plan.cancelled[::2])
            await cancel_late(shop)
            return shop

    shop = asyncio.run(act())
    assert shop.cancelled == set(shop.plan.cancelled)
    assert len(shop.placed) == len(shop.plan.orders)
    assert scene.checks.passed


def test_the_order_that_is_followed_was_placed_last(shop_of: Callable[[httpx.AsyncClient], Shop]) -> None:
    """Of those that are fulfilled: a worker is killed between the halves of the day, and its log is gone with it."""

    async def look() -> None:
        async with httpx.AsyncClient() as http:
            shop = shop_of(http)
            shop.cancelled |= {order.number for order in shop.plan.orders[-3:]}
            followed = order_to_follow(shop)
            assert shop.status(shop.plan.orders[followed]) is OrderStatus.FULFILLED
            assert all(shop.status(x) is not OrderStatus.FULFILLED for x in shop.plan.orders[followed + 1 :])

    asyncio.run(look())
