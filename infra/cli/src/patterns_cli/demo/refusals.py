"""What the API refuses, and how: each problem names what is wrong, and nothing is written."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import httpx

from patterns_cli.demo.scene import together
from patterns_cli.demo.shoppers import Shopper
from patterns_cli.demo.visit import Visit

__all__ = ["ask_too_much", "ask_wrongly", "meet_others"]

_PLACE, _LIST = "POST /orders", "GET /orders"
_GARBAGE = "eyJhbGciOiJub25lIn0.e30."
_BURST = 60
_BURSTS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class _Refusal:
    """A request, and the status, problem type and fields of the answer that it must get."""

    tried: str
    status: int
    problem: str
    route: str = _PLACE
    fields: tuple[str, ...] = ()
    shopper: Shopper | None = None
    path: Mapping[str, str] = field(default_factory=dict)
    params: Mapping[str, Any] = field(default_factory=dict)
    json: object = None


async def ask_wrongly(visit: Visit) -> None:
    """Send requests that are wrong, some for the gateway to stop and some for the application."""
    async with visit.scene.part("wrong requests", seconds=30):
        await _refused(visit, *_without_a_good_token(visit.customers[0]), *_with_a_wrong_field(visit.customers[0]))


def _without_a_good_token(me: Shopper) -> list[_Refusal]:
    people = {
        "no token": None,
        "a garbage token": replace(me, id_token=_GARBAGE),
        "an access token in place of the ID token": replace(me, id_token=me.access_token),
    }
    return [
        _Refusal(
            tried=f"order with {what}", shopper=who, json=_orders("TEA-ASSAM-100"), status=401, problem="not-signed-in"
        )
        for what, who in people.items()
    ]


def _with_a_wrong_field(me: Shopper) -> list[_Refusal]:
    by_the_application = {
        "order what the catalogue does not have": _orders("TEA-ASSAM-100", "UNICORN"),
        "order one product on two lines": _orders("TEA-ASSAM-100", "TEA-ASSAM-100"),
    }
    invalid = "invalid-request"
    return [
        _Refusal(
            tried="order lines that are no list: the gateway stops it",
            json={"lines": "two teapots"},
            shopper=me,
            status=400,
            problem="invalid-body",
            fields=("body",),
        ),
        *(
            _Refusal(tried=what, json=body, shopper=me, status=422, problem=invalid, fields=("lines.1.sku",))
            for what, body in by_the_application.items()
        ),
        _Refusal(
            tried="list with limit=101",
            route=_LIST,
            params={"limit": 101},
            shopper=me,
            status=422,
            problem=invalid,
            fields=("limit",),
        ),
        _Refusal(
            tried="list with a forged cursor",
            route=_LIST,
            params={"cursor": "Zm9yZ2Vk"},
            shopper=me,
            status=400,
            problem="invalid-cursor",
            fields=("cursor",),
        ),
    ]


def _orders(*skus: str) -> dict[str, Any]:
    return {"lines": [{"sku": sku, "quantity": 1} for sku in skus]}


async def meet_others(visit: Visit, *, operator: Shopper) -> None:
    """Ask for another customer's order, as a customer and as an operator."""
    read, cancel, problem = "GET /orders/{order_id}", "POST /orders/{order_id}/cancel", "order-not-found"
    who = visit.customers[0]
    theirs = next(order for order in visit.plan.orders if order.customer != 0)
    async with visit.scene.part("another customer's order", seconds=30):
        path = {"order_id": visit.order_id(theirs.number)}
        seen = await visit.shop.call(read, shopper=operator, path=path)
        visit.scene.checks.each(
            "read a customer's order as operator",
            expected={theirs.number: (200, visit.owner(theirs).sub)},
            seen={theirs.number: (seen.status_code, seen.json().get("customer_id"))},
            what="order that shows its customer",
        )
        await _refused(
            visit,
            _Refusal(tried="read another's order", route=read, path=path, shopper=who, status=404, problem=problem),
            _Refusal(tried="cancel another's order", route=cancel, path=path, shopper=who, status=404, problem=problem),
        )


async def ask_too_much(visit: Visit) -> None:
    """Call a route with a low limit in bursts until the gateway throttles it, a bounded number of times."""
    async with visit.scene.part("too many requests", seconds=30):
        answers: list[httpx.Response] = []
        for _ in range(_BURSTS):
            answers += await together(visit.shop.call("GET /health", patient=False) for _ in range(_BURST))
            if any(answer.status_code == 429 for answer in answers):
                break
        visit.scene.checks.equal(
            f"send {_BURST} requests quickly to a route with a low limit: the gateway throttles",
            expected={"200", "429, Retry-After: 1"},
            seen={_with_retry_after(answer) for answer in answers},
        )


async def _refused(visit: Visit, *refusals: _Refusal) -> None:
    answers = await together(
        visit.shop.call(x.route, shopper=x.shopper, path=x.path, params=x.params or None, json=x.json) for x in refusals
    )
    for refusal, answer in zip(refusals, answers, strict=True):
        expected = _told(refusal.status, refusal.problem, refusal.fields)
        visit.scene.checks.equal(refusal.tried, expected=expected, seen=_answer(answer))


def _with_retry_after(answer: httpx.Response) -> str:
    later = answer.headers.get("Retry-After")
    return f"{answer.status_code}, Retry-After: {later}" if later else str(answer.status_code)


def _answer(answer: httpx.Response) -> str:
    if answer.headers.get("Content-Type") != "application/problem+json":
        return f"{answer.status_code} {answer.headers.get('Content-Type')}"
    document = answer.json()
    fields = tuple(error["field"] for error in document.get("errors", ()))
    return _told(answer.status_code, str(document.get("type")).rpartition("/")[2], fields)


def _told(status: int, problem: str, fields: tuple[str, ...]) -> str:
    return f"{status} {problem}" + (f": {', '.join(fields)}" if fields else "")
