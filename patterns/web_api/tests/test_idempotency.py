"""``Idempotency-Key``: a request may be sent again without ordering twice."""

from datetime import timedelta

import pytest

from patterns_web_api.testing import Shop

KEY = {"Idempotency-Key": "basket-17"}


def test_the_same_key_and_body_give_the_same_order(shop: Shop) -> None:
    """201 the first time, 200 with the very same document afterwards; one order."""
    first = shop.place(headers=KEY)
    again = shop.place(headers=KEY)

    assert (first.status, again.status) == (201, 200)
    assert again.body == first.body
    assert again.headers["etag"] == first.headers["etag"]
    assert len(shop.send("GET", "/orders").json["orders"]) == 1


def test_the_spelling_of_the_body_does_not_matter(shop: Shop) -> None:
    """Space and the order of a line's fields are no other request."""
    first = shop.send("POST", "/orders", '{"lines":[{"sku":"TEA-ASSAM-100","quantity":1}]}', headers=KEY)
    again = shop.send("POST", "/orders", '{ "lines": [ { "quantity": 1,\n "sku": "TEA-ASSAM-100" } ] }', headers=KEY)

    assert (again.status, again.json) == (200, first.json)


@pytest.mark.parametrize(
    "body",
    [
        {"lines": [{"sku": "TEA-ASSAM-100", "quantity": 2}]},
        {"lines": [{"sku": "GIFT-BOX-S", "quantity": 1}]},
        {"lines": [{"sku": "TEA-ASSAM-100", "quantity": 1}, {"sku": "GIFT-BOX-S", "quantity": 1}]},
    ],
)
def test_the_same_key_with_another_body_is_refused(shop: Shop, body: object) -> None:
    """422 that names the header, and no second order."""
    shop.place("TEA-ASSAM-100", headers=KEY)

    answer = shop.send("POST", "/orders", body, headers=KEY)

    assert answer.is_problem(422, "idempotency-key-reused")
    assert answer.fields == ["Idempotency-Key"]
    assert len(shop.send("GET", "/orders").json["orders"]) == 1


def test_keys_belong_to_their_customer(shop: Shop) -> None:
    """Two customers may happen on the same key."""
    assert [shop.place(by=name, headers=KEY).status for name in ("ada", "eve")] == [201, 201]


def test_a_replay_shows_the_order_as_it_was_placed(shop: Shop) -> None:
    """A retry of the request gets the answer that the request would have got."""
    first = shop.place(headers=KEY)
    shop.send("POST", f"{first.headers['location']}/cancel")

    assert shop.place(headers=KEY).json == first.json


def test_a_key_is_forgotten_after_a_day(shop: Shop) -> None:
    """After 24 hours the same key is a new request."""
    first = shop.place(headers=KEY)
    shop.clock.advance(timedelta(hours=23, minutes=59))
    assert shop.place(headers=KEY).status == 200

    shop.clock.advance(timedelta(minutes=2))
    later = shop.place(headers=KEY)

    assert later.status == 201
    assert later.json["order_id"] != first.json["order_id"]


@pytest.mark.parametrize("key", ["", " ", "two words", "x" * 256, "é", "ключ", "\ud800", "tab\there", "nul\x00"])
def test_a_key_has_1_to_255_visible_characters(shop: Shop, key: str) -> None:
    """422 that names the header."""
    answer = shop.place(headers={"Idempotency-Key": key})

    assert answer.is_problem(422, "invalid-request")
    assert answer.fields == ["Idempotency-Key"]
    assert shop.orders.requests == 0


@pytest.mark.parametrize("key", ["x", "x" * 255, "!~", '"quoted"'])
def test_every_other_key_is_taken(shop: Shop, key: str) -> None:
    """Both ends of the rule."""
    assert shop.place(headers={"Idempotency-Key": key}).status == 201
