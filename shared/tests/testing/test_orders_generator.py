from collections import Counter
from itertools import islice

import pytest

from patterns_shared.domain.catalogue import CATALOGUE
from patterns_shared.domain.fulfilment import decide
from patterns_shared.domain.orders import Order, RequestedLine, place_order
from patterns_shared.testing import FrozenClock, OrderGenerator
from patterns_shared.testing.orders_generator import _SKUS


def place(requested: list[RequestedLine]) -> Order:
    """Place the basket as an order."""
    return place_order(
        order_id="o", customer_id="c", contact_email="a@example.com", requested=requested, placed_at=FrozenClock()()
    )


def test_the_same_seed_gives_the_same_baskets_in_every_release_of_python() -> None:
    """A figure measured on one machine can be looked into on another."""
    assert [[(line.sku, line.quantity) for line in basket] for basket in islice(OrderGenerator(7), 6)][::2] == [
        [("COF-SANTOS-500", 1), ("FIL-PAPER-100", 2)],
        [("TEA-ASSAM-100", 1)],
        [("POT-GLASS-1L", 2)],
    ]
    assert list(islice(OrderGenerator(7), 50)) == list(islice(OrderGenerator(7), 50))
    assert list(islice(OrderGenerator(7), 50)) != list(islice(OrderGenerator(8), 50))


@pytest.mark.parametrize("seed", range(5))
def test_every_basket_can_be_placed(seed: int) -> None:
    """Whatever the seed."""
    for requested in islice(OrderGenerator(seed), 500):
        assert place(requested).total > 0


def test_baskets_are_as_in_a_small_shop() -> None:
    """Mostly one or two products, a few popular ones in most of them, every product sold sometimes."""
    baskets = list(islice(OrderGenerator(1), 2_000))
    small = sum(len(basket) <= 2 for basket in baskets)
    assert 0.6 < small / len(baskets) < 0.9
    sold = Counter(line.sku for basket in baskets for line in basket)
    assert set(sold) == set(CATALOGUE)
    popular = sum(count for _, count in sold.most_common(3))
    assert popular > sum(sold.values()) / 3


def test_some_orders_are_too_large_to_be_fulfilled_unattended() -> None:
    """A few in a hundred, so that rejections are seen and stay the exception."""
    orders = [place(requested) for requested in islice(OrderGenerator(1), 2_000)]
    rejected = [
        order
        for order in orders
        if not decide(quantities=[line.quantity for line in order.lines], total=order.total).fulfilled
    ]
    assert 0.005 < len(rejected) / len(orders) < 0.05


def test_the_popularity_names_every_product() -> None:
    """A product that is new in the catalogue must be given its rank."""
    assert set(_SKUS) == set(CATALOGUE)
