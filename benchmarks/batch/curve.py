"""The curve of time and cost as rows grow, as SVG for the page: drawn from the rows that are kept."""

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pygal
from pygal.style import Style

# pygal looks for plugins at every later import of anything, in a way that newer Pythons warn of.
sys.meta_path[:] = [finder for finder in sys.meta_path if not isinstance(finder, pygal.PluginImportFixer)]

__all__ = ["draw"]

_EXPONENTS = {"10⁵": 5, "10⁶": 6, "10⁷": 7}
_SERIES = {"all steps": "seconds, all steps", "peak of memory": "peak of memory, MB"}
_STYLE = Style(
    background="white",
    plot_background="white",
    colors=("#0972d3", "#e07941"),
    label_font_size=13,
    major_label_font_size=13,
    legend_font_size=14,
    font_family="sans-serif",
)


def draw(rows: Iterable[dict[str, Any]], path: Path) -> None:
    """Draw seconds and MB over lines, both axes logarithmic; nothing when they were never measured."""
    found: dict[str, list[tuple[int, float]]] = {name: [] for name in _SERIES}
    for row in rows:
        lines, _, what = row["name"].partition(" lines: ")
        if row["benchmark"] == "batch-growth" and what in found:
            found[what].append((_EXPONENTS[lines], row["ours"]))
    if not all(found.values()):
        return
    chart = pygal.Line(
        width=640, height=360, js=[], style=_STYLE, logarithmic=True, legend_at_bottom=True, x_title="order lines"
    )
    chart.uuid = "growth"
    chart.x_labels = list(_EXPONENTS)
    for what, text in _SERIES.items():
        chart.add(text, [figure for _, figure in sorted(found[what])])
    svg = chart.render_tree()
    for child in [child for child in svg if not isinstance(child.tag, str)]:
        svg.remove(child)
    for definitions in svg.iter("defs"):
        for script in definitions.findall("script"):
            definitions.remove(script)
    path.write_text(ET.tostring(svg, encoding="unicode") + "\n")
