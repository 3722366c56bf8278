"""Baskets as customers of such a shop fill them, the same ones for the same seed.

Popularity falls off by rank (Zipf), most baskets are small, and now and then an office or a café buys for a month:
some of those orders are beyond what the shop fulfils unattended.
"""

from bisect import bisect
from collections.abc import Iterator
from itertools import accumulate
from random import Random

from patterns_shared.domain.catalogue import CATALOGUE
from patterns_shared.domain.orders import MAX_QUANTITY, RequestedLine

__all__ = ["OrderGenerator"]

_BY_POPULARITY = (
    "COF-SANTOS-500",
    "FIL-PAPER-100",
    "TEA-ASSAM-100",
    "COF-YIRGA-250",
    "TEA-ROOIBOS-100",
    "TEA-SENCHA-100",
    "COF-DECAF-250",
    "CUP-STONE-2",
    "GIFT-BOX-S",
    "POT-GLASS-1L",
    "GRI-HAND-30",
    "SCA-BREW-2KG",
    "KET-GOOSE-1L",
    "POT-IRON-08L",
)
_SKUS = tuple(sku for sku in _BY_POPULARITY if sku in CATALOGUE)
_RANKED = tuple(accumulate(1 / rank for rank in range(1, len(_SKUS) + 1)))
_LARGE = 0.04
"""Share of baskets of a customer who buys for many."""
_ANOTHER_LINE = 0.45
"""Chance that a private customer adds one more product, and one more piece of it."""


class OrderGenerator:
    """Baskets, one after another and without end; each is valid to place."""

    def __init__(self, seed: int) -> None:
        """Start the sequence that this seed stands for."""
        # Only random() is used: it is the one method whose sequence Python promises never to change.
        self._random = Random(seed)

    def __iter__(self) -> Iterator[list[RequestedLine]]:
        """Return the baskets from here on."""
        while True:
            yield self.basket()

    def basket(self) -> list[RequestedLine]:
        """Return the next basket: each product at most once, most popular products most often."""
        large = self._random.random() < _LARGE
        size = self._between(6, len(_SKUS)) if large else self._while_likely(len(_SKUS))
        quantities: dict[str, int] = {}
        while len(quantities) < size:
            sku = _SKUS[bisect(_RANKED, self._random.random() * _RANKED[-1])]
            if sku not in quantities:
                quantities[sku] = self._between(10, MAX_QUANTITY // 4) if large else self._while_likely(6)
        return [RequestedLine(sku, quantity) for sku, quantity in quantities.items()]

    def _between(self, least: int, most: int) -> int:
        return least + int(self._random.random() * (most - least + 1))

    def _while_likely(self, most: int) -> int:
        number = 1
        while number < most and self._random.random() < _ANOTHER_LINE:
            number += 1
        return number
