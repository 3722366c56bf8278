"""The report's figures by plain loops over plain dictionaries: slow, obvious, and what the engine must agree with."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

__all__ = ["plain_sums"]

_STANDING = {"PLACED", "FULFILLED"}


def plain_sums(lines: Iterable[Mapping[str, Any]], zone: str = "UTC") -> dict[str, Any]:
    """Return sums of order lines, all of them good.

    ``baskets``: (day, hour, currency, status) to (orders, revenue); ``products``: (day, hour, sku, currency, status) to
    (orders, units, revenue); ``customers``: (currency, customer) to (orders, revenue) of standing orders; ``returns``:
    what products are by, to (lines, units, amount).
    """
    baskets: dict[Any, list[int]] = defaultdict(lambda: [0, 0])
    products: dict[Any, list[int]] = defaultdict(lambda: [0, 0, 0])
    customers: dict[Any, list[int]] = defaultdict(lambda: [0, 0])
    returns: dict[Any, list[int]] = defaultdict(lambda: [0, 0, 0])
    seen: set[str] = set()
    for line in lines:
        placed = datetime.fromisoformat(line["placed_at"]).astimezone(UTC).astimezone(ZoneInfo(zone))
        when = (str(placed.date()), placed.hour)
        if line["quantity"] < 0 or line["unit_price"] < 0:
            units, taken = abs(line["quantity"]), abs(line["quantity"] * line["unit_price"])
            _add(returns[*when, line["sku"], line["currency"], line["status"]], 1, units, taken)
            continue
        first = line["order_id"] not in seen
        seen.add(line["order_id"])
        amount = line["quantity"] * line["unit_price"]
        _add(baskets[*when, line["currency"], line["status"]], int(first), amount)
        _add(products[*when, line["sku"], line["currency"], line["status"]], 1, line["quantity"], amount)
        if line["status"] in _STANDING:
            _add(customers[line["currency"], line["customer_id"]], int(first), amount)
    return {
        "baskets": dict(baskets),
        "products": dict(products),
        "customers": dict(customers),
        "returns": dict(returns),
    }


def _add(sums: list[int], *figures: int) -> None:
    for number, figure in enumerate(figures):
        sums[number] += figure
