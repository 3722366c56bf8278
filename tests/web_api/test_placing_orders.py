"""Placing orders over HTTP, once and only once."""

import secrets
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urljoin

import httpx
import pytest
from tests.calls import SignUp, one_line, signed_in
from tests.problems import fields_of, is_problem

from patterns_cli.demo.shoppers import Shopper
from patterns_shared.domain.catalogue import CATALOGUE

pytestmark = pytest.mark.integration

AT_ONCE = 20


def test_the_catalogue_is_open_to_everybody_and_cacheable(api: httpx.Client) -> None:
    """Anyone gets every product with its price; with the tag that it came with, only a 304."""
    answer = api.get("/products")
    assert answer.status_code == 200
    assert answer.json() == {
        "products": [
            {"sku": p.sku, "name": p.name, "unit_price": p.unit_price, "currency": p.currency}
            for p in CATALOGUE.values()
        ]
    }
    assert "max-age=300" in answer.headers["cache-control"]
    again = api.get("/products", headers={"If-None-Match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert api.get("/products", headers={"If-None-Match": '"other"'}).status_code == 200


def test_an_order_is_priced_by_the_shop_and_answered_whole(api: httpx.Client, alice: Shopper) -> None:
    """The 201 tells where the order is and what it costs by the catalogue, and the order can be read there."""
    body = {"lines": [{"sku": "TEA-ASSAM-100", "quantity": 3}, {"sku": "POT-GLASS-1L", "quantity": 1}]}
    placed = api.post("/orders", json=body, headers=signed_in(alice))
    assert placed.status_code == 201, placed.text
    order = placed.json()
    assert order["lines"] == [
        {"sku": "TEA-ASSAM-100", "quantity": 3, "unit_price": 690, "amount": 2070},
        {"sku": "POT-GLASS-1L", "quantity": 1, "unit_price": 3490, "amount": 3490},
    ]
    assert (order["total"], order["currency"], order["status"]) == (5560, "EUR", "PLACED")
    assert (order["customer_id"], order["order_version"]) == (alice.sub, 1)
    assert "contact_email" not in order
    assert placed.headers["etag"] == '"1"'
    read = api.get(urljoin(str(placed.request.url), placed.headers["location"]), headers=signed_in(alice))
    assert (read.status_code, read.json()) == (200, order)


def test_without_a_key_the_same_body_is_another_order(api: httpx.Client, alice: Shopper) -> None:
    """Two requests without an idempotency key are two orders."""
    ids = {api.post("/orders", json=one_line(), headers=signed_in(alice)).json()["order_id"] for _ in range(2)}
    assert len(ids) == 2


def test_the_same_key_and_body_give_the_same_order(api: httpx.Client, alice: Shopper) -> None:
    """The retry answers 200 with the order of the first answer, as it was placed, whatever happened to it since."""
    headers = {**signed_in(alice), "Idempotency-Key": secrets.token_hex(8)}
    first = api.post("/orders", json=one_line(), headers=headers)
    again = api.post("/orders", json=one_line(), headers=headers)
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json() == first.json()
    cancelled = api.post(f"/orders/{first.json()['order_id']}/cancel", headers=signed_in(alice))
    assert cancelled.json()["status"] == "CANCELLED"
    late = api.post("/orders", json=one_line(), headers=headers)
    assert (late.status_code, late.json()) == (200, first.json())


def test_the_same_key_with_another_body_is_refused(api: httpx.Client, alice: Shopper) -> None:
    """A key that is used for another order is a 422 that names the header."""
    headers = {**signed_in(alice), "Idempotency-Key": secrets.token_hex(8)}
    assert api.post("/orders", json=one_line(quantity=1), headers=headers).status_code == 201
    refused = api.post("/orders", json=one_line(quantity=2), headers=headers)
    assert is_problem(refused, 422)
    assert fields_of(refused) == {"Idempotency-Key"}


def test_a_key_belongs_to_one_customer(api: httpx.Client, alice: Shopper, bob: Shopper) -> None:
    """Two customers who happen to choose one key get an order each."""
    key = {"Idempotency-Key": secrets.token_hex(8)}
    orders = [api.post("/orders", json=one_line(), headers={**signed_in(who), **key}) for who in (alice, bob)]
    assert [answer.status_code for answer in orders] == [201, 201]
    assert len({answer.json()["order_id"] for answer in orders}) == 2


@pytest.mark.parametrize("key", [b"", b"x" * 256, b"two words", "\N{SNOWMAN}".encode()])
def test_a_key_that_is_no_key_is_refused(api: httpx.Client, alice: Shopper, key: bytes) -> None:
    """An idempotency key is 1 to 255 visible ASCII characters; anything else is a 422 that names the header."""
    headers = [(name.encode(), value.encode()) for name, value in signed_in(alice).items()]
    refused = api.post("/orders", json=one_line(), headers=[*headers, (b"Idempotency-Key", key)])
    assert is_problem(refused, 422)
    assert fields_of(refused) == {"Idempotency-Key"}


def test_twenty_requests_at_once_with_one_key_are_one_order(api: httpx.Client, sign_up: SignUp) -> None:
    """One request places the order, each other one gets it or is asked to come back; then it gets it."""
    customer = sign_up()
    headers = {**signed_in(customer), "Idempotency-Key": secrets.token_hex(8)}
    with ThreadPoolExecutor(AT_ONCE) as pool:
        answers = list(pool.map(lambda _: api.post("/orders", json=one_line(), headers=headers), range(AT_ONCE)))
    statuses = [answer.status_code for answer in answers]
    assert statuses.count(201) == 1, statuses
    assert set(statuses) <= {200, 201, 503}, statuses
    assert all("retry-after" in answer.headers for answer in answers if answer.status_code == 503)
    ids = {answer.json()["order_id"] for answer in answers if answer.status_code != 503}
    ids.add(api.post("/orders", json=one_line(), headers=headers).json()["order_id"])
    assert len(ids) == 1
    listed = api.get("/orders", headers=signed_in(customer)).json()["orders"]
    assert [order["order_id"] for order in listed] == list(ids)
