"""A shop in memory, behind httpx's mock transport: honest, or with one fault that the demo must find."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from patterns_cli.demo.checks import Checks
from patterns_cli.demo.latencies import Latencies
from patterns_cli.demo.plan import CUSTOMERS, make_plan
from patterns_cli.demo.scene import Scene
from patterns_cli.demo.shop_client import ShopClient
from patterns_cli.demo.shoppers import Shopper
from patterns_cli.demo.visit import Visit
from patterns_deploy.place import Place
from patterns_deploy.progress import Silence
from patterns_infra.settings import Target
from patterns_shared.domain.catalogue import CATALOGUE, CURRENCY

Act = Callable[[Visit], Awaitable[None]]


def shopper(name: str) -> Shopper:
    """Somebody whose tokens say who they are."""
    return Shopper(
        email=f"{name}@example.com",
        sub=f"sub-{name}",
        id_token=f"id-{name}",
        access_token=f"access-{name}",
        refresh="r",
        password="p",
    )


@dataclass
class FakeShop:
    """Answers as the API does, as far as the customers' part of the scenario asks.

    ``fault`` is applied to every answer's document, with the request, before it is sent.
    """

    fault: Callable[[httpx.Request, dict[str, Any]], None] = lambda _, __: None
    orders: dict[str, dict[str, Any]] = field(default_factory=dict)
    keys: dict[str, tuple[str, bytes]] = field(default_factory=dict)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        """Answer, whatever is asked."""
        who = "sub-" + request.headers["Authorization"].removeprefix("Bearer id-")
        parts = request.url.path.strip("/").split("/")
        if request.method == "POST" and parts == ["orders"]:
            status, document = self.place(request, who)
        elif parts == ["orders"]:
            status, document = self.list(request, who)
        elif parts[-1] == "cancel":
            status, document = self.cancel(request, parts[1])
        else:
            status, document = 200, dict(self.orders[parts[1]])
        self.fault(request, document)
        headers = {"Location": f"/v1/orders/{document.get('order_id')}"}
        return httpx.Response(status, json=document, headers=headers)

    def place(self, request: httpx.Request, who: str) -> tuple[int, dict[str, Any]]:
        """Take an order, or the order of the first time for a key that came before."""
        key = request.headers["Idempotency-Key"]
        if key in self.keys:
            order_id, body = self.keys[key]
            return (
                (200, dict(self.orders[order_id]))
                if body == request.content
                else _problem(422, "idempotency-key-reused")
            )
        order_id = f"order-{len(self.orders):06}"
        lines = [x | {"unit_price": CATALOGUE[x["sku"]].unit_price} for x in json.loads(request.content)["lines"]]
        lines = [x | {"amount": x["quantity"] * x["unit_price"]} for x in lines]
        self.orders[order_id] = {
            "order_id": order_id,
            "customer_id": who,
            "status": "PLACED",
            "lines": lines,
            "currency": CURRENCY,
            "total": sum(x["amount"] for x in lines),
            "placed_at": "2026-01-01T00:00:00+00:00",
            "order_version": 1,
        }
        self.keys[key] = order_id, request.content
        return 201, dict(self.orders[order_id])

    def list(self, request: httpx.Request, who: str) -> tuple[int, dict[str, Any]]:
        """Show a page; the cursor is where the next one begins."""
        asked = request.url.params
        newest_first = sorted(self.orders.values(), key=lambda x: str(x["order_id"]), reverse=True)
        mine = [x for x in newest_first if x["customer_id"] == who and asked.get("status") in {None, x["status"]}]
        start, limit = int(asked.get("cursor", "0")), int(asked["limit"])
        more = start + limit < len(mine)
        return 200, {"orders": mine[start : start + limit], "next_cursor": str(start + limit) if more else None}

    def cancel(self, request: httpx.Request, order_id: str) -> tuple[int, dict[str, Any]]:
        """Cancel what is PLACED, at its first version; what is CANCELLED stays so."""
        order = self.orders[order_id]
        if request.headers.get("If-Match", '"1"') != '"1"':
            return _problem(412, "version-conflict")
        if order["status"] == "PLACED":
            order.update(status="CANCELLED", order_version=order["order_version"] + 1)
        return 200, dict(order)


def _problem(status: int, slug: str) -> tuple[int, dict[str, Any]]:
    return status, {"type": f"https://patterns.example.com/problems/{slug}"}


def no_client(service: str) -> Any:  # noqa: ANN401 - boto3 makes its client classes at run time
    """Fail: there is no cloud."""
    return pytest.fail(f"no client of {service} was expected")


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    """What a scenario is given, without any cloud."""
    return Scene(
        stage="local",
        outputs={"api_url": "http://shop"},
        client=no_client,
        place=Place(Target.LOCAL, "local", "us-east-1", "000000000000", None, no_client),
        mails=tmp_path,
        seed=1,
        orders=40,
        stay=False,
        checks=Checks(),
        latencies=Latencies(),
        progress=Silence(),
    )


@pytest.fixture
def visiting(scene: Scene) -> Callable[[FakeShop, list[Act]], Checks]:
    """Return a function that does these parts of the scenario in the shop and returns the checks."""

    async def visit(shop: FakeShop, acts: list[Act]) -> Checks:
        async with httpx.AsyncClient(base_url="http://shop", transport=httpx.MockTransport(shop)) as http:
            visit = Visit(
                scene=scene,
                shop=ShopClient(scene.latencies, http),
                plan=make_plan(seed=1, orders=scene.orders),
                customers=[shopper(f"customer-{n}") for n in range(CUSTOMERS)],
            )
            for act in acts:
                await act(visit)
        return scene.checks

    return lambda shop, acts: asyncio.run(visit(shop, acts))


@pytest.fixture
def customers() -> list[Shopper]:
    """The customers of a plan, signed in."""
    return [shopper(f"customer-{n}") for n in range(CUSTOMERS)]


@pytest.fixture
def fake_shop() -> type[FakeShop]:
    """Make shops, honest ones by default."""
    return FakeShop
