"""Charts as SVG, by pygal. They have no script and no style of their own: the page's style sheet colours them.

The same figures are the same bytes: pygal's random ids, its comments with the date and its tooltips' data are left out.
"""

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from xml.etree import ElementTree as ET

import pygal

# pygal leaves a finder of plug-ins behind, of a kind that Python warns of at every import that fails; none is used.
sys.meta_path[:] = [finder for finder in sys.meta_path if not isinstance(finder, pygal.PluginImportFixer)]

__all__ = ["STYLES", "Chart", "bars", "lines", "ranking"]

_WIDTH, _HEIGHT = 440, 260
"""Narrow, so that the text stays readable when the page is as narrow as a phone."""
_MANY_DOTS = 40
_LONGEST_LABEL = 18

STYLES = """
.chart svg{display:block;width:100%;height:auto;font-family:inherit}
.chart .background{fill:none}
.chart text{fill:var(--soft);font-size:11px}
.chart .axis.y text{text-anchor:end}
.chart .axis.x text{text-anchor:middle}
.chart .line,.chart .guide.line{fill:none;stroke:var(--faint)}
.chart .vertical .axis.x .guide.line,.chart .horizontal .axis.y .guide.line{stroke:none}
.chart .color-0 .reactive{fill:var(--first);stroke:var(--first)}
.chart .color-1 .reactive{fill:var(--second);stroke:var(--second)}
.chart .color-2 .reactive{fill:var(--third);stroke:var(--third)}
.chart .color-3 .reactive{fill:var(--fourth);stroke:var(--fourth)}
.chart path.line.reactive{fill:none;stroke-width:2}
.chart .reactive:hover{opacity:.7}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """What a chart shows: its title, its labels, series of whole numbers by name, and how a number is written."""

    title: str
    labels: Sequence[str]
    series: Mapping[str, Sequence[int | None]]
    written: Callable[[int], str]


def bars(chart: Chart) -> str:
    """Return standing bars, as for hours."""
    return _draw(pygal.Bar, chart, x_labels_major_every=3, show_minor_x_labels=False, truncate_label=-1)


def lines(chart: Chart) -> str:
    """Return lines, as for days."""
    every = max(1, -(-len(chart.labels) // 4))
    dots = len(chart.labels) < _MANY_DOTS
    return _draw(
        pygal.Line, chart, x_labels_major_every=every, show_minor_x_labels=False, show_dots=dots, truncate_label=-1
    )


def ranking(chart: Chart) -> str:
    """Return lying bars, the first label on top."""
    series = {name: list(reversed(values)) for name, values in chart.series.items()}
    upside_down = replace(chart, labels=list(reversed(chart.labels)), series=series)
    return _draw(
        pygal.HorizontalBar,
        upside_down,
        truncate_label=_LONGEST_LABEL,
        x_labels_major_count=4,
        show_minor_x_labels=True,
    )


def _draw(kind: type, chart: Chart, **options: object) -> str:
    drawn: Any = kind(
        width=_WIDTH,
        height=_HEIGHT,
        margin=8,
        css=[],
        js=[],
        show_legend=False,
        order_min=0,
        y_labels_major_count=4,
        show_minor_y_labels=kind is pygal.HorizontalBar,
        value_formatter=lambda value: chart.written(round(value)),
        include_x_axis=True,
        **options,
    )
    drawn.x_labels = [str(label) for label in chart.labels]
    for name, values in chart.series.items():
        drawn.add(name, list(values))
    svg = drawn.render_tree()
    _plain(svg, list(chart.series))
    svg.attrib.pop("id")
    svg.set("role", "img")
    svg.set("aria-label", chart.title)
    return ET.tostring(svg, encoding="unicode")


def _plain(element: ET.Element, names: Sequence[str]) -> None:
    """Leave the drawing alone, and turn what pygal tells its script into titles, which every browser shows."""
    for child in list(element):
        tag: object = child.tag  # of a comment it is a function
        if not isinstance(tag, str) or tag in {"defs", "title"} or "overlay" in child.get("class", ""):
            element.remove(child)
        else:
            _plain(child, names)
    told = {description.get("class"): description.text or "" for description in element.findall("desc")}
    for description in element.findall("desc"):
        element.remove(description)
    if "value" in told:
        title = ET.SubElement(element, "title")
        title.text = f"{told.get('x_label', '')}: {told['value']}".removeprefix(": ")
