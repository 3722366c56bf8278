"""What the shop sells. The catalogue is code: it changes with a release, and a read of it costs nothing."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from patterns_shared.domain.errors import UnknownProduct

__all__ = ["CATALOGUE", "CURRENCY", "Product", "find_product"]

CURRENCY = "EUR"
"""ISO 4217 code of every price in the catalogue."""


@dataclass(frozen=True, slots=True)
class Product:
    """One thing for sale. ``unit_price`` is in minor units (cents) of ``currency``."""

    sku: str
    name: str
    unit_price: int
    currency: str = CURRENCY


def _by_sku(*products: Product) -> Mapping[str, Product]:
    return MappingProxyType({product.sku: product for product in products})


CATALOGUE = _by_sku(
    Product("TEA-ASSAM-100", "Assam black tea, 100 g", 690),
    Product("TEA-SENCHA-100", "Sencha green tea, 100 g", 1150),
    Product("TEA-ROOIBOS-100", "Rooibos, 100 g", 540),
    Product("COF-YIRGA-250", "Yirgacheffe coffee beans, 250 g", 1290),
    Product("COF-SANTOS-500", "Santos coffee beans, 500 g", 1590),
    Product("COF-DECAF-250", "Decaffeinated coffee beans, 250 g", 1190),
    Product("POT-GLASS-1L", "Glass teapot, 1 l", 3490),
    Product("POT-IRON-08L", "Cast-iron teapot, 0.8 l", 6900),
    Product("KET-GOOSE-1L", "Gooseneck kettle, 1 l", 8990),
    Product("GRI-HAND-30", "Hand grinder, 30 g", 7450),
    Product("CUP-STONE-2", "Stoneware cups, set of 2", 2280),
    Product("FIL-PAPER-100", "Paper filters, 100 pieces", 420),
    Product("SCA-BREW-2KG", "Brewing scale, 2 kg", 4390),
    Product("GIFT-BOX-S", "Gift box, small", 350),
)
"""Products by SKU, in the order in which the shop shows them."""


def find_product(sku: str, *, field: str = "sku") -> Product:
    """Return the product.

    Raises:
        UnknownProduct: naming ``field``, when the catalogue has no such SKU.
    """
    try:
        return CATALOGUE[sku]
    except KeyError:
        raise UnknownProduct(field, f"the catalogue has no product {sku!r}") from None
