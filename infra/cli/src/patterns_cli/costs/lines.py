"""Lines of a cost table: a driver, what of it is used, and what that costs."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from patterns_cli.costs.prices import PriceList

__all__ = ["HOURS_A_MONTH", "Line", "Usage", "money", "price_table", "table", "total"]

HOURS_A_MONTH = Decimal(730)
_CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Usage:
    """So many units at one price."""

    price: str
    quantity: Decimal | int


@dataclass(frozen=True, slots=True)
class Line:
    """One row.

    Attributes:
        driver: what costs.
        how: what is used of it, in words, and where that is known from.
        usages: the same in units.
    """

    driver: str
    how: str
    usages: tuple[Usage, ...]

    def times(self, factor: Decimal) -> "Line":
        """Return the line of so many times the usage."""
        usages = tuple(Usage(usage.price, usage.quantity * factor) for usage in self.usages)
        return Line(self.driver, self.how, usages)

    def cost(self, prices: PriceList) -> Decimal:
        """Return what it costs, in the prices' currency."""
        return sum((prices[x.price].of(x.quantity) for x in self.usages), Decimal(0))


def total(lines: Iterable[Line], prices: PriceList) -> Decimal:
    """Return what all of them cost."""
    return sum((line.cost(prices) for line in lines), Decimal(0))


def money(amount: Decimal) -> str:
    """Return an amount as the pages show it, to the cent."""
    rounded = amount.quantize(_CENT, ROUND_HALF_UP)
    return f"{rounded:,} $" if rounded or not amount else "under 0.01 $"


def table(lines: Sequence[Line], prices: PriceList, *, heading: str, summed: bool = True) -> str:
    """Return the lines as a Markdown table; ``heading`` says what the costs are of."""
    rows = [f"| driver | {heading} | price | cost |", "| --- | --- | --- | ---: |"]
    for line in lines:
        shown = "; ".join(dict.fromkeys(prices[x.price].text() for x in line.usages))
        rows.append(f"| {line.driver} | {line.how} | {shown} | {money(line.cost(prices))} |")
    if summed:
        rows.append(f"| **together** | | | **{money(total(lines, prices))}** |")
    return "\n".join(rows)


def price_table(lines: Iterable[Line], prices: PriceList) -> str:
    """Return where the lines' prices are from, each once, in the price file's order."""
    used = {usage.price for line in lines for usage in line.usages}
    rows = ["| price | read | source |", "| --- | --- | --- |"]
    rows += [
        f"| {price.service}: {price.text()} | {price.read or 'not read'} | <{price.source}> |"
        for price in prices
        if price.id in used
    ]
    return "\n".join(rows)
