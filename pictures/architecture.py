"""``python -m pictures.architecture``: draw the architecture of each pattern and of the whole, light and dark.

Boxes and arrows are the resources and connections in the synthesized templates (`patterns_cli.connections`).
``architecture.json`` gives them places and labels, and names what a picture leaves out; what it forgets, and what it
names that no template has, is an error. README.md next to it has the format.
"""

import sys
from collections.abc import Mapping
from html import escape
from itertools import product
from types import MappingProxyType
from typing import Any

from patterns_infra.paths import REPOSITORY
from pictures.architecture_data import (
    DATA,
    LANGUAGES,
    Found,
    Picture,
    PictureError,
    problems,
    read_pictures,
    translated,
)
from pictures.routing import Box, Canvas, Node, Point
from pictures.symbols import COLOURS, SYMBOLS

__all__ = ["STYLES", "draw", "file_name", "main"]

_FOLDER = REPOSITORY / "docs" / "pictures"
_TILE, _NAME_SIZE, _SMALL_SIZE, _LINE = 46.0, 13.0, 11.0, 14.0
_MARGIN, _BEHIND = 18.0, 8.0
_FONTS = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"
_FULL_WIDTH = 0x2E80
"""From this character on those of Chinese, Japanese and Korean, as wide as high."""
_ASIDE = {"archive", "authorizer", "destination of failures", "firewall", "image", "redrive policy"}
"""Connections that are no step of the work: drawn as dashed lines, as are reads of a secret."""
STYLES: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "light": {"page": "#ffffff", "text": "#16191f", "faint": "#56616f", "line": "#5a6675", "frame": "#8f9bab"},
        "dark": {"page": "#12171f", "text": "#eceff3", "faint": "#a4b0be", "line": "#a3b0bf", "frame": "#5b6878"},
    }
)
_FRAME_COLOURS = {"web_api": "#3457c7", "batch": "#3a7d2c", "k8s": "#c65d07", "async": "#b8306f"}


def main() -> int:
    """Draw them all into ``docs/pictures/``; the exit code is 1 when data and templates do not fit."""
    pictures, found = read_pictures(), Found.read()
    try:
        drawn = {
            file_name(name, style, language): draw(name, style, pictures, found, language)
            for name, style, language in product(pictures, STYLES, LANGUAGES)
        }
    except ValueError as error:
        sys.stderr.write(f"pictures: {error}\n")
        return 1
    for name, text in drawn.items():
        (_FOLDER / name).write_text(text)
    sys.stderr.write(f"wrote {len(drawn)} pictures of the architecture\n")
    return 0


def file_name(name: str, style: str, language: str) -> str:
    """Return where a picture is kept, in ``docs/pictures/``."""
    return f"architecture-{name}-{style}.svg" if language == "en" else f"architecture-{name}-{language}-{style}.svg"


def draw(name: str, style: str, pictures: Mapping[str, Picture], found: Found, language: str = "en") -> str:
    """Return one picture as SVG, for ``light`` or ``dark`` pages.

    Raises:
        PictureError: the picture forgets a resource or a connection, or names one that no template has.
        NoWay: an arrow or a label has no place.
    """
    wrong = list(problems(name, pictures, found))
    if wrong:
        raise PictureError(f"{DATA.name}, picture {name}:\n  " + "\n  ".join(wrong))
    return _Drawing(translated(pictures, language)[name], found, STYLES[style]).svg(language)


class _Drawing:
    def __init__(self, picture: Picture, found: Found, style: Mapping[str, str]) -> None:
        self._picture, self._found, self._style = picture, found, style
        self._canvas = Canvas()
        self._parts: list[str] = []

    def svg(self, language: str) -> str:
        for key, node in self._picture.nodes.items():
            self._canvas.nodes[key] = self._node_box(node)
        for frame in self._picture.frames:
            self._frame(frame)
        for arrow, given in self._picture.arrows.items():
            one, other = self._picture.ends(arrow)
            if self._found.why(self._picture, one, other) and self._found.why(self._picture, other, one):
                self._canvas.double.add((one, other))
            self._canvas.route(one, other, given.get("shape", ""))
        for arrow, given in self._picture.arrows.items():
            self._arrow(arrow, given)
        for key, node in self._picture.nodes.items():
            self._node(node, self._canvas.nodes[key])
        view = self._canvas.extent(_MARGIN)
        title, about = escape(self._picture.title), escape(self._picture.description)
        size = f'width="{view.right - view.left:g}" height="{view.bottom - view.top:g}"'
        view_box = f"{view.left:g} {view.top:g} {view.right - view.left:g} {view.bottom - view.top:g}"
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" {size} viewBox="{view_box}" lang="{language}" role="img" '
            f'aria-labelledby="title about" font-family="{_FONTS}">\n'
            f'<title id="title">{title}</title>\n<desc id="about">{about}</desc>\n'
            f'<rect x="{view.left:g}" y="{view.top:g}" {size} rx="10" fill="{self._style["page"]}"/>\n'
            + "\n".join(self._parts)
            + "\n</svg>\n"
        )

    def _node_box(self, node: Mapping[str, Any]) -> Node:
        column, row = node["at"]
        x, y = column * self._picture.pitch[0], row * self._picture.pitch[1]
        name, *small = node["label"]
        width = max(_width(name, _NAME_SIZE, bold=True), *(_width(line, _SMALL_SIZE) for line in small or [""]))
        below = y + _TILE + 5
        text = Box(x - width / 2, y + _TILE + 2, x + width / 2, below + _NAME_SIZE + _LINE * len(small) + 2)
        return Node(Box(x - _TILE / 2, y, x + _TILE / 2, y + _TILE), text, _BEHIND if _is_stack(node) else 0)

    def _node(self, node: Mapping[str, Any], place: Node) -> None:
        kind = node.get("symbol") or self._found.resources[node["is"][0]]
        colour, box = COLOURS[kind], place.symbol
        for behind in (_BEHIND, _BEHIND / 2) if _is_stack(node) else ():
            self._tile(Box(box.left + behind / 2, box.top - behind, box.right - behind / 2, box.bottom), colour)
        self._tile(box, colour)
        inset = (_TILE - 30) / 2
        self._parts.append(
            f'<path transform="translate({box.left + inset:g} {box.top + inset:g}) scale(1.25)" '
            f'd="{SYMBOLS[kind]}" fill="none" stroke="#ffffff" stroke-width="1.5" stroke-linecap="round" '
            f'stroke-linejoin="round"/>'
        )
        name, *small = node["label"]
        middle, line = (box.left + box.right) / 2, box.bottom + 5 + _NAME_SIZE - 2
        self._text(name, (middle, line), _NAME_SIZE, self._style["text"], weight="600")
        for number, text in enumerate(small, 1):
            self._text(text, (middle, line + number * _LINE), _SMALL_SIZE, self._style["faint"])

    def _tile(self, box: Box, colour: str) -> None:
        self._parts.append(
            f'<rect x="{box.left:g}" y="{box.top:g}" width="{box.right - box.left:g}" '
            f'height="{box.bottom - box.top:g}" rx="9" fill="{colour}" stroke="{self._style["page"]}" '
            f'stroke-width="1.5"/>'
        )

    def _frame(self, frame: Mapping[str, Any]) -> None:
        nodes, wide = [self._canvas.nodes[key] for key in frame["around"]], frame.get("padding", 0)
        cell = (self._picture.pitch[0] - _TILE) / 2 + wide
        left, right = min(x.symbol.left for x in nodes) - cell, max(x.symbol.right for x in nodes) + cell
        top, bottom = min(x.symbol.top for x in nodes) - 34 - wide, max(x.text.bottom for x in nodes) + 8 + wide
        colour = _FRAME_COLOURS.get(frame.get("of", ""), self._style["frame"])
        self._parts.append(
            f'<rect x="{left:g}" y="{top:g}" width="{right - left:g}" height="{bottom - top:g}" rx="10" '
            f'fill="{colour}" fill-opacity=".07" stroke="{colour}" stroke-opacity=".75" stroke-width="1.2"/>'
        )
        width = _width(frame["label"], 12, bold=True)
        self._canvas.taken.append(Box(left, top, left + width + 20, top + 22))
        corners = [(left, top), (right, top), (right, bottom), (left, bottom)]
        self._canvas.borders += [
            Box.around(*edge).grown(1) for edge in zip(corners, corners[1:] + corners[:1], strict=True)
        ]
        self._text(frame["label"], (left + 10, top + 16), 12, self._style["text"], weight="600", anchor="start")

    def _arrow(self, arrow: str, given: Mapping[str, Any]) -> None:
        one, other = self._picture.ends(arrow)
        way = self._canvas.ways[one, other]
        why = self._found.why(self._picture, one, other)
        aside = why and all(x in _ASIDE or x.startswith("secretsmanager:") for x in why)
        dashes = ' stroke-dasharray="5 4"' if aside else ""
        self._parts.append(
            f'<path d="{_rounded(way)}" fill="none" stroke="{self._style["line"]}" stroke-width="1.6"{dashes}/>'
            + _head(way[-2], way[-1], self._style["line"])
            + (_head(way[1], way[0], self._style["line"]) if (one, other) in self._canvas.double else "")
        )
        if label := given.get("label"):
            lines = label.split("\n")
            width = max(_width(line, _SMALL_SIZE) for line in lines)
            x, y = self._canvas.place(way, width, 13.0 * len(lines), arrow)
            first = y - 6.5 * len(lines) + 10
            for number, line in enumerate(lines):
                self._text(line, (x, first + 13 * number), _SMALL_SIZE, self._style["text"], halo=True)

    def _text(
        self,
        text: str,
        at: Point,
        size: float,
        colour: str,
        *,
        weight: str = "",
        anchor: str = "middle",
        halo: bool = False,
    ) -> None:
        more = f' font-weight="{weight}"' if weight else ""
        if halo:
            more += f' stroke="{self._style["page"]}" stroke-width="3" stroke-linejoin="round" paint-order="stroke"'
        self._parts.append(
            f'<text x="{at[0]:g}" y="{at[1]:g}" font-size="{size:g}" fill="{colour}" text-anchor="{anchor}"{more}>'
            f"{escape(text)}</text>"
        )


def _is_stack(node: Mapping[str, Any]) -> bool:
    """Whether a node shows several resources of a kind, as cards behind it."""
    return len(node["is"]) > 1 and not node.get("single")


def _rounded(way: list[Point]) -> str:
    """Return a path with round corners, which ends where its head begins."""
    parts = [f"M{way[0][0]:g} {way[0][1]:g}"]
    for before, corner, after in zip(way, way[1:], way[2:], strict=False):
        near, far = _towards(corner, before, 6), _towards(corner, after, 6)
        parts.append(f"L{near[0]:g} {near[1]:g}Q{corner[0]:g} {corner[1]:g} {far[0]:g} {far[1]:g}")
    return "".join(parts) + f"L{way[-1][0]:g} {way[-1][1]:g}"


def _head(before: Point, tip: Point, colour: str) -> str:
    base = _towards(tip, before, 8)
    aside = (0.0, 4.5) if before[1] == tip[1] else (4.5, 0.0)
    points = [tip, (base[0] + aside[0], base[1] + aside[1]), (base[0] - aside[0], base[1] - aside[1])]
    return f'<path d="M{"L".join(f"{x:g} {y:g}" for x, y in points)}Z" fill="{colour}"/>'


def _towards(start: Point, end: Point, by: float) -> Point:
    length = abs(end[0] - start[0]) + abs(end[1] - start[1])
    return start[0] + (end[0] - start[0]) * by / length, start[1] + (end[1] - start[1]) * by / length


def _width(text: str, size: float, *, bold: bool = False) -> float:
    """Return about how wide a text is, rather too much: system fonts differ by some percent."""
    narrow, wide = sum(text.count(x) for x in "fijlrtI .,:;'()|"), sum(text.count(x) for x in "mwMW@")
    full = sum(ord(x) >= _FULL_WIDTH for x in text)
    ems = 0.6 * (len(text) - narrow - wide - full) + 0.36 * narrow + 0.92 * wide + full
    return size * ems * (1.06 if bold else 1)


if __name__ == "__main__":
    sys.exit(main())
