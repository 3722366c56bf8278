"""`patterns cost stack`: what synthesized stacks cost to leave running; the same in short before a deployment."""

import json
import sys
from collections.abc import Mapping, Sequence
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from patterns_cli.commands.cost_regions import check_regions
from patterns_cli.commands.failures import CommandError
from patterns_cli.commands.given_settings import read_given
from patterns_cli.costs.bill_text import aligned, money_text
from patterns_cli.costs.bills import ZERO, Amount
from patterns_cli.costs.files import CostFileError
from patterns_cli.costs.inputs import Inputs, UnknownInput
from patterns_cli.costs.lines import HOURS_A_MONTH
from patterns_cli.costs.prices import PriceList, UnknownPrice, regions_of
from patterns_cli.costs.standing import DAY, WEEKEND, StandingCost, standing_cost
from patterns_infra.paths import LOCAL_STATE
from patterns_infra.registry import Pattern, select
from patterns_infra.settings import Settings, Target
from patterns_infra.synth import SynthError, synthesize
from patterns_infra.workspace import BundleError

__all__ = ["cost_stack", "idle_costs"]

_LARGEST = 3
_SPANS = {"hour": Decimal(1), "day": DAY, "weekend": WEEKEND, "month": HOURS_A_MONTH}
_MADE_UP: Mapping[str, str] = MappingProxyType(
    {
        "alarm_email": "operators@example.com",
        "cluster_admin_arn": "arn:aws:iam::123456789012:role/operators",
        "kubernetes_api_cidrs": "198.51.100.0/24",
        "operator_email": "operators@example.com",
        "partner_url": "https://partner.example.com/events",
        "sender_email": "orders@example.com",
        "site_origin": "https://shop.example.com",
    }
)
"""Settings that patterns require and that cost nothing, whatever they are."""
_LEFT_OUT = "Left out: requests, traffic, storage, log lines and custom metrics, which come with use."


def cost_stack(names: Sequence[str], *, stage: str, region: str, given: Sequence[str], as_json: bool) -> None:
    """Synthesize the patterns for AWS, and show what each stack costs by being there.

    Args:
        names: of the patterns, all by default.
        stage: ``production`` has more alarms, keys and zones than others.
        region: whose prices.
        given: settings as NAME=VALUE; addresses that are required and not given are made up.
        as_json: for programs.

    Raises:
        WrongUse, UnknownPattern, SettingsError: a name or a setting that cannot be.
        CommandError: the stacks cannot be synthesized, or a data file cannot be read.
    """
    chosen = select(",".join(names))
    try:
        check_regions([region], regions_of())
        templates = _templates(chosen, stage, read_given(given))
        found = _costs(templates, region)
    except (CostFileError, UnknownInput, UnknownPrice) as error:
        raise CommandError(str(error)) from error
    if as_json:
        sys.stdout.write(json.dumps(_document(found, region, stage), indent=2) + "\n")
    else:
        sys.stderr.write(_table(found, region, stage))


def idle_costs(templates: Mapping[str, Mapping[str, Any]], region: str) -> dict[str, str]:
    """Return what is shown before a deployment: a day, a weekend, and what most of it is."""
    try:
        regions = regions_of()
        priced = region if region in regions else regions[0]
        found = _costs(templates, priced)
    except (CostFileError, UnknownInput, UnknownPrice) as error:
        return {"costs": f"not known: {error}"}
    text = (
        f"{money_text(_sum(found, DAY))} $ a day, {money_text(_sum(found, WEEKEND))} $ a weekend, while nothing happens"
    )
    parts = sorted(_parts(found), key=lambda part: part[1].cost, reverse=True)[:_LARGEST]
    largest = [f"{name} {money_text(amount)}" for name, amount in parts if amount.cost]
    text += f"; a day's largest: {', '.join(largest)}" if largest else ""
    text += f" (at the prices of {priced})" if priced != region else ""
    unpriced = [what for cost in found for what in cost.unpriced]
    return {"costs": text + (f"; not in it: {', '.join(unpriced)}" if unpriced else "")}


def _templates(chosen: Sequence[Pattern], stage: str, given: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    settings = _settings(stage, given)
    sys.stderr.write(f"synthesizing {', '.join(pattern.name for pattern in chosen)} …\n")
    try:
        assembly = synthesize(settings, chosen, outdir=LOCAL_STATE / "cdk.out" / f"cost-{stage}")
    except (SynthError, BundleError) as error:
        raise CommandError(str(error).splitlines()[-1]) from error
    stacks = [name for pattern in chosen for name in pattern.stack_names(settings.stage)]
    return {name: json.loads((assembly / f"{name}.template.json").read_text()) for name in stacks}


def _settings(stage: str, given: Mapping[str, str]) -> Settings:
    made_up = dict(_MADE_UP)
    if given.get("private_cluster") == "true":
        del made_up["kubernetes_api_cidrs"]  # there is no public API that it could be about
    return Settings.from_mapping({**made_up, **given, "target": Target.AWS.value, "stage": stage})


def _costs(templates: Mapping[str, Mapping[str, Any]], region: str) -> list[StandingCost]:
    inputs, prices = Inputs.read(), PriceList.read(region)
    return [standing_cost(name, template, inputs, prices) for name, template in templates.items()]


def _sum(costs: Sequence[StandingCost], hours: Decimal) -> Amount:
    return sum((cost.of(hours) for cost in costs), ZERO)


def _parts(costs: Sequence[StandingCost]) -> list[tuple[str, Amount]]:
    """Return what each driver costs a day, in all stacks together."""
    parts: dict[str, Amount] = {}
    for cost in costs:
        for line, amount in cost.lines:
            parts[line.driver] = parts.get(line.driver, ZERO) + amount.times(DAY / HOURS_A_MONTH)
    return list(parts.items())


def _table(costs: Sequence[StandingCost], region: str, stage: str) -> str:
    rows = [(f"US dollars, stage {stage}, {region}", ["a day", "a weekend", "a month"])]
    spans = (DAY, WEEKEND, HOURS_A_MONTH)
    for cost in costs:
        rows.append((cost.stack, [money_text(cost.of(hours)) for hours in spans]))
        rows += [
            (f"  {line.driver}: {line.how}", [money_text(amount.times(hours / HOURS_A_MONTH)) for hours in spans])
            for line, amount in cost.lines
        ]
    rows.append(("together", [money_text(_sum(costs, hours)) for hours in spans]))
    text = aligned(rows)
    for cost in costs:
        text += "".join(f"not in the sum: {what} of {cost.stack}\n" for what in cost.unpriced)
    return text + f"\n{_LEFT_OUT}\nA weekend has {WEEKEND} hours. A question mark: a price is not confirmed.\n"


def _document(costs: Sequence[StandingCost], region: str, stage: str) -> dict[str, Any]:
    """Return the answer for programs; amounts are US dollars with four decimals."""
    return {
        "region": region,
        "stage": stage,
        "currency": "USD",
        "total": {span: _sum(costs, hours).document() for span, hours in _SPANS.items()},
        "stacks": {
            cost.stack: {
                **{span: cost.of(hours).document() for span, hours in _SPANS.items()},
                "not_priced": list(cost.unpriced),
                "drivers": [
                    {"name": line.driver, "how": line.how, "month": amount.document()} for line, amount in cost.lines
                ],
            }
            for cost in costs
        },
    }
