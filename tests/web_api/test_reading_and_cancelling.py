"""Who may see an order, and who cancels it when many try."""

import uuid
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from tests.calls import one_line, signed_in
from tests.problems import is_problem

from patterns_cli.demo.shoppers import Shopper

pytestmark = pytest.mark.integration

AT_ONCE = 20


@pytest.fixture
def order_id(api: httpx.Client, alice: Shopper) -> str:
    """Return an order of Alice's that is PLACED."""
    placed = api.post("/orders", json=one_line(), headers=signed_in(alice))
    assert placed.status_code == 201, placed.text
    return str(placed.json()["order_id"])


def test_another_customers_order_does_not_exist(api: httpx.Client, alice: Shopper, bob: Shopper, order_id: str) -> None:
    """Reading or cancelling it is the same 404 as for an order that does not exist, word for word but the id."""
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


def test_a_cancel_that_is_repeated_changes_nothing(api: httpx.Client, alice: Shopper, order_id: str) -> None:
    """The owner's cancel answers the next version, and so does every repetition of it, with its first If-Match, too."""
    cancelled = api.post(f"/orders/{order_id}/cancel", headers=signed_in(alice))
    assert cancelled.status_code == 200, cancelled.text
    assert (cancelled.json()["status"], cancelled.json()["order_version"]) == ("CANCELLED", 2)
    assert cancelled.headers["etag"] == '"2"'
    for condition in ({}, {"If-Match": '"1"'}, {"If-Match": 'W/"2", "2"'}):
        again = api.post(f"/orders/{order_id}/cancel", headers={**signed_in(alice), **condition})
        assert (again.status_code, again.json()) == (200, cancelled.json())
    assert api.get(f"/orders/{order_id}", headers=signed_in(alice)).json() == cancelled.json()


def test_if_match_cancels_the_version_that_was_seen(api: httpx.Client, alice: Shopper, order_id: str) -> None:
    """Another version's tag is a 412 and changes nothing; the tag of the answer is good."""
    tag = api.get(f"/orders/{order_id}", headers=signed_in(alice)).headers["etag"]
    stale = api.post(f"/orders/{order_id}/cancel", headers={**signed_in(alice), "If-Match": '"7"'})
    assert is_problem(stale, 412)
    assert api.get(f"/orders/{order_id}", headers=signed_in(alice)).headers["etag"] == tag
    assert api.post(f"/orders/{order_id}/cancel", headers={**signed_in(alice), "If-Match": tag}).status_code == 200


def test_of_twenty_cancels_at_once_exactly_one_moves_the_order(
    api: httpx.Client, alice: Shopper, order_id: str
) -> None:
    """All answer 200 with the same order, which has moved by one version."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        path = f"/orders/{order_id}/cancel"
        answers = list(pool.map(lambda _: api.post(path, headers=signed_in(alice)), range(AT_ONCE)))
    assert [answer.status_code for answer in answers] == [200] * AT_ONCE
    assert {answer.text for answer in answers} == {answers[0].text}
    assert api.get(f"/orders/{order_id}", headers=signed_in(alice)).json()["order_version"] == 2


@pytest.mark.parametrize("tags", ['"1"', 'W/"1"', '"7", "1"', "*"])
def test_an_order_that_the_client_has_is_not_sent_again(
    api: httpx.Client, alice: Shopper, order_id: str, tags: str
) -> None:
    """304 with the ETag and no body, for GET and HEAD alike, through the gateway."""
    for method in ("GET", "HEAD"):
        answer = api.request(method, f"/orders/{order_id}", headers={**signed_in(alice), "If-None-Match": tags})
        assert (answer.status_code, answer.content) == (304, b"")
        assert answer.headers["etag"] == '"1"'


@pytest.mark.parametrize("path", ["/orders/{order_id}", "/orders", "/products", "/health"])
def test_head_has_the_headers_of_get(api: httpx.Client, alice: Shopper, order_id: str, path: str) -> None:
    """The same status and headers without the content, through the gateway."""
    get, head = (
        api.request(method, path.format(order_id=order_id), headers=signed_in(alice)) for method in ("GET", "HEAD")
    )
    assert (head.status_code, head.content) == (200, b"")
    for name in ("content-type", "content-length", "etag", "cache-control", "access-control-allow-origin"):
        assert head.headers.get(name) == get.headers.get(name)


@pytest.mark.parametrize("path", ["/orders/{order_id}", "/orders"])
def test_head_needs_a_token_where_get_does(api: httpx.Client, order_id: str, path: str) -> None:
    """401 by the gateway."""
    assert api.head(path.format(order_id=order_id)).status_code == 401
