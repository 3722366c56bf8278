"""The web API's part of the demo: customers and an operator use the shop, and its events are followed to the bus."""

import asyncio
import base64
import json
import secrets
from contextlib import AsyncExitStack
from functools import partial
from typing import Any

from patterns_cli.demo import ordering, overheard, refusals
from patterns_cli.demo.event_tap import event_tap
from patterns_cli.demo.plan import CUSTOMERS, LEAST_ORDERS, make_plan
from patterns_cli.demo.scene import Scene
from patterns_cli.demo.shop_client import ShopClient, shop_client
from patterns_cli.demo.shoppers import Shopper, remove, renew, sign_up
from patterns_cli.demo.visit import Visit
from patterns_shared.domain.catalogue import CATALOGUE
from patterns_shared.domain.events import EventType
from patterns_shared.domain.orders import OrderStatus

__all__ = ["play"]

_GROUPS = {"customer": "customers", "operator": "operators"}


async def play(scene: Scene) -> None:
    """Use every route as its users would, then follow the orders through the events."""
    plan = make_plan(seed=scene.seed, orders=max(LEAST_ORDERS, scene.orders // 5) if scene.whole else scene.orders)
    run = secrets.token_hex(3)
    tap_name = f"patterns-demo-{run}"
    async with AsyncExitStack() as stack:
        shop = await stack.enter_async_context(shop_client(scene.outputs["api_url"], scene.latencies))
        people = await _sign_up(scene, run, stack)
        if len(people) <= CUSTOMERS:
            return
        await _look_around(scene, shop)
        with event_tap(
            scene.client,
            source=f"patterns.{scene.stage}",
            types=[EventType.ORDER_PLACED, EventType.ORDER_CANCELLED],
            name=tap_name,
        ) as tap:
            visit = Visit(scene=scene, shop=shop, plan=plan, customers=people[:CUSTOMERS])
            await ordering.place(visit)
            if not visit.placed:
                scene.checks.not_run("everything that is done with orders", "none was placed")
                return
            await ordering.repeat(visit)
            await ordering.read_back(visit)
            await refusals.ask_wrongly(visit)
            await refusals.meet_others(visit, operator=people[CUSTOMERS])
            # The lists come after everything that must not have placed an order.
            await ordering.page_through(visit)
            await ordering.cancel(visit)
            await ordering.filter_by_status(visit, OrderStatus.CANCELLED, plan.cancelled)
            await refusals.ask_too_much(visit)
            await _renew(visit)
            await overheard.follow_events(visit, tap)
            if not scene.whole:
                await overheard.decide_orders(visit)
        await _nothing_left(scene, tap_name)


async def _sign_up(scene: Scene, run: str, stack: AsyncExitStack) -> list[Shopper]:
    """Sign up the customers and the operator; their accounts go when the stack closes, but for the guest's."""
    cognito, pool = scene.client("cognito-idp"), scene.outputs["user_pool_id"]
    names = [*(f"customer-{n + 1}" for n in range(CUSTOMERS)), "operator"]
    people: list[Shopper] = []
    step = f"signing up {len(names)} people"
    async with scene.part(step, seconds=60, total=len(names)):
        for name in names:
            email = f"{name}-{run}@example.com"
            if not (scene.stay and not people):
                stack.callback(remove, cognito, pool, email)
            group = _GROUPS[name.split("-")[0]]
            join = partial(sign_up, cognito, pool, scene.outputs["user_pool_client_id"], email, group=group)
            people.append(await asyncio.to_thread(join))
            scene.progress.advance(step, len(people), email)
        scene.guest = people[0] if scene.stay else None
        scene.checks.each(
            "sign up, confirm, join a group, sign in by SRP",
            expected={n: (f"{n}-{run}@example.com", "id", [_GROUPS[n.split("-")[0]]]) for n in names},
            seen={name: _claims(person) for name, person in zip(names, people, strict=True)},
            what="people with an ID token that names their group",
        )
    return people


def _claims(person: Shopper) -> tuple[Any, ...]:
    """Return what the ID token says; whether it is genuine is for the API to find out."""
    part = person.id_token.split(".")[1]
    claims = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return claims.get("email"), claims.get("token_use"), claims.get("cognito:groups")


async def _look_around(scene: Scene, shop: ShopClient) -> None:
    """See what anybody may see."""
    catalogue = {
        x.sku: {"name": x.name, "unit_price": x.unit_price, "currency": x.currency} for x in CATALOGUE.values()
    }
    async with scene.part("looking around", seconds=60):
        health = await shop.call("GET /health")
        scene.checks.equal(
            "ask for the health",
            expected=(200, "ok", scene.stage),
            seen=(health.status_code, health.json().get("status"), health.json().get("stage")),
        )
        page = await shop.call("GET /products")
        scene.checks.each(
            "look at the catalogue, without signing in",
            expected=catalogue,
            seen={product.pop("sku"): product for product in page.json()["products"]},
            what="products with their prices",
        )
        again = await shop.call("GET /products", headers={"If-None-Match": page.headers.get("ETag", "")})
        scene.checks.equal(
            "look again with its ETag: nothing is sent twice",
            expected={"answer": 304, "bytes": 0, "Cache-Control": "public, max-age=300"},
            seen={
                "answer": again.status_code,
                "bytes": len(again.content),
                "Cache-Control": again.headers.get("Cache-Control"),
            },
        )
        documented = (await shop.call("GET /openapi.json")).json()["paths"]
        routes = {"/products", "/orders", "/orders/{order_id}", "/orders/{order_id}/cancel", "/health"}
        scene.checks.each(
            "read the API's description",
            expected=dict.fromkeys(routes, True),
            seen={route: bool(documented[route]) for route in routes & documented.keys()},
            what="routes in it",
        )


async def _renew(visit: Visit) -> None:
    """Use the refresh token, and the API with the ID token that it gives."""
    scene, who = visit.scene, visit.customers[-1]
    async with scene.part("renewing a token", seconds=30):
        client_id = scene.outputs["user_pool_client_id"]
        renewed = await asyncio.to_thread(renew, scene.client("cognito-idp"), client_id, who)
        answer = await visit.shop.call("GET /orders", shopper=renewed, params={"limit": 1})
        newest = max(visit.order_id(order.number) for order in visit.plan.of_customer(CUSTOMERS - 1))
        scene.checks.equal(
            "renew the ID token, and list with the new one",
            expected={"a new token": True, "answer": 200, "the newest order first": True},
            seen={
                "a new token": renewed.id_token != who.id_token,
                "answer": answer.status_code,
                "the newest order first": answer.json()["orders"][0]["order_id"] == newest,
            },
        )


async def _nothing_left(scene: Scene, name: str) -> None:
    async with scene.part("clearing up", seconds=30):
        rules = await asyncio.to_thread(partial(scene.client("events").list_rules, NamePrefix=name))
        queues = await asyncio.to_thread(partial(scene.client("sqs").list_queues, QueueNamePrefix=name))
        scene.checks.equal(
            "remove the temporary queue and rule",
            expected={"rules": 0, "queues": 0},
            seen={"rules": len(rules["Rules"]), "queues": len(queues.get("QueueUrls", []))},
        )
