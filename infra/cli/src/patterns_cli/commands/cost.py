"""`patterns cost`: what the patterns cost a month for so many orders a day, and the same work on each compute."""

import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from patterns_cli.commands.cost_regions import check_regions
from patterns_cli.commands.failures import CommandError, WrongUse
from patterns_cli.costs.bill_text import bill_table, footnotes
from patterns_cli.costs.bills import Bill, compute_bill, pattern_bill
from patterns_cli.costs.files import CostFileError
from patterns_cli.costs.fulfilment import DESCRIPTIONS, Compute
from patterns_cli.costs.inputs import Inputs, UnknownInput
from patterns_cli.costs.prices import Price, PriceList, UnknownPrice, regions_of
from patterns_cli.costs.usage import read_usage
from patterns_infra.registry import select

__all__ = ["DEFAULT_ORDERS", "CostOptions", "cost"]

DEFAULT_ORDERS = (1_000, 100_000, 10_000_000)
_MOST = 10**12
_CLUSTERS = (Compute.EKS_AUTO, Compute.EKS_MANAGED)


@dataclass(frozen=True, slots=True)
class CostOptions:
    """What is asked, as it was typed."""

    orders: Sequence[str]
    region: str
    patterns: Sequence[str]
    computes: Sequence[str]
    customers: int
    as_json: bool


def cost(options: CostOptions) -> None:
    """Show the bills, or write them as JSON.

    Raises:
        WrongUse: a number, a region, a pattern or a compute that cannot be.
        CommandError: one of the data files cannot be read.
    """
    volumes = list(dict.fromkeys(map(_volume, options.orders))) or list(DEFAULT_ORDERS)
    names = [pattern.name for pattern in select(",".join(options.patterns))]
    chosen = [_compute(name) for name in dict.fromkeys(options.computes)]
    try:
        check_regions([options.region], regions_of())
        prices, inputs, usages = PriceList.read(options.region), Inputs.read(), read_usage()
        cluster = next((compute for compute in chosen if compute in _CLUSTERS), Compute.EKS_AUTO)
        patterns = [
            [
                pattern_bill(
                    name,
                    volume,
                    usages=usages,
                    inputs=inputs,
                    prices=prices,
                    compute=cluster,
                    customers=options.customers,
                )
                for volume in volumes
            ]
            for name in (names if options.patterns or not chosen else ())
        ]
        computes = [
            [compute_bill(compute, volume, inputs=inputs, prices=prices) for volume in volumes]
            for compute in (chosen or Compute if chosen or not options.patterns else ())
        ]
    except (CostFileError, UnknownInput, UnknownPrice) as error:
        raise CommandError(str(error)) from error
    if options.as_json:
        sys.stdout.write(json.dumps(_document(volumes, prices, patterns, computes), indent=2) + "\n")
        return
    write = sys.stderr.write
    write(f"US dollars a month of {options.region}, list prices of docs/prices.json, stage production\n\n")
    if patterns:
        write(bill_table("pattern", volumes, patterns, summed=len(patterns) > 1) + "\n")
    if computes:
        write("the same work on each compute: an order is received from SQS, decided, and its event published\n\n")
        write(bill_table("compute", volumes, computes, titles={x.value: DESCRIPTIONS[x] for x in Compute}) + "\n")
    write(footnotes([*patterns, *computes], prices, customers=options.customers))


def _volume(text: str) -> int:
    digits = text.replace("_", "")
    if not digits.isascii() or not digits.isdigit():
        raise WrongUse(f"orders a day must be a whole number such as 100000, not {text!r}")
    if (number := int(digits) if len(digits) <= len(str(_MOST)) else _MOST + 1) > _MOST:
        raise WrongUse(f"orders a day must be at most {_MOST:,}")
    return number


def _compute(name: str) -> Compute:
    try:
        return Compute(name)
    except ValueError:
        raise WrongUse(f"there is no compute {name!r} (choose from: {', '.join(Compute)})") from None


def _document(
    volumes: Sequence[int], prices: PriceList, patterns: Sequence[Sequence[Bill]], computes: Sequence[Sequence[Bill]]
) -> dict[str, Any]:
    """Return the answer for programs; amounts are US dollars a month with four decimals."""
    bills = [bill for row in (*patterns, *computes) for bill in row]
    used = {price for bill in bills for component in bill.components for price in component.prices}
    return {
        "region": prices.region,
        "currency": "USD",
        "per": "month of 730 hours",
        "orders_per_day": list(volumes),
        "patterns": {row[0].name: [_bill(bill) for bill in row] for row in patterns},
        "computes": {row[0].name: [_bill(bill) for bill in row] for row in computes},
        "prices": {price.id: _price(price) for price in prices if price.id in used},
    }


def _bill(bill: Bill) -> dict[str, Any]:
    components = [
        {"name": x.name, "how": x.how, **x.amount.document(), "prices": list(x.prices)} for x in bill.components
    ]
    return {"orders_per_day": bill.orders_a_day, **bill.total.document(), "components": components}


def _price(price: Price) -> dict[str, Any]:
    return {
        "service": price.service,
        "figure": str(price.figure),
        "per": price.per,
        "unit": price.unit,
        "source": price.source,
        "read": price.read.isoformat() if price.read else None,
        "confidence": price.confidence.value,
    }
