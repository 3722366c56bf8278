"""What a signed-in customer, and an operator, can do with orders."""

import pytest

from patterns_web_api.testing import Shop, claims_of

NOBODYS = "019b8d00-0000-7000-8000-0000000fffff"


def test_a_placed_order_is_answered_with_its_address_its_version_and_the_catalogues_prices(shop: Shop) -> None:
    """201, Location, ETag, and prices that the client never sent."""
    body = {"lines": [{"sku": "TEA-ASSAM-100", "quantity": 3}, {"sku": "POT-GLASS-1L", "quantity": 1}]}

    answer = shop.send("POST", "/orders", body)

    assert answer.status == 201
    assert answer.json == {
        "order_id": "019b8d00-0000-7000-8000-000000000001",
        "customer_id": "sub-of-ada",
        "status": "PLACED",
        "lines": [
            {"sku": "TEA-ASSAM-100", "quantity": 3, "unit_price": 690, "amount": 2070},
            {"sku": "POT-GLASS-1L", "quantity": 1, "unit_price": 3490, "amount": 3490},
        ],
        "currency": "EUR",
        "total": 5560,
        "placed_at": "2026-01-05T09:30:00+00:00",
        "order_version": 1,
    }
    assert answer.headers["location"] == "/orders/019b8d00-0000-7000-8000-000000000001"
    assert answer.headers["etag"] == '"1"'


def test_the_owner_reads_an_order_back_at_its_location(shop: Shop) -> None:
    """Location leads to the same document."""
    placed = shop.place("TEA-ASSAM-100")

    read = shop.send("GET", placed.headers["location"])

    assert (read.status, read.json) == (200, placed.json)
    assert read.headers["etag"] == placed.headers["etag"]


def test_an_order_never_shows_its_contact(shop: Shop) -> None:
    """The email address of the token is stored, and never returned."""
    assert "@" not in shop.place().body


@pytest.mark.parametrize("method_and_suffix", [("GET", ""), ("POST", "/cancel")])
def test_another_customers_order_is_not_found(shop: Shop, method_and_suffix: tuple[str, str]) -> None:
    """404, the same as for an order that does not exist: the response must not reveal it."""
    method, suffix = method_and_suffix
    theirs = shop.place().json["order_id"]

    foreign = shop.send(method, f"/orders/{theirs}{suffix}", by="eve")
    absent = shop.send(method, f"/orders/{NOBODYS}{suffix}", by="eve")

    assert foreign.is_problem(404, "order-not-found")
    assert foreign.body.replace(theirs, NOBODYS) == absent.body


@pytest.mark.parametrize("groups", [["operators"], "operators", "customers,operators", "[customers operators]"])
def test_an_operator_reads_every_customers_order(shop: Shop, groups: object) -> None:
    """In each form in which gateways hand on the groups."""
    placed = shop.place()

    read = shop.send("GET", placed.headers["location"], claims=claims_of("olga", **{"cognito:groups": groups}))

    assert read.json == placed.json


@pytest.mark.parametrize("groups", [["customers"], "not-operators", "[operatorsX]", None, {"operators": 1}, ""])
def test_no_other_group_makes_an_operator(shop: Shop, groups: object) -> None:
    """A group counts by its whole name."""
    placed = shop.place()

    read = shop.send("GET", placed.headers["location"], claims=claims_of("eve", **{"cognito:groups": groups}))

    assert read.status == 404


def test_an_operator_cannot_cancel_for_a_customer(shop: Shop) -> None:
    """Only the owner cancels."""
    placed = shop.place()
    operator = claims_of("olga", **{"cognito:groups": ["operators"]})

    assert shop.send("POST", f"{placed.headers['location']}/cancel", claims=operator).status == 404
    assert shop.send("GET", placed.headers["location"]).json["status"] == "PLACED"


def test_a_cancelled_order_has_its_next_version(shop: Shop) -> None:
    """200 with the order as it is now."""
    placed = shop.place()

    cancelled = shop.send("POST", f"{placed.headers['location']}/cancel")

    assert cancelled.status == 200
    assert cancelled.json == {**placed.json, "status": "CANCELLED", "order_version": 2}
    assert cancelled.headers["etag"] == '"2"'
