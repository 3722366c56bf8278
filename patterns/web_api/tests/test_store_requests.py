"""Each route costs the store one request at most, however many orders there are."""

import pytest

from patterns_web_api.testing import Shop

ORDER = {"lines": [{"sku": "TEA-ASSAM-100", "quantity": 1}]}


@pytest.mark.parametrize("orders_before", [0, 200])
@pytest.mark.parametrize(
    ("method", "path", "requests"),
    [
        ("POST", "/orders", 1),
        ("GET", "/orders", 1),
        ("GET", "{order}", 1),
        ("POST", "{order}/cancel", 1),
        ("GET", "/products", 0),
        ("GET", "/health", 0),
        ("GET", "/openapi.json", 0),
    ],
)
def test_a_route_makes_no_more_requests_than_this(
    shop: Shop, orders_before: int, method: str, path: str, requests: int
) -> None:
    """Placing makes exactly one, with its idempotency claim in it."""
    order = shop.place().headers["location"]
    for _ in range(orders_before):
        shop.place()
    before = shop.orders.requests

    answer = shop.send(method, path.format(order=order), ORDER, headers={"Idempotency-Key": "key"})

    assert answer.status < 300
    assert shop.orders.requests - before == requests


def test_a_replay_costs_one_request_too(shop: Shop) -> None:
    """The order of then comes with the refusal of the claim."""
    shop.place(headers={"Idempotency-Key": "key"})
    before = shop.orders.requests

    assert shop.place(headers={"Idempotency-Key": "key"}).status == 200
    assert shop.orders.requests - before == 1


def test_every_page_costs_one_request(shop: Shop) -> None:
    """Pages deep in the list are as cheap as the first."""
    for _ in range(9):
        shop.place()
    before, cursor, pages = shop.orders.requests, None, 0

    while pages == 0 or cursor:
        query = {"limit": "2", **({"cursor": cursor} if cursor else {})}
        cursor = shop.send("GET", "/orders", query=query).json["next_cursor"]
        pages += 1

    assert (pages, shop.orders.requests - before) == (5, 5)
