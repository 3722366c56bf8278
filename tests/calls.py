"""What the tests send to the API."""

from collections.abc import Callable, Mapping
from typing import Any

from patterns_cli.demo.shoppers import Shopper

__all__ = ["SignUp", "one_line", "signed_in"]

SignUp = Callable[[], Shopper]
"""Make a new customer, signed up and signed in."""


def signed_in(who: Shopper) -> Mapping[str, str]:
    """Return the request header that says who is calling."""
    return {"Authorization": f"Bearer {who.id_token}"}


def one_line(sku: str = "TEA-ASSAM-100", quantity: object = 1) -> dict[str, Any]:
    """Return the body of an order with one line."""
    return {"lines": [{"sku": sku, "quantity": quantity}]}
