"""Who may see an order, and who cancels it when many try."""

import uuid
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from tests.calls import one_line, signed_in
from tests.problems import is_problem

from patterns_infra.demo.shoppers import Shopper

pytestmark = pytest.mark.integration

AT_ONCE = 20


@pytest.fixture
def order_id(api: httpx.Client, alice: Shopper) -> str:
    """Return an order of Alice's that is PLACED."""
    placed = api.post("/orders", json=one_line(), headers=signed_in(alice))
    assert placed.status_code == 201, placed.text
    return str(placed.json()["order_id"])


def test_another_customers_order_does_not_exist(api: httpx.Client, alice: Shopper, bob: Shopper, order_id: str) -> None:
    """Reading or cancelling it is the same 404 as for an order that nobody has, word for word but the id."""
    assert api.get(f"/orders/{order_id}", headers=signed_in(alice)).status_code == 200
    nobodys = str(uuid.uuid4())
    for method, path in (("GET", "/orders/{}"), ("POST", "/orders/{}/cancel")):
        theirs = api.request(method, path.format(order_id), headers=signed_in(bob))
        none = api.request(method, path.format(nobodys), headers=signed_in(bob))
        assert is_problem(theirs, 404, "order-not-found")
        assert is_problem(none, 404, "order-not-found")
        assert theirs.text.replace(order_id, "") == none.text.replace(nobodys, "")
    assert api.get(f"/orders/{order_id}", headers=signed_in(alice)).json()["status"] == "PLACED"


def test_an_operator_sees_every_order_and_cancels_none(api: httpx.Client, operator: Shopper, order_id: str) -> None:
    """Group ``operators`` reads any order; cancelling stays the owner's right; their own list is theirs alone."""
    seen = api.get(f"/orders/{order_id}", headers=signed_in(operator))
    assert (seen.status_code, seen.json()["order_id"]) == (200, order_id)
    assert is_problem(api.post(f"/orders/{order_id}/cancel", headers=signed_in(operator)), 404)
    assert api.get("/orders", headers=signed_in(operator)).json() == {"orders": [], "next_cursor": None}


@pytest.mark.parametrize("name", ["x", "ORDER%23x", "%00", "00000000-0000-0000-0000-000000000000", "'; --", "x" * 3000])
def test_a_name_that_is_no_orders_is_not_found(api: httpx.Client, alice: Shopper, name: str) -> None:
    """Any text in the order's place is a 404."""
    assert is_problem(api.get(f"/orders/{name}", headers=signed_in(alice)), 404)


def test_a_cancelled_order_is_cancelled_once(api: httpx.Client, alice: Shopper, order_id: str) -> None:
    """The owner's cancel answers the next version; the second one is a 409."""
    cancelled = api.post(f"/orders/{order_id}/cancel", headers=signed_in(alice))
    assert cancelled.status_code == 200, cancelled.text
    assert (cancelled.json()["status"], cancelled.json()["order_version"]) == ("CANCELLED", 2)
    assert cancelled.headers["etag"] == '"2"'
    assert is_problem(api.post(f"/orders/{order_id}/cancel", headers=signed_in(alice)), 409)
    assert api.get(f"/orders/{order_id}", headers=signed_in(alice)).json() == cancelled.json()


def test_if_match_cancels_the_version_that_was_seen(api: httpx.Client, alice: Shopper, order_id: str) -> None:
    """Another version's tag is a 412 and changes nothing; the tag of the answer is good."""
    tag = api.get(f"/orders/{order_id}", headers=signed_in(alice)).headers["etag"]
    stale = api.post(f"/orders/{order_id}/cancel", headers={**signed_in(alice), "If-Match": '"7"'})
    assert is_problem(stale, 412)
    assert api.get(f"/orders/{order_id}", headers=signed_in(alice)).headers["etag"] == tag
    assert api.post(f"/orders/{order_id}/cancel", headers={**signed_in(alice), "If-Match": tag}).status_code == 200


def test_of_twenty_cancels_at_once_exactly_one_wins(api: httpx.Client, alice: Shopper, order_id: str) -> None:
    """One answers 200, nineteen 409, and the order has moved by one version."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        path = f"/orders/{order_id}/cancel"
        answers = list(pool.map(lambda _: api.post(path, headers=signed_in(alice)), range(AT_ONCE)))
    assert sorted(answer.status_code for answer in answers) == [200] + [409] * (AT_ONCE - 1)
    assert api.get(f"/orders/{order_id}", headers=signed_in(alice)).json()["order_version"] == 2
