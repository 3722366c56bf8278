"""The cost tables of the documentation, written between markers: ``python -m patterns_cli.costs.pages``.

A test fails when a page and the prices, the inputs or a template differ.
"""

import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType

from patterns_cli.costs.counting import count
from patterns_cli.costs.fixed import fixed_lines
from patterns_cli.costs.inputs import Inputs
from patterns_cli.costs.leaving import MANY_LINES, leaving_lines
from patterns_cli.costs.lines import price_table, table
from patterns_cli.costs.other_patterns import batch_lines, cluster_lines, task_size
from patterns_cli.costs.overview import OVERVIEW_PAGE, overview
from patterns_cli.costs.prices import PriceList
from patterns_cli.costs.report_prices import REPORT_PRICES_FILE, report_prices
from patterns_cli.costs.usage import USAGE_FILE, usage_text
from patterns_cli.costs.web_api import CUSTOMERS, customer_lines
from patterns_cli.marked_text import replace_between
from patterns_infra.paths import REPOSITORY
from patterns_infra.registry import PATTERNS
from patterns_infra.settings import Settings
from patterns_infra.synthesized import SynthesizedStack
from patterns_infra.variants import VARIANTS

__all__ = ["BEGIN", "END", "PAGES", "costs_of", "main"]

BEGIN = "<!-- costs: written by python -m patterns_cli.costs.pages -->"
END = "<!-- end of costs -->"
PAGES: Mapping[str, Path] = MappingProxyType(
    {
        "web_api": REPOSITORY / "docs" / "web_api.md",
        "batch": REPOSITORY / "docs" / "batch.md",
        "async": REPOSITORY / "docs" / "async.md",
        "k8s": REPOSITORY / "docs" / "k8s.md",
    }
)


def main() -> None:
    """Write the tables of all pages, what ``patterns cost`` multiplies, and the guide, for production's templates."""
    from patterns_cli.choosing.page import main as write_guide  # noqa: PLC0415 - has figures of the costs
    from patterns_infra.synth import synthesize  # noqa: PLC0415 - imports the CDK

    settings = Settings.from_mapping(VARIANTS["production"])
    assembly = synthesize(settings)
    stacks = {name: SynthesizedStack(assembly, PATTERNS[name].stack_name(settings.stage)) for name in PAGES}
    for name, page in PAGES.items():
        page.write_text(replace_between(page.read_text(), BEGIN, END, costs_of(name, stacks[name])))
        sys.stderr.write(f"wrote {page.relative_to(REPOSITORY)}\n")
    REPORT_PRICES_FILE.write_text(report_prices())
    inputs = Inputs.read()
    USAGE_FILE.write_text(usage_text({name: count(name, stack, inputs) for name, stack in stacks.items()}))
    OVERVIEW_PAGE.write_text(replace_between(OVERVIEW_PAGE.read_text(), BEGIN, END, overview()))
    sys.stderr.write(f"wrote {USAGE_FILE.relative_to(REPOSITORY)} and {OVERVIEW_PAGE.relative_to(REPOSITORY)}\n")
    write_guide()


def costs_of(pattern: str, stack: SynthesizedStack) -> str:
    """Return the tables of a pattern's page, of the stack as production has it."""
    prices, inputs = PriceList.read(), Inputs.read()
    return _TABLES[pattern](stack, prices, inputs)


def _web_api(stack: SynthesizedStack, prices: PriceList, inputs: Inputs) -> str:
    usage, customers = count("web_api", stack, inputs), customer_lines()
    return _parts(
        table(usage.by_orders, prices, heading="for a million orders, each placed and then fulfilled"),
        table(customers, prices, heading=f"for {CUSTOMERS:,} customers active in a month", summed=False),
        table(usage.by_month, prices, heading="by being there, a month of `production`"),
        price_table([*usage.by_orders, *customers, *usage.by_month], prices),
    )


def _async(stack: SynthesizedStack, prices: PriceList, inputs: Inputs) -> str:
    usage = count("async", stack, inputs)
    return _parts(
        table(usage.by_orders, prices, heading="for a million events"),
        table(usage.by_month, prices, heading="by being there, a month of `production`"),
        price_table([*usage.by_orders, *usage.by_month], prices),
    )


def _batch(stack: SynthesizedStack, prices: PriceList, inputs: Inputs) -> str:
    nights, fixed = batch_lines(stack, inputs), fixed_lines(stack)
    vcpu, memory = task_size(stack)
    many = {lines: leaving_lines(lines, inputs, vcpu=vcpu, memory=memory) for lines in MANY_LINES}
    return _parts(
        table(nights, prices, heading="for a report every night of a month"),
        table(fixed, prices, heading="by being there, a month of `production`"),
        *(
            table(found, prices, heading=f"for one report of {lines:,} lines in Parquet", summed=False)
            for lines, found in many.items()
        ),
        price_table([*nights, *fixed, *next(iter(many.values()))], prices),
    )


def _k8s(stack: SynthesizedStack, prices: PriceList, inputs: Inputs) -> str:
    choices = cluster_lines(stack, inputs)
    fixed = [line for line in fixed_lines(stack) if line.driver != "private network"]
    return _parts(
        table(choices, prices, heading="a month, without traffic", summed=False),
        table(fixed, prices, heading="by being there, a month of `production`"),
        price_table([*choices, *fixed], prices),
    )


_TABLES: Mapping[str, Callable[[SynthesizedStack, PriceList, Inputs], str]] = MappingProxyType(
    {"web_api": _web_api, "async": _async, "batch": _batch, "k8s": _k8s}
)


def _parts(*parts: str) -> str:
    return "\n\n".join(parts)


if __name__ == "__main__":
    main()
