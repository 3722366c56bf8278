"""While the store is throttled or down."""

import pytest

from patterns_web_api.testing import Shop

ORDER = {"lines": [{"sku": "TEA-ASSAM-100", "quantity": 1}]}


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/orders"),
        ("GET", "/orders"),
        ("GET", "/orders/019b8d00-0000-7000-8000-000000000001"),
        ("POST", "/orders/019b8d00-0000-7000-8000-000000000001/cancel"),
    ],
)
def test_a_client_is_asked_to_come_back(shop: Shop, method: str, path: str) -> None:
    """503 that says when."""
    shop.orders.unavailable = True

    answer = shop.send(method, path, ORDER)

    assert answer.is_problem(503, "temporarily-unavailable")
    assert answer.headers["retry-after"] == "1"


def test_nothing_is_half_written(shop: Shop) -> None:
    """After a 503 the same request with the same key places the order, once."""
    headers = {"Idempotency-Key": "key"}
    shop.orders.unavailable = True
    assert shop.place(headers=headers).status == 503
    shop.orders.unavailable = False

    assert shop.place(headers=headers).status == 201
    assert len(shop.send("GET", "/orders").json["orders"]) == 1


@pytest.mark.parametrize("path", ["/products", "/health"])
def test_what_needs_no_store_goes_on(shop: Shop, path: str) -> None:
    """The catalogue is code."""
    shop.orders.unavailable = True

    assert shop.send("GET", path).status == 200
