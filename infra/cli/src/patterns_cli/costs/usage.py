"""What each pattern uses, counted in production's templates and kept in ``docs/cost_usage.json``.

``patterns cost`` reads it, so that it needs neither the CDK nor Node; ``patterns_cli.costs.pages`` writes it.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from patterns_cli.costs.files import CostFileError, read_records
from patterns_cli.costs.lines import Line, Usage
from patterns_infra.paths import REPOSITORY

__all__ = ["USAGE_FILE", "PatternUsage", "read_usage", "usage_text"]

USAGE_FILE = REPOSITORY / "docs" / "cost_usage.json"
_ABOUT = (
    "What the patterns use, counted in the templates of stage production, measured or assumed (cost_inputs.json). "
    "by_orders is of a million orders, by_month is there without any. Written by "
    "python -m patterns_cli.costs.pages; a test fails when it is out of date."
)


@dataclass(frozen=True, slots=True)
class PatternUsage:
    """What a pattern uses for a million orders, and in a month without any."""

    by_orders: tuple[Line, ...]
    by_month: tuple[Line, ...]


def read_usage(file: Path = USAGE_FILE) -> dict[str, PatternUsage]:
    """Return what each pattern uses, by its name.

    Raises:
        CostFileError: the file cannot be read.
    """
    try:
        return {
            record["pattern"]: PatternUsage(_lines(record["by_orders"]), _lines(record["by_month"]))
            for record in read_records(file, "patterns")
        }
    except (KeyError, TypeError, ValueError, InvalidOperation) as error:
        if isinstance(error, CostFileError):
            raise
        raise CostFileError(f"{file.name} cannot be read: {error!r}") from error


def usage_text(usages: Mapping[str, PatternUsage]) -> str:
    """Return the file's text, a line for each driver."""
    blocks = [
        f'    {{"pattern": {json.dumps(name)},\n'
        f'     "by_orders": {_records(usage.by_orders)},\n     "by_month": {_records(usage.by_month)}}}'
        for name, usage in usages.items()
    ]
    return f'{{\n  "about": {json.dumps(_ABOUT)},\n  "patterns": [\n' + ",\n".join(blocks) + "\n  ]\n}\n"


def _records(lines: Iterable[Line]) -> str:
    records = [
        {
            "driver": line.driver,
            "how": line.how,
            "usages": {price: f"{quantity.normalize():f}" for price, quantity in _by_price(line).items()},
        }
        for line in lines
    ]
    return "[" + ",".join(f"\n      {json.dumps(record, ensure_ascii=False)}" for record in records) + "\n     ]"


def _by_price(line: Line) -> dict[str, Decimal]:
    """Return the quantities of a line, those at one price added up."""
    found: dict[str, Decimal] = {}
    for usage in line.usages:
        found[usage.price] = found.get(usage.price, Decimal(0)) + usage.quantity
    return found


def _lines(records: Iterable[Mapping[str, Any]]) -> tuple[Line, ...]:
    return tuple(
        Line(
            record["driver"],
            record["how"],
            tuple(Usage(price, Decimal(quantity)) for price, quantity in record["usages"].items()),
        )
        for record in records
    )
