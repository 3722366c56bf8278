"""Ways of arrows over a picture, by horizontal and vertical lines that pass no box, and places for their labels.

The pictures are small, so every way with at most two bends between the sides of two boxes is tried, and the best taken.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise, product

__all__ = ["Box", "Canvas", "NoWay", "Point"]

Point = tuple[float, float]
_PORTS = (0.0, -10.0, 10.0)
"""Where arrows begin and end on a side, from its middle."""
_APART = 7.0
"""Parallel lines are at least so far from each other, and lines from boxes."""
_SHORTEST = 12.0
"""A line of an arrow, which has its head on it."""
_CROSSING, _BEND, _OFF_MIDDLE = 3.0, 0.9, 0.6
"""What they cost against a way's length, whose unit is 100 pixels."""


class NoWay(ValueError):
    """An arrow or a label has no place; the text names it."""


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle."""

    left: float
    top: float
    right: float
    bottom: float

    @classmethod
    def around(cls, one: Point, other: Point) -> "Box":
        """Return the rectangle between two points, which may be a line."""
        (x, y), (to_x, to_y) = one, other
        return cls(min(x, to_x), min(y, to_y), max(x, to_x), max(y, to_y))

    def grown(self, by: float) -> "Box":
        """Return it with a margin."""
        return Box(self.left - by, self.top - by, self.right + by, self.bottom + by)

    def meets(self, other: "Box") -> bool:
        """Whether they overlap."""
        return (
            self.left < other.right and other.left < self.right and self.top < other.bottom and other.top < self.bottom
        )


@dataclass(frozen=True, slots=True)
class Node:
    """What an arrow leads to: a symbol, and its text below it."""

    symbol: Box
    text: Box
    behind: float = 0
    """How far cards behind the symbol stand out at its top."""

    def ports(self) -> Iterator[tuple[str, float, Point]]:
        """Yield sides (``h`` left or right, ``v`` top or bottom), how far off the middle, and the points."""
        box = self.symbol
        x, y = (box.left + box.right) / 2, (box.top + box.bottom) / 2
        for off in _PORTS:
            yield "h", off, (box.left, y + off)
            yield "h", off, (box.right, y + off)
            yield "v", off, (x + off, box.top - self.behind)
            yield "v", off, (x + off, self.text.bottom)


@dataclass(slots=True)
class Canvas:
    """What is drawn so far."""

    nodes: dict[str, Node] = field(default_factory=dict)
    taken: list[Box] = field(default_factory=list)
    borders: list[Box] = field(default_factory=list)
    """Lines that a label lies on only where there is no other place."""
    ways: dict[tuple[str, str], list[Point]] = field(default_factory=dict)
    double: set[tuple[str, str]] = field(default_factory=set)
    """Arrows with a head at both ends, which share their beginning with no other."""

    def route(self, source: str, target: str, shape: str = "") -> list[Point]:
        """Return the best way between two nodes; ``shape`` is its directions, as ``hvh``, where it is given.

        Raises:
            NoWay: every way passes a box or lies upon another one.
        """
        ends = source, target
        walls = [box for name, node in self.nodes.items() for box in _walls(node, own=name in ends)] + self.taken
        ways = [
            (self._cost(way, off, ends, walls), way)
            for (one, off_one, start), (other, off_other, end) in product(
                self.nodes[source].ports(), self.nodes[target].ports()
            )
            for way in self._between(one, start, other, end)
            if shape in ("", _shape(way))
            for off in [(off_one != 0) + (off_other != 0)]
        ]
        cost, best = min(ways, default=(float("inf"), []))
        if cost == float("inf"):
            raise NoWay(f"{source} > {target}: there is no free way; move a node, or give another `shape`")
        self.ways[source, target] = best
        return best

    def place(self, way: Sequence[Point], width: float, height: float, named: str) -> Point:
        """Return the middle of a label's text at a way.

        Raises:
            NoWay: there is none that overlaps nothing.
        """
        places = list(_places(way, width, height))
        for avoided in (self.borders, ()):
            for x, y in places:
                box = Box(x - width / 2, y - height / 2, x + width / 2, y + height / 2)
                if self._is_free(box) and not any(box.meets(line) for line in avoided):
                    self.taken.append(box)
                    return x, y
        raise NoWay(f"{named}: there is no place for its label; make it shorter, or move a node")

    def extent(self, margin: float) -> Box:
        """Return what everything fits into, in whole pixels."""
        ends = (Box(x, y, x, y) for way in self.ways.values() for x, y in way)
        boxes = [
            *self.taken,
            *self.borders,
            *ends,
            *(x for node in self.nodes.values() for x in (node.symbol, node.text)),
        ]
        return Box(
            round(min(x.left for x in boxes) - margin),
            round(min(x.top for x in boxes) - margin),
            round(max(x.right for x in boxes) + margin),
            round(max(x.bottom for x in boxes) + margin),
        )

    def _is_free(self, box: Box) -> bool:
        blocked = (*self.taken, *(box for node in self.nodes.values() for box in (node.symbol.grown(1), node.text)))
        lines = (Box.around(*leg) for way in self.ways.values() for leg in pairwise(way))
        return not any(box.meets(other) for other in (*blocked, *(line.grown(1) for line in lines)))

    def _between(self, one: str, start: Point, other: str, end: Point) -> Iterator[list[Point]]:
        (x, y), (to_x, to_y) = start, end
        if one == other == "h":
            if y == to_y:
                yield [start, end]
            for middle in {x + _sign(to_x - x) * 40, to_x - _sign(to_x - x) * 40, (x + to_x) / 2}:
                yield [start, (middle, y), (middle, to_y), end]
        elif one == other == "v":
            if x == to_x:
                yield [start, end]
            for middle in {y + _sign(to_y - y) * 18, to_y - _sign(to_y - y) * 18, (y + to_y) / 2}:
                yield [start, (x, middle), (to_x, middle), end]
        elif one == "h":
            yield [start, (to_x, y), end]
        else:
            yield [start, (x, to_y), end]

    def _cost(self, way: list[Point], off: int, ends: tuple[str, str], walls: Sequence[Box]) -> float:
        legs = list(pairwise(way))
        boxes = [Box.around(*leg) for leg in legs]
        if any(_length(leg) < _SHORTEST for leg in legs) or any(box.meets(wall) for box, wall in product(boxes, walls)):
            return float("inf")
        crossings = 0
        for name, other in self.ways.items():
            if (way[0] == other[0] and not {ends, name} & self.double) or way[-1] == other[-1]:
                continue  # they begin together and part, or end together
            for leg, line in product(legs, pairwise(other)):
                if _shape(leg) != _shape(line):
                    crossings += Box.around(*leg).grown(1).meets(Box.around(*line))
                elif Box.around(*leg).grown(_APART).meets(Box.around(*line)):
                    return float("inf")
        length = sum(map(_length, legs)) / 100
        return length + crossings * _CROSSING + (len(legs) - 1) * _BEND + off * _OFF_MIDDLE


def _places(way: Sequence[Point], width: float, height: float) -> Iterator[Point]:
    """Yield places for a label at a way, above or right of it first, and on its longest part."""
    for (x, y), (to_x, to_y) in sorted(pairwise(way), key=lambda leg: -_length(leg)):
        for share in (0.5, 0.4, 0.6, 0.3, 0.7, 0.2, 0.8):
            at_x, at_y = x + (to_x - x) * share, y + (to_y - y) * share
            off_x, off_y = (width / 2 + 6, 0.0) if x == to_x else (0.0, -height / 2 - 4)
            yield at_x + off_x, at_y + off_y
            yield at_x - off_x, at_y - off_y


def _walls(node: Node, *, own: bool) -> tuple[Box, Box]:
    """Return what an arrow must not pass: symbol and text, with a margin where it is not one of the arrow's ends."""
    return node.symbol.grown(-0.5 if own else _APART), node.text.grown(-0.5 if own else 4)


def _shape(way: Iterable[Point]) -> str:
    return "".join("v" if a[0] == b[0] else "h" for a, b in pairwise(way))


def _length(leg: tuple[Point, Point]) -> float:
    return abs(leg[0][0] - leg[1][0]) + abs(leg[0][1] - leg[1][1])


def _sign(value: float) -> int:
    return 1 if value >= 0 else -1
