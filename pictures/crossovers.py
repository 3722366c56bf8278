"""``python -m pictures.crossovers``: draw what computes cost over orders, what idle costs, and what single parts add.

Each plot is two files, for light and for dark pages. The same figures are the same bytes: pygal's random ids, its
comments with the date and its script are left out; a test draws them again and compares.
"""

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from types import MappingProxyType
from typing import Any
from xml.etree import ElementTree as ET

import pygal
from pygal.style import Style

from patterns_cli.costs.bills import ZERO, amount_of
from patterns_cli.costs.fulfilment import DESCRIPTIONS, Compute, compute_lines
from patterns_cli.costs.inputs import Inputs
from patterns_cli.costs.lines import HOURS_A_MONTH, Line, Usage
from patterns_cli.costs.prices import PriceList
from patterns_cli.costs.usage import read_usage
from pictures.__main__ import FOLDER

# pygal looks for plugins at every later import of anything, in a way that newer Pythons warn of.
sys.meta_path[:] = [finder for finder in sys.meta_path if not isinstance(finder, pygal.PluginImportFixer)]

__all__ = ["PLOTS", "STYLES", "draw", "main"]

_DECADES, _STEPS = range(3, 9), (1, 2, 5)
_AMOUNTS = range(-1, 6)
"""Powers of ten that the amounts' axis has."""
_SECONDS_A_MONTH = HOURS_A_MONTH * 3600
_COLOURS = ("#0972d3", "#e07941", "#2e8b57", "#8456ce", "#c33d69", "#b0891b", "#5f6b7a")


def _style(text: str, faint: str) -> Style:
    return Style(
        background="transparent",
        plot_background="transparent",
        foreground=text,
        foreground_strong=text,
        foreground_subtle=faint,
        guide_stroke_color=faint,
        major_guide_stroke_color=faint,
        colors=_COLOURS,
        label_font_size=12,
        major_label_font_size=12,
        legend_font_size=12,
        title_font_size=14,
        value_font_size=11,
        value_colors=(text,) * len(_COLOURS),
        font_family="sans-serif",
        opacity=".9",
    )


STYLES: Mapping[str, Style] = MappingProxyType(
    {"light": _style("#16191f", "#aab7b8"), "dark": _style("#e9ebed", "#5f6b7a")}
)


@dataclass(frozen=True, slots=True)
class _Costs:
    prices: PriceList
    inputs: Inputs

    def of(self, lines: Sequence[Line]) -> float:
        """Return what lines cost, in US dollars."""
        return float(sum((amount_of(line, self.prices) for line in lines), ZERO).cost)


def main() -> None:
    """Draw all plots into ``docs/pictures/``."""
    for name in PLOTS:
        for colours in STYLES:
            path = FOLDER / f"{name}-{colours}.svg"
            path.write_text(draw(name, colours))
            sys.stderr.write(f"wrote {path.name}\n")


def draw(name: str, colours: str) -> str:
    """Return one plot as SVG, for ``light`` or ``dark`` pages, with the prices of us-east-1."""
    return _clean(PLOTS[name](STYLES[colours], _Costs(PriceList.read(), Inputs.read())), name)


def _crossovers(style: Style, costs: _Costs) -> Any:  # noqa: ANN401 - pygal has no types
    """Lines of what runs the code, without queue, topic and log lines of orders, which all computes share."""
    volumes = list(_volumes())
    chart = pygal.Line(
        style=style,
        width=760,
        height=600,
        js=[],
        logarithmic=True,
        legend_at_bottom=True,
        legend_at_bottom_columns=1,
        truncate_legend=-1,
        truncate_label=-1,
        dots_size=2,
        title="What runs the code, US dollars a month in us-east-1",
        x_title="orders a day",
        show_minor_x_labels=False,
    )
    chart.x_labels = [_short(volume) for volume in volumes]
    chart.x_labels_major = [_short(10**power) for power in _DECADES]
    chart.y_labels = [{"value": 10.0**power, "label": f"{10.0**power:,g}"} for power in _AMOUNTS]
    for compute in Compute:
        chart.add(
            DESCRIPTIONS[compute],
            [costs.of(compute_lines(compute, volume * HOURS_A_MONTH / 24, costs.inputs)) for volume in volumes],
        )
    return chart


def _idle(style: Style, costs: _Costs) -> Any:  # noqa: ANN401 - as above
    """Bars of a month without an order: each compute, and each pattern in production."""
    computes = {DESCRIPTIONS[x]: costs.of(compute_lines(x, Decimal(0), costs.inputs)) for x in Compute}
    patterns = {
        f"pattern {name}, without its compute" if name == "k8s" else f"pattern {name}": costs.of(usage.by_month)
        for name, usage in read_usage().items()
    }
    return _bars(style, "A month without an order, US dollars in us-east-1", computes | patterns)


def _parts(style: Style, costs: _Costs) -> Any:  # noqa: ANN401 - as above
    """Bars of what single parts add to a month's bill."""
    hours = HOURS_A_MONTH
    parts: dict[str, tuple[Usage, ...]] = {
        "a public address": (Usage("vpc.public_ipv4_hour", hours),),
        "an interface endpoint in two zones": (Usage("vpc.endpoint_hour", 2 * hours),),
        "a gateway cache of 0.5 GB": (Usage("apigateway.cache_half_gb_hour", hours),),
        "WAF: two ACLs with ten rules": (Usage("waf.acl_month", 2), Usage("waf.rule_month", 10)),
        "provisioned concurrency: ten of 0.5 GB": (Usage("lambda.arm_provisioned_gb_second", 5 * _SECONDS_A_MONTH),),
        "a NAT gateway": (Usage("vpc.nat_gateway_hour", hours),),
        "a NAT gateway with 1 TB through it": (Usage("vpc.nat_gateway_hour", hours), Usage("vpc.nat_gateway_gb", 1000)),
        "EKS, control plane": (Usage("eks.cluster_hour", hours),),
        "EKS, in extended support": (Usage("eks.extended_support_hour", hours),),
    }
    found = {name: costs.of([Line(name, "", usages)]) for name, usages in parts.items()}
    return _bars(style, "What one part adds to a month, US dollars in us-east-1", found)


def _bars(style: Style, title: str, values: Mapping[str, float]) -> Any:  # noqa: ANN401 - as above
    chart = pygal.HorizontalBar(
        style=style,
        width=760,
        height=90 + 30 * len(values),
        js=[],
        title=title,
        show_legend=False,
        truncate_label=-1,
    )
    # A horizontal bar chart has its first value at the bottom.
    ordered = sorted(values.items(), key=lambda value: -value[1])
    chart.x_labels = [f"{name}: {value:,.2f}" for name, value in ordered]
    chart.y_labels = [{"value": value, "label": f"{value:,}"} for value in range(0, int(ordered[0][1]) + 100, 100)]
    chart.add("", [{"value": value, "color": _COLOURS[0]} for _, value in ordered])
    return chart


def _volumes() -> Iterator[int]:
    for power in _DECADES:
        yield from (step * 10**power for step in _STEPS if step == 1 or power < _DECADES[-1])


def _short(number: int) -> str:
    """Return a number of orders as an axis has room for it."""
    return f"{number // 10**6:,} million" if number >= 10**6 else f"{number:,}"


def _clean(chart: Any, name: str) -> str:  # noqa: ANN401 - as above
    chart.uuid = name
    svg = chart.render_tree()
    for comment in [child for child in svg if not isinstance(child.tag, str)]:
        svg.remove(comment)
    for definitions in svg.iter("defs"):
        for script in definitions.findall("script"):
            definitions.remove(script)
    for parent in svg.iter():
        for description in parent.findall("desc"):
            parent.remove(description)
    return ET.tostring(svg, encoding="unicode") + "\n"


PLOTS: Mapping[str, Callable[[Style, _Costs], Any]] = MappingProxyType(
    {"cost-crossovers": _crossovers, "cost-idle": _idle, "cost-parts": _parts}
)

if __name__ == "__main__":
    main()
