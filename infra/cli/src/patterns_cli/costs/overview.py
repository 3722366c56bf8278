"""The tables of ``docs/costs.md``: the bills of a few numbers of orders, written between markers by `pages`."""

from collections.abc import Sequence

from patterns_cli.costs.bill_text import money_text
from patterns_cli.costs.bills import Amount, compute_bill, pattern_bill
from patterns_cli.costs.fulfilment import DESCRIPTIONS, Compute
from patterns_cli.costs.inputs import Inputs
from patterns_cli.costs.prices import PriceList, regions_of
from patterns_cli.costs.usage import read_usage
from patterns_infra.paths import REPOSITORY

__all__ = ["OVERVIEW_PAGE", "overview"]

OVERVIEW_PAGE = REPOSITORY / "docs" / "costs.md"
_DECADES, _TENTHS = range(3, 9), range(10, 100)
_VOLUMES = (0, 1_000, 100_000, 1_000_000, 10_000_000, 100_000_000)


def overview() -> str:
    """Return the tables of all regions, in US dollars a month."""
    return "\n\n".join(_region(region) for region in regions_of())


def _region(region: str) -> str:
    prices, inputs, usages = PriceList.read(region), Inputs.read(), read_usage()
    patterns = [
        (
            f"`{name}`",
            [pattern_bill(name, n, usages=usages, inputs=inputs, prices=prices).total for n in _VOLUMES],
        )
        for name in usages
    ]
    computes = [
        (DESCRIPTIONS[x], [compute_bill(x, n, inputs=inputs, prices=prices).total for n in _VOLUMES]) for x in Compute
    ]
    heading = f"US dollars a month in {region}; orders a day"
    tables = (_table(f"a pattern, {heading}", patterns), _table(f"the same work on, {heading}", computes))
    return "\n\n".join((*tables, _cheapest(prices, inputs)))


def _cheapest(prices: PriceList, inputs: Inputs) -> str:
    """Return from how many orders a day on which compute is the cheapest, to two digits."""
    rows = [f"| the cheapest in {prices.region} | from orders a day |", "| --- | ---: |"]
    before = None
    for volume in (tenths * 10 ** (power - 1) for power in _DECADES for tenths in _TENTHS):
        costs = {x: compute_bill(x, volume, inputs=inputs, prices=prices).total.cost for x in Compute}
        best = min(costs, key=lambda compute: costs[compute])
        if best is not before:
            rows.append(f"| {DESCRIPTIONS[best]} | {volume:,} |")
        before = best
    return "\n".join(rows)


def _table(heading: str, rows: Sequence[tuple[str, Sequence[Amount]]]) -> str:
    lines = [
        f"| {heading} | {' | '.join(f'{n:,}' for n in _VOLUMES)} |",
        f"| --- |{' ---: |' * len(_VOLUMES)}",
        *(f"| {name} | {' | '.join(money_text(x) for x in amounts)} |" for name, amounts in rows),
    ]
    return "\n".join(lines)
