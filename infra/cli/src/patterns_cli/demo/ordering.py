"""The customers' part: placing, reading, paging, filtering, cancelling."""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from typing import Any

import httpx

from patterns_cli.demo.plan import PlannedOrder
from patterns_cli.demo.scene import together
from patterns_cli.demo.visit import Placed, Visit, state_of
from patterns_shared.domain.orders import OrderStatus

__all__ = ["cancel", "filter_by_status", "page_through", "place", "read_back", "repeat"]

_PAGE = 15
_RACERS = 10


async def place(visit: Visit) -> None:
    """Place every order of the plan, several at a time."""
    scene, plan = visit.scene, visit.plan
    name = f"placing {len(plan.orders)} orders"
    async with scene.part(name, seconds=120, total=len(plan.orders)):
        answers = await together(
            (visit.post(order) for order in plan.orders), each=lambda done: scene.progress.advance(name, done, "")
        )
        for order, answer in zip(plan.orders, answers, strict=True):
            if answer.status_code == 201:
                body = answer.json()
                visit.placed[order.number] = Placed(body["order_id"], datetime.fromisoformat(body["placed_at"]))
        scene.checks.each(
            f"place {len(plan.orders)} orders concurrently, each with a key of its own",
            expected={x.number: {"answer": 201, "location": True} | _shown(visit, x) for x in plan.orders},
            seen={
                order.number: {"answer": answer.status_code, "location": _leads_to_it(answer)}
                | _without_server_facts(answer)
                for order, answer in zip(plan.orders, answers, strict=True)
            },
            what="orders at the catalogue's prices",
        )


async def repeat(visit: Visit) -> None:
    """Send requests again, with the same key and body and with the same key and another body."""
    again = visit.plan.orders[: len(visit.customers)]
    async with visit.scene.part("repeating requests", seconds=30):
        same = await together(visit.post(order) for order in again)
        visit.scene.checks.each(
            "send a request again with its key: the order of the first time",
            expected={order.number: (200, visit.order_id(order.number)) for order in again},
            seen={
                x.number: (answer.status_code, answer.json().get("order_id"))
                for x, answer in zip(again, same, strict=True)
            },
            what="orders, not placed twice",
        )
        answer = await visit.shop.call(
            "POST /orders",
            shopper=visit.owner(again[0]),
            json=again[1].body if again[1].body != again[0].body else again[2].body,
            headers={"Idempotency-Key": again[0].key},
        )
        visit.scene.checks.equal(
            "send the key again with another body",
            expected=(422, "idempotency-key-reused"),
            seen=state_of(answer),
        )


async def read_back(visit: Visit) -> None:
    """Read every order as its owner."""
    async with visit.scene.part("reading the orders", seconds=60):
        answers = await visit.read(order.number for order in visit.plan.orders)
        visit.scene.checks.each(
            "read each order back",
            expected={order.number: {"answer": 200} | _shown(visit, order) for order in visit.plan.orders},
            seen={n: {"answer": answer.status_code} | _without_server_facts(answer) for n, answer in answers.items()},
            what="orders as they were placed",
        )


async def page_through(visit: Visit) -> None:
    """Follow each customer's list from cursor to cursor."""
    async with visit.scene.part("paging through the lists", seconds=60):
        numbers = range(len(visit.customers))
        lists = await together(_ids(visit, n, limit=_PAGE) for n in numbers)
        visit.scene.checks.each(
            f"page through GET /orders, {_PAGE} at a time",
            # Ids are ordered by time: the newest order has the greatest.
            expected={
                n: sorted((visit.order_id(x.number) for x in visit.plan.of_customer(n)), reverse=True) for n in numbers
            },
            seen=dict(zip(numbers, lists, strict=True)),
            what="lists with every order once, newest first",
        )


async def cancel(visit: Visit) -> None:
    """Cancel some orders, one of them ten times at once, then all of them again."""
    checks, plan = visit.scene.checks, visit.plan
    alone = [n for n in plan.cancelled if n != plan.raced]
    async with visit.scene.part("cancelling orders", seconds=60):
        stale = await visit.cancel(alone[0], headers={"If-Match": '"99"'})
        checks.equal(
            "cancel with If-Match of a version that is not", expected=(412, "version-conflict"), seen=state_of(stale)
        )
        answers = await together(visit.cancel(n, headers={"If-Match": '"1"'}) for n in alone)
        checks.each(
            "cancel some orders",
            expected=dict.fromkeys(alone, (200, "CANCELLED", 2)),
            seen={n: state_of(answer) for n, answer in zip(alone, answers, strict=True)},
            what="orders cancelled, now at version 2",
        )
        race = await together(visit.cancel(plan.raced) for _ in range(_RACERS))
        checks.equal(
            f"cancel one order {_RACERS} times, some at once: it moves once",
            expected=f"{_RACERS} times {(200, 'CANCELLED', 2)}",
            seen=_counted(state_of(answer) for answer in race),
        )
        answers = await together(visit.cancel(n) for n in plan.cancelled)
        checks.each(
            "cancel the cancelled orders again",
            expected=dict.fromkeys(plan.cancelled, (200, "CANCELLED", 2)),
            seen={n: state_of(answer) for n, answer in zip(plan.cancelled, answers, strict=True)},
            what="repetitions that changed nothing",
        )


async def filter_by_status(visit: Visit, status: OrderStatus, numbers: tuple[int, ...]) -> None:
    """List every customer's orders in this status, which must be exactly these."""
    async with visit.scene.part(f"listing {status} orders", seconds=30):
        people = range(len(visit.customers))
        lists = await together(_ids(visit, n, limit=100, status=status) for n in people)
        chosen = [visit.plan.orders[n] for n in numbers]
        visit.scene.checks.each(
            f"list with status={status}",
            expected={n: {visit.order_id(x.number) for x in chosen if x.customer == n} for n in people},
            seen={n: set(ids) for n, ids in zip(people, lists, strict=True)},
            what=f"lists with these {len(numbers)} orders only",
        )


async def _ids(visit: Visit, customer: int, *, limit: int, status: OrderStatus | None = None) -> list[str]:
    return [order["order_id"] for order in await visit.list_orders(customer, limit=limit, status=status)]


def _counted(states: Iterable[object]) -> str:
    return ", ".join(f"{count} times {state}" for state, count in sorted(Counter(states).items(), key=str))


def _shown(visit: Visit, order: PlannedOrder) -> dict[str, Any]:
    return order.shown(customer_id=visit.owner(order).sub, status="PLACED", order_version=1)


def _leads_to_it(answer: httpx.Response) -> bool:
    return str(answer.headers.get("Location")).endswith(f"/orders/{answer.json().get('order_id')}")


def _without_server_facts(answer: httpx.Response) -> dict[str, Any]:
    return {name: value for name, value in answer.json().items() if name not in {"order_id", "placed_at"}}
