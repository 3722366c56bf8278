"""A month's bill, component by component, for so many orders a day."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from patterns_cli.costs.fulfilment import Compute, compute_lines, queue_lines
from patterns_cli.costs.inputs import Inputs
from patterns_cli.costs.lines import HOURS_A_MONTH, Line, Usage
from patterns_cli.costs.prices import Confidence, PriceList
from patterns_cli.costs.usage import PatternUsage

__all__ = ["ZERO", "Amount", "Bill", "Component", "amount_of", "compute_bill", "pattern_bill"]

_HOURS_A_DAY = 24
_MARGIN = Decimal("0.2")
"""How far an unconfirmed price is taken to be wrong, below and above."""
_MILLION = 10**6
_CUSTOMERS = "cognito.plus_user_month"


@dataclass(frozen=True, slots=True)
class Amount:
    """What something costs a month, in US dollars; ``low`` and ``high`` differ from it by unconfirmed prices."""

    low: Decimal
    cost: Decimal
    high: Decimal

    def __add__(self, other: "Amount") -> "Amount":
        return Amount(self.low + other.low, self.cost + other.cost, self.high + other.high)

    def times(self, factor: Decimal) -> "Amount":
        """Return so many times of it."""
        return Amount(self.low * factor, self.cost * factor, self.high * factor)

    def document(self) -> dict[str, float]:
        """Return it for programs, with four decimals."""
        return {
            "low": float(round(self.low, 4)),
            "cost": float(round(self.cost, 4)),
            "high": float(round(self.high, 4)),
        }

    @property
    def exact(self) -> bool:
        """Whether no unconfirmed price is in it."""
        return self.low == self.high


ZERO = Amount(Decimal(0), Decimal(0), Decimal(0))


@dataclass(frozen=True, slots=True)
class Component:
    """One part of a bill.

    Attributes:
        name: what costs.
        how: what is used of it, in words, and where that is known from.
        amount: what it costs a month.
        prices: ids of the prices that it is computed with.
    """

    name: str
    how: str
    amount: Amount
    prices: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Bill:
    """What one pattern, or the fulfilment of orders on one compute, costs a month."""

    name: str
    orders_a_day: int
    components: tuple[Component, ...]

    @property
    def total(self) -> Amount:
        """The sum of the components, none of which is rounded."""
        return sum((x.amount for x in self.components), ZERO)


def pattern_bill(
    name: str,
    orders_a_day: int,
    *,
    usages: Mapping[str, PatternUsage],
    inputs: Inputs,
    prices: PriceList,
    compute: Compute = Compute.EKS_AUTO,
    customers: int = 0,
) -> Bill:
    """Return a pattern's bill in stage production.

    Args:
        name: of the pattern; ``k8s`` has the cluster with it, the others nothing of Kubernetes.
        orders_a_day: how many orders are placed, each of which is fulfilled or rejected.
        usages: what the patterns use.
        inputs: measured and assumed figures.
        prices: of one region.
        compute: what decides orders in the pattern ``k8s``.
        customers: how many of them are active in the month, for ``web_api``.

    Raises:
        UnknownPrice: there is none for the region.
    """
    usage, orders = usages[name], orders_a_day * HOURS_A_MONTH / _HOURS_A_DAY
    lines = [line.times(orders / _MILLION) for line in usage.by_orders]
    if name == "k8s":
        lines += [*queue_lines(orders, inputs), *compute_lines(compute, orders, inputs, public=False)]
    if name == "web_api" and customers:
        how = f"{customers:,} customers active in the month"
        lines.append(Line("Cognito, Plus", how, (Usage(_CUSTOMERS, customers),)))
    return Bill(name, orders_a_day, _components([*lines, *usage.by_month], prices))


def compute_bill(compute: Compute, orders_a_day: int, *, inputs: Inputs, prices: PriceList) -> Bill:
    """Return the bill of fulfilling orders on one compute: queue, topic and log lines, and what runs the code.

    Raises:
        UnknownPrice: there is none for the region.
    """
    orders = orders_a_day * HOURS_A_MONTH / _HOURS_A_DAY
    lines = [*queue_lines(orders, inputs), *compute_lines(compute, orders, inputs)]
    return Bill(compute.value, orders_a_day, _components(lines, prices))


def _components(lines: Iterable[Line], prices: PriceList) -> tuple[Component, ...]:
    return tuple(
        Component(line.driver, line.how, amount_of(line, prices), tuple(dict.fromkeys(x.price for x in line.usages)))
        for line in lines
    )


def amount_of(line: Line, prices: PriceList) -> Amount:
    """Return what a line costs, as a range when one of its prices is not confirmed.

    Raises:
        UnknownPrice: there is none for the region.
    """
    total = ZERO
    for usage in line.usages:
        price = prices[usage.price]
        cost = price.of(usage.quantity)
        off = cost * _MARGIN if price.confidence is Confidence.UNCONFIRMED else Decimal(0)
        total += Amount(cost - off, cost, cost + off)
    return total
