"""Bills as text for a terminal: a column for each number of orders, a line for each component."""

from collections.abc import Mapping, Sequence
from decimal import Decimal

from patterns_cli.costs.bills import ZERO, Amount, Bill, Component
from patterns_cli.costs.prices import Confidence, PriceList

__all__ = ["aligned", "bill_table", "footnotes", "money_text"]

_UNCERTAIN = " ?"
_HALF_A_CENT = Decimal("0.005")


def bill_table(
    heading: str,
    volumes: Sequence[int],
    rows: Sequence[Sequence[Bill]],
    *,
    titles: Mapping[str, str] | None = None,
    summed: bool = False,
) -> str:
    """Return a table; each row of ``rows`` has a bill for each of ``volumes``, and its components below it."""
    cells: list[tuple[str, list[str]]] = [(f"{heading}, orders a day", [f"{volume:,}" for volume in volumes])]
    for row in rows:
        title = row[0].name + (f" ({titles[row[0].name]})" if titles else "")
        cells.append((title, [money_text(bill.total) for bill in row]))
        names = dict.fromkeys(component.name for bill in row for component in bill.components)
        cells += [(f"  {name}", [money_text(_of(bill.components, name)) for bill in row]) for name in names]
    if summed:
        sums = [sum((row[n].total for row in rows), ZERO) for n in range(len(volumes))]
        cells.append(("together", [money_text(x) for x in sums]))
    return aligned(cells)


def aligned(rows: Sequence[tuple[str, Sequence[str]]]) -> str:
    """Return lines of a name and its cells, which are as many in each row; every column is as wide as it has to be."""
    first = max(len(name) for name, _ in rows)
    widths = [max(map(len, column)) for column in zip(*(cells for _, cells in rows), strict=True)]
    return "".join(
        f"{name:{first}}  " + "  ".join(f"{cell:>{width}}" for cell, width in zip(cells, widths, strict=True)) + "\n"
        for name, cells in rows
    )


def footnotes(rows: Sequence[Sequence[Bill]], prices: PriceList, *, customers: int) -> str:
    """Return what the figures leave out, and which of their prices are not confirmed, with where to look them up."""
    used = {price for row in rows for bill in row for component in bill.components for price in component.prices}
    unsure = [x for x in prices if x.id in used and x.confidence is Confidence.UNCONFIRMED]
    text = "Left out: free tiers, volume tiers, savings plans, storage, traffic to clients"
    text += ".\n" if customers else ", and customers of Cognito (--customers N).\n"
    text += "Each component's usage, and each price's source and day: --json.\n"
    if unsure:
        text += f"{_UNCERTAIN.strip()} uses a price that is not confirmed, taken 20 % lower and higher:\n"
        text += "".join(f"  {x.service}: {x.rate()} ({x.source})\n" for x in unsure)
    return text


def _of(components: Sequence[Component], name: str) -> Amount:
    return sum((x.amount for x in components if x.name == name), ZERO)


def money_text(amount: Amount) -> str:
    """Return an amount to the cent, as a range with a question mark when unconfirmed prices make one."""
    if amount.exact or _cents(amount.low) == _cents(amount.high):
        return _cents(amount.cost) + ("" if amount.exact else _UNCERTAIN)
    return f"{_cents(amount.low)} to {_cents(amount.high)}{_UNCERTAIN}"


def _cents(amount: Decimal) -> str:
    """Return an amount to the cent; what is less is not shown as nothing."""
    return f"{amount:,.2f}" if not amount or amount >= _HALF_A_CENT else "< 0.01"
