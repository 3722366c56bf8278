"""The figures of the guide's texts: costs, limits and measurements are filled in from where they are kept.

``{cost.fargate@1000}`` is a compute's bill for a thousand orders a day, ``{pattern.web_api@0}`` a pattern's,
``{line.batch.private network@0}`` one component's, all a month in us-east-1; ``{limit.lambda_seconds}`` is a limit's
text, and ``{result.warm:FastAPI}`` our figure of the benchmark's row whose name begins so.
"""

import re
from functools import cached_property
from pathlib import Path
from typing import Any

import msgspec

from patterns_cli.choosing.guide import Guide, GuideError
from patterns_cli.costs.bills import ZERO, Amount, Bill, compute_bill, pattern_bill
from patterns_cli.costs.files import CostFileError
from patterns_cli.costs.fulfilment import Compute
from patterns_cli.costs.inputs import Inputs, UnknownInput
from patterns_cli.costs.prices import PriceList, UnknownPrice
from patterns_cli.costs.usage import PatternUsage, read_usage
from patterns_infra.paths import REPOSITORY

__all__ = ["RESULTS_FILE", "Figures"]

RESULTS_FILE = REPOSITORY / "benchmarks" / "results.json"
_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
_SMALL = 10


class _Result(msgspec.Struct, frozen=True):
    """A row of the benchmarks' results, as far as a text has it."""

    benchmark: str
    name: str
    ours: float
    unit: str


class Figures:
    """Fills in texts; files are read when the first figure of their kind is needed."""

    def __init__(self, guide: Guide, results: Path = RESULTS_FILE) -> None:
        """Take the guide, for its limits, and the file of the benchmarks' results."""
        self._guide, self._file = guide, results

    def fill(self, text: str) -> str:
        """Return the text with its figures.

        Raises:
            GuideError: one of them is not known, or the file that it is kept in cannot be read.
        """
        return _PLACEHOLDER.sub(self._figure, text)

    def _figure(self, found: re.Match[str]) -> str:
        kind, _, rest = found[1].partition(".")
        kinds = {
            "limit": self._limit,
            "cost": self._cost,
            "pattern": self._pattern,
            "line": self._line,
            "result": self._result,
        }
        try:
            return kinds[kind](rest)
        except GuideError:
            raise
        except (CostFileError, UnknownInput, UnknownPrice) as error:
            raise GuideError(str(error)) from error
        except (KeyError, ValueError, LookupError) as error:
            raise GuideError(f"the guide has {found[0]}, which is no known figure") from error

    def _limit(self, name: str) -> str:
        return self._guide.limits[name].text

    def _cost(self, rest: str) -> str:
        compute, _, orders = rest.partition("@")
        inputs, prices, _usages = self._costs
        return self._amount(compute_bill(Compute(compute), int(orders), inputs=inputs, prices=prices).total)

    def _pattern(self, rest: str) -> str:
        name, _, orders = rest.partition("@")
        return self._amount(self._bill(name, int(orders)).total)

    def _line(self, rest: str) -> str:
        name, _, more = rest.partition(".")
        component, _, orders = more.rpartition("@")
        found = [x.amount for x in self._bill(name, int(orders)).components if x.name == component]
        if not found:
            raise KeyError(component)
        return self._amount(sum(found, ZERO))

    def _result(self, rest: str) -> str:
        benchmark, _, name = rest.partition(":")
        row = next((x for x in self._results if x.benchmark == benchmark and x.name.startswith(name)), None)
        if row is None:
            raise KeyError(rest)
        return f"{row.ours:,g} {self._guide.say(row.unit)}"

    def _amount(self, amount: Amount) -> str:
        """Return it without cents unless it is small, and as a range when a price is not confirmed."""
        low, high = _number(amount, amount.low), _number(amount, amount.high)
        if low == high:
            return self._guide.say("{amount} $").format(amount=_number(amount, amount.cost))
        return self._guide.say("{low} to {high} $ (a price is unconfirmed)").format(low=low, high=high)

    def _bill(self, name: str, orders: int) -> Bill:
        inputs, prices, usages = self._costs
        return pattern_bill(name, orders, usages=usages, inputs=inputs, prices=prices)

    @cached_property
    def _costs(self) -> tuple[Inputs, PriceList, dict[str, PatternUsage]]:
        return Inputs.read(), PriceList.read(), read_usage()

    @cached_property
    def _results(self) -> list[_Result]:
        try:
            return msgspec.json.decode(self._file.read_bytes(), type=list[_Result])
        except OSError as error:
            raise GuideError(f"{self._file.name} cannot be read: {error.strerror}") from error
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise GuideError(f"{self._file.name}: {error}") from error


def _number(amount: Amount, value: Any) -> str:  # noqa: ANN401 - a decimal, formatted
    return f"{value:,.2f}" if amount.cost < _SMALL else f"{value:,.0f}"
