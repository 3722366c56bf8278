"""The customers' part finds what a shop does wrong, and nothing in an honest one."""

from collections.abc import Callable
from functools import partial
from typing import Any

import httpx
import pytest

from patterns_cli.demo import ordering
from patterns_cli.demo.checks import Checks
from patterns_cli.demo.plan import make_plan
from patterns_shared.domain.orders import OrderStatus

Visiting = Callable[..., Checks]
_CANCELLED = make_plan(seed=1, orders=40).cancelled
_ACTS = [
    ordering.place,
    ordering.repeat,
    ordering.read_back,
    ordering.page_through,
    ordering.cancel,
    partial(ordering.filter_by_status, status=OrderStatus.CANCELLED, numbers=_CANCELLED),
]


def _wrong_total(_: httpx.Request, document: dict[str, Any]) -> None:
    if document.get("order_id") == "order-000011":
        document["total"] += 1


def _lost_from_lists(_: httpx.Request, document: dict[str, Any]) -> None:
    if "orders" in document:
        document["orders"] = [x for x in document["orders"] if x["order_id"] != "order-000011"]


def _oldest_first(_: httpx.Request, document: dict[str, Any]) -> None:
    document.get("orders", []).reverse()


def _endless(request: httpx.Request, document: dict[str, Any]) -> None:
    if "orders" in document and "status" not in request.url.params:
        document["next_cursor"] = "0"


def _not_cancelled(request: httpx.Request, document: dict[str, Any]) -> None:
    if request.url.path.endswith("000003/cancel") and document.get("status"):
        document.update(status="PLACED")


def test_an_honest_shop_differs_in_nothing(visiting: Visiting, fake_shop: Callable[..., Any]) -> None:
    """Every check of the customers' part passes when the shop does what it should."""
    checks = visiting(fake_shop(), _ACTS)
    assert [check for check in checks.made if not check.passed] == []
    assert len(checks.made) == 10


@pytest.mark.parametrize(
    ("fault", "tried"),
    [
        (_wrong_total, ["place", "read each order back"]),
        (_lost_from_lists, ["page through"]),
        (_oldest_first, ["page through"]),
        (_endless, ["paging through"]),
        (_not_cancelled, ["cancel some orders", "cancel the cancelled orders again"]),
    ],
)
def test_a_fault_shows_in_the_check_that_is_about_it(
    visiting: Visiting, fake_shop: Callable[..., Any], fault: Callable[..., None], tried: list[str]
) -> None:
    """One wrong answer makes the check of it differ, and no other."""
    checks = visiting(fake_shop(fault), _ACTS)
    different = [check.tried for check in checks.made if not check.passed]
    assert len(different) == len(tried)
    assert all(seen.startswith(begin) for seen, begin in zip(different, tried, strict=True))


def test_a_shop_that_forgets_keys_is_found_out_twice(visiting: Visiting, fake_shop: Callable[..., Any]) -> None:
    """A repeated request that places another order shows in the repeat and in the lists."""
    shop = fake_shop()
    shop.fault = lambda *_: shop.keys.clear()
    different = [check.tried for check in visiting(shop, _ACTS[:4]).made if not check.passed]
    assert [tried.split()[0] for tried in different] == ["send", "send", "page"]


def test_a_shop_without_any_lock_is_found_out(visiting: Visiting, fake_shop: Callable[..., Any]) -> None:
    """Several cancels that move one order are a difference."""
    shop = fake_shop()

    def reopen(request: httpx.Request, document: dict[str, Any]) -> None:
        if request.url.path.endswith("000007/cancel"):
            shop.orders[document["order_id"]].update(status="PLACED")

    shop.fault = reopen
    different = [check for check in visiting(shop, [ordering.place, ordering.cancel]).made if not check.passed]
    assert different[0].tried == "cancel one order 10 times, some at once: it moves once"
    assert different[0].seen.startswith("1 times (200, 'CANCELLED', 10), 1 times (200, 'CANCELLED', 11), ")
