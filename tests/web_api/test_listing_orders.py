"""A customer's list: newest first, page by page, filtered, and no other customer's orders."""

import base64
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from tests.calls import SignUp, signed_in
from tests.problems import fields_of, is_problem
from tests.seeding import seed_orders

from patterns_cli.demo.shoppers import Shopper
from patterns_local.platform import Platform

pytestmark = pytest.mark.integration

ORDERS = 120
CANCELLED_EVERY = 7


@pytest.fixture(scope="module")
def regular(platform: Platform, orders_table: str, sign_up: SignUp) -> Shopper:
    """Return a customer with more orders than one page holds, every seventh of them cancelled."""
    customer = sign_up()
    seed_orders(platform, orders_table, customer.sub, ORDERS, cancelled_every=CANCELLED_EVERY)
    return customer


def pages(api: httpx.Client, who: Shopper, **query: str | int) -> Iterator[list[dict[str, Any]]]:
    """Yield page by page until there is no next one."""
    cursor: str | None = ""
    while cursor is not None:
        answer = api.get("/orders", params={**query, **({"cursor": cursor} if cursor else {})}, headers=signed_in(who))
        assert answer.status_code == 200, answer.text
        yield answer.json()["orders"]
        cursor = answer.json()["next_cursor"]


@pytest.mark.parametrize("limit", [100, 40, 7])
def test_paging_shows_every_order_once_newest_first(api: httpx.Client, regular: Shopper, limit: int) -> None:
    """Pages are full but the last, ordered by id from the newest, and together they are all orders, each once."""
    shown = list(pages(api, regular, limit=limit))
    assert [len(page) for page in shown[:-1]] == [limit] * (len(shown) - 1)
    ids = [order["order_id"] for page in shown for order in page]
    assert ids == sorted(ids, reverse=True)
    assert len(set(ids)) == len(ids) == ORDERS


def test_a_page_has_twenty_orders_unless_asked_otherwise(api: httpx.Client, regular: Shopper) -> None:
    """The default limit is documented as 20."""
    assert len(next(pages(api, regular))) == 20


@pytest.mark.parametrize(
    ("status", "expected"),
    [("CANCELLED", -(-ORDERS // CANCELLED_EVERY)), ("PLACED", ORDERS - -(-ORDERS // CANCELLED_EVERY)), ("REJECTED", 0)],
)
def test_the_status_filter_fills_its_pages(api: httpx.Client, regular: Shopper, status: str, expected: int) -> None:
    """Filtered pages are as full as others, and hold that status only."""
    shown = list(pages(api, regular, status=status, limit=10))
    assert [len(page) for page in shown[:-1]] == [10] * (len(shown) - 1)
    found = [order for page in shown for order in page]
    assert {order["status"] for order in found} <= {status}
    assert len(found) == expected


def test_the_list_is_the_callers_own(api: httpx.Client, bob: Shopper, regular: Shopper) -> None:
    """Another customer's list shares no order with it."""
    theirs = {order["order_id"] for page in pages(api, regular, limit=100) for order in page}
    own = {order["order_id"] for page in pages(api, bob, limit=100) for order in page}
    assert theirs
    assert not theirs & own


def cursor_of(api: httpx.Client, who: Shopper, **query: str | int) -> str:
    """Return the cursor of the second page."""
    cursor = api.get("/orders", params={"limit": 10, **query}, headers=signed_in(who)).json()["next_cursor"]
    assert isinstance(cursor, str)
    return cursor


def test_another_customers_cursor_is_refused(api: httpx.Client, bob: Shopper, regular: Shopper) -> None:
    """A genuine cursor in another customer's hands is a 400 that names the cursor."""
    stolen = cursor_of(api, regular)
    refused = api.get("/orders", params={"cursor": stolen}, headers=signed_in(bob))
    assert is_problem(refused, 400, "invalid-cursor")
    assert fields_of(refused) == {"cursor"}
    assert api.get("/orders", params={"cursor": stolen}, headers=signed_in(regular)).status_code == 200


def test_a_cursor_of_another_filter_is_refused(api: httpx.Client, regular: Shopper) -> None:
    """A cursor goes on with the list that it came from, and with no other."""
    filtered = cursor_of(api, regular, status="PLACED")
    assert is_problem(
        api.get("/orders", params={"cursor": filtered}, headers=signed_in(regular)), 400, "invalid-cursor"
    )


def test_a_changed_cursor_is_refused(api: httpx.Client, regular: Shopper) -> None:
    """Whichever byte is changed, whatever is cut or made up: 400."""
    genuine = cursor_of(api, regular)
    raw = bytearray(base64.urlsafe_b64decode(genuine + "=" * (-len(genuine) % 4)))
    forged = ["", "x", "AAAA", genuine[:-4], genuine + "AAAA", genuine.swapcase(), "\N{SNOWMAN}", "a" * 5000]
    for at in (0, 15, 16, len(raw) // 2, len(raw) - 1):
        raw[at] ^= 1
        forged.append(base64.urlsafe_b64encode(raw).rstrip(b"=").decode())
        raw[at] ^= 1
    for cursor in forged:
        refused = api.get("/orders", params={"cursor": cursor}, headers=signed_in(regular))
        assert is_problem(refused, 400, "invalid-cursor"), cursor
        assert fields_of(refused) == {"cursor"}


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"limit": "0"}, "limit"),
        ({"limit": "101"}, "limit"),
        ({"limit": "ten"}, "limit"),
        ({"limit": "1e2"}, "limit"),
        ({"status": "placed"}, "status"),
        ({"status": ""}, "status"),
    ],
)
def test_a_query_that_makes_no_sense_names_its_parameter(
    api: httpx.Client, alice: Shopper, query: dict[str, str], field: str
) -> None:
    """A limit outside 1 to 100 or a status that does not exist is a 422 with its name."""
    refused = api.get("/orders", params=query, headers=signed_in(alice))
    assert is_problem(refused, 422, "invalid-request")
    assert fields_of(refused) == {field}
