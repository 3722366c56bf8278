"""One run of the web API's scenario: who is there, what is planned, and which orders were placed."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import httpx

from patterns_cli.demo.plan import Plan, PlannedOrder
from patterns_cli.demo.scene import Scene, together
from patterns_cli.demo.shop_client import ShopClient
from patterns_cli.demo.shoppers import Shopper
from patterns_shared.domain.orders import OrderStatus

__all__ = ["Placed", "Visit", "state_of"]


@dataclass(frozen=True, slots=True)
class Placed:
    """What only the server could know of an order."""

    order_id: str
    placed_at: datetime


@dataclass(slots=True, kw_only=True)
class Visit:
    """What the parts of the scenario share.

    Attributes:
        scene: where findings go.
        shop: the API.
        plan: what is done and must come of it.
        customers: they place the orders.
        placed: the orders that the API took, by their number in the plan.
    """

    scene: Scene
    shop: ShopClient
    plan: Plan
    customers: list[Shopper]
    placed: dict[int, Placed] = field(default_factory=dict)

    def owner(self, order: PlannedOrder) -> Shopper:
        """Return whose order it is."""
        return self.customers[order.customer]

    def order_id(self, number: int) -> str:
        """Return the id of the order with this number.

        Raises:
            LookupError: it was never placed.
        """
        if number not in self.placed:
            raise LookupError(f"order {number} of the plan was not placed")
        return self.placed[number].order_id

    async def read(self, numbers: Iterable[int]) -> dict[int, httpx.Response]:
        """Read these orders, each as its owner."""
        wanted = list(numbers)
        answers = await together(
            self.shop.call(
                "GET /orders/{order_id}",
                shopper=self.owner(self.plan.orders[number]),
                path={"order_id": self.order_id(number)},
            )
            for number in wanted
        )
        return dict(zip(wanted, answers, strict=True))

    async def post(self, order: PlannedOrder) -> httpx.Response:
        """Place this order as its owner, under its key and in its trace."""
        return await self.shop.call(
            "POST /orders",
            shopper=self.owner(order),
            json=order.body,
            headers={"Idempotency-Key": order.key, "traceparent": order.traceparent},
        )

    async def list_orders(
        self, customer: int, *, limit: int, status: OrderStatus | None = None
    ) -> list[dict[str, Any]]:
        """Return a customer's orders from all pages.

        Raises:
            httpx.HTTPStatusError: a page was refused.
            RuntimeError: the pages do not end.
        """
        found: list[dict[str, Any]] = []
        params: dict[str, Any] = {"limit": limit, **({"status": status.value} if status else {})}
        for _ in range(len(self.plan.orders) + 2):
            answer = await self.shop.call("GET /orders", shopper=self.customers[customer], params=params)
            page = answer.raise_for_status().json()
            found += page["orders"]
            if page["next_cursor"] is None:
                return found
            params["cursor"] = page["next_cursor"]
        raise RuntimeError(f"the list did not end after {len(found)} orders")

    async def cancel(
        self, number: int, *, headers: Mapping[str, str] | None = None, client: ShopClient | None = None
    ) -> httpx.Response:
        """Cancel this order as its owner, in the order's trace; by another client than ``shop`` it waits for nobody."""
        order = self.plan.orders[number]
        return await (client or self.shop).call(
            "POST /orders/{order_id}/cancel",
            shopper=self.owner(order),
            path={"order_id": self.order_id(number)},
            headers={"traceparent": order.traceparent, **(headers or {})},
        )


def state_of(answer: httpx.Response) -> tuple[Any, ...]:
    """Return HTTP status, order status and version, or HTTP status and problem type."""
    body = answer.json()
    if answer.status_code >= 400:
        return answer.status_code, str(body.get("type")).rpartition("/")[2]
    return answer.status_code, body["status"], body["order_version"]
