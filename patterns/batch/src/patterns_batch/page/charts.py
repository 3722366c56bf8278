"""Charts as SVG, by pygal. They have no script and no style of their own: the page's style sheet colours them.

The same figures are the same bytes: pygal's random ids, its comments with the date and its tooltips' data are left out.
"""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from unicodedata import east_asian_width
from xml.etree import ElementTree as ET

import pygal

from patterns_batch.page.visible import visible

# pygal leaves a finder of plug-ins behind, of a kind that Python warns of at every import that fails; none is used.
sys.meta_path[:] = [finder for finder in sys.meta_path if not isinstance(finder, pygal.PluginImportFixer)]

__all__ = ["STYLES", "Chart", "bars", "lines", "ranking"]

_WIDTH, _HEIGHT = 440, 240
"""Narrow, so that the text stays readable when the page is as narrow as a phone."""
_AXIS, _BAR = 60, 22
"""Of a ranking: the height that is no bar's, and that of each."""
_LONGEST_LABEL = 20
"""Columns of a label of a ranking, of which a letter has one and a Chinese character two."""
_WIDER = 1.2
"""How much wider a letter is on a phone than pygal's six units."""

STYLES = """
.chart svg{display:block;width:100%;height:auto;font-family:inherit}
.chart .background{fill:none}
.chart text{fill:var(--soft);font-size:11px}
.chart .axis.y text{text-anchor:end}
.chart .axis.x text{text-anchor:middle}
.chart .line,.chart .guide.line{fill:none;stroke:var(--faint)}
.chart .vertical .axis.x .guide.line,.chart .horizontal .axis.y .guide.line{stroke:none}
.chart .reactive{fill:var(--first);stroke:none}
.chart path.line.reactive{fill:none;stroke:var(--first);stroke-width:1.5}
.chart .reactive:hover{opacity:.7}
@media screen and (max-width:30rem){.chart text{font-size:13px}}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """What a chart shows.

    Attributes:
        title: what is read out in its place.
        labels: what each value is of, in words; shown with the value.
        values: whole numbers; None leaves a gap.
        written: each value as people write it.
        axis: labels of the axis along the values, by their place; all of ``labels`` where it is empty.
        ticks: values on the other axis, with their labels; from 0.
    """

    title: str
    labels: Sequence[str]
    values: Sequence[int | None]
    written: Sequence[str]
    axis: Mapping[int, str] = field(default_factory=dict)
    ticks: Mapping[int, str]


def bars(chart: Chart) -> str:
    """Return standing bars, as for hours."""
    return _draw(pygal.Bar, chart, _HEIGHT)


def lines(chart: Chart) -> str:
    """Return a line, as for the days of a year."""
    return _draw(pygal.Line, chart, _HEIGHT, show_dots=False)


def ranking(chart: Chart) -> str:
    """Return lying bars, the first label on top."""
    upside_down = Chart(
        title=chart.title,
        labels=[visible(each) for each in reversed(chart.labels)],
        values=chart.values[::-1],
        written=chart.written[::-1],
        axis={place: _cut(visible(label)) for place, label in enumerate(reversed(chart.labels))},
        ticks=chart.ticks,
    )
    return _draw(pygal.HorizontalBar, upside_down, _AXIS + _BAR * len(chart.labels))


def _draw(kind: type, chart: Chart, height: int, **options: object) -> str:
    # pygal makes room by the number of characters, and finds labels by their text: so it gets names that are unique and
    # as long as the labels are wide, and what they stand for is put in their place afterwards.
    room = round(max((_columns(label) for label in chart.axis.values()), default=0) * _WIDER)
    names = [str(place).ljust(room, "_") for place in range(len(chart.labels))]
    tick_room = round(max(_columns(label) for label in chart.ticks.values()) * _WIDER)
    ticks = {tick: f"={tick}".ljust(tick_room, "_") for tick in chart.ticks}
    drawn: Any = kind(
        width=_WIDTH,
        height=height,
        margin=8,
        margin_right=28,
        css=[],
        js=[],
        show_legend=False,
        show_minor_x_labels=kind is pygal.HorizontalBar,
        x_labels_major=[names[place] for place in chart.axis],
        truncate_label=-1,
        value_formatter=str,
        range=(0, max(chart.ticks) or 1),
        **options,
    )
    drawn.x_labels = names
    drawn.y_labels = [{"value": tick, "label": name} for tick, name in ticks.items()]
    drawn.add("", list(chart.values))
    svg = drawn.render_tree()
    texts = {names[place]: label for place, label in chart.axis.items()}
    texts |= {ticks[tick]: label for tick, label in chart.ticks.items()}
    _plain(svg, texts, dict(zip(names, zip(chart.labels, chart.written, strict=True), strict=True)))
    svg.attrib.pop("id")
    svg.set("role", "img")
    svg.set("aria-label", chart.title)
    return ET.tostring(svg, encoding="unicode")


def _plain(element: ET.Element, texts: Mapping[str, str], told: Mapping[str, tuple[str, str]]) -> None:
    """Leave the drawing alone, and turn what pygal has for its script into titles, which every browser shows."""
    for child in list(element):
        tag: object = child.tag  # of a comment it is a function
        if not isinstance(tag, str) or tag in {"defs", "title"} or "overlay" in child.get("class", ""):
            element.remove(child)
        else:
            _plain(child, texts, told)
    if element.tag == "text":
        element.text = texts.get(element.text or "", element.text)
    found = {description.get("class"): description.text or "" for description in element.findall("desc")}
    for description in element.findall("desc"):
        element.remove(description)
    if "value" in found:
        title = ET.SubElement(element, "title")
        title.text = ": ".join(told[found["x_label"]])


def _columns(text: str) -> int:
    return sum(2 if east_asian_width(character) in "WF" else 1 for character in text)


def _cut(label: str) -> str:
    """Return the label as far as there is room for it."""
    if _columns(label) <= _LONGEST_LABEL:
        return label
    while _columns(label) >= _LONGEST_LABEL:
        label = label[:-1]
    return f"{label}…"
