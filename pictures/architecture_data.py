"""What the architecture's pictures show and leave out, held against the templates' resources and connections."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from patterns_cli.connections.stack_connections import FILE as CONNECTIONS
from patterns_infra.paths import REPOSITORY

__all__ = ["DATA", "LANGUAGES", "Found", "Picture", "PictureError", "problems", "read_pictures", "translated"]

DATA = Path(__file__).with_name("architecture.json")
LANGUAGES = ("en", "ja")
_WHOLE = "shop"


class PictureError(ValueError):
    """The pictures' data and the templates do not fit; the text says what to change."""


@dataclass(frozen=True, slots=True)
class Found:
    """What the templates have: resources with their kinds, and pairs of them with why something flows."""

    resources: Mapping[str, str]
    between: Mapping[tuple[str, str], str]

    @classmethod
    def read(cls, path: Path = CONNECTIONS) -> "Found":
        """Read what `patterns_cli.connections` wrote."""
        content = json.loads(path.read_text())
        return cls(content["resources"], {(one, other): why for one, other, why in content["connections"]})

    def why(self, picture: "Picture", source: str, target: str) -> set[str]:
        """Return why something flows from a node's resources to another's."""
        pairs = ((one, other) for one in picture.nodes[source]["is"] for other in picture.nodes[target]["is"])
        return {why for pair in pairs for why in self.between.get(pair, "").split(", ") if why}


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """One picture, as ``architecture.json`` has it."""

    title: str
    description: str
    pitch: tuple[float, float]
    nodes: Mapping[str, Mapping[str, Any]]
    arrows: Mapping[str, Mapping[str, str]]
    frames: list[Mapping[str, Any]]
    left_out: Mapping[str, str] = field(default_factory=dict)
    arrows_left_out: Mapping[str, str] = field(default_factory=dict)

    def shown(self) -> Iterator[tuple[str, str]]:
        """Yield resources with the node that shows each; a frame shows resources, too."""
        for key, node in self.nodes.items():
            yield from ((resource, key) for resource in node["is"])
        yield from ((resource, "") for frame in self.frames for resource in frame.get("is", ()))

    def ends(self, arrow: str) -> tuple[str, str]:
        """Return the nodes of an arrow that is written as ``one > other``."""
        one, _, other = arrow.partition(" > ")
        for end in (one, other):
            if end not in self.nodes:
                raise PictureError(f"arrow {arrow!r}: there is no node {end!r}")
        return one, other


def read_pictures() -> dict[str, Picture]:
    """Return the pictures by their names, the whole as the last; an arrow may be written as its label alone."""
    pictures = json.loads(DATA.read_text())
    for content in pictures.values():
        arrows = content["arrows"].items()
        content["arrows"] = {arrow: {"label": given} if isinstance(given, str) else given for arrow, given in arrows}
    return {name: Picture(**content) for name, content in pictures.items()}


def translated(pictures: Mapping[str, Picture], language: str) -> dict[str, Picture]:
    """Return the pictures with the texts of ``architecture_LANGUAGE.json``; names of resources and services stay.

    Raises:
        PictureError: an arrow's label is not translated, or a text is that no picture has.
    """
    if language == "en":
        return dict(pictures)
    file = DATA.with_name(f"{DATA.stem}_{language}.json")
    texts = json.loads(file.read_text())
    used: set[str] = set()

    def text(kind: str, english: str) -> str:
        used.add(english)
        if kind == "arrows" and english and english not in texts[kind]:
            raise PictureError(f"{file.name}: the label {english!r} has no translation")
        return str(texts[kind].get(english, english))

    found = {
        name: replace(
            picture,
            **texts["pictures"][name],
            nodes={key: {**x, "label": [text("nodes", y) for y in x["label"]]} for key, x in picture.nodes.items()},
            arrows={key: {**x, "label": text("arrows", x.get("label", ""))} for key, x in picture.arrows.items()},
            frames=[{**x, "label": text("frames", x["label"])} for x in picture.frames],
        )
        for name, picture in pictures.items()
    }
    if unused := {x for kind in ("nodes", "arrows", "frames") for x in texts[kind]} - used:
        raise PictureError(f"{file.name}: no picture says {', '.join(map(repr, sorted(unused)))}")
    return found


def problems(name: str, pictures: Mapping[str, Picture], found: Found) -> Iterator[str]:
    """Yield what a picture forgets, and what it names that no template has.

    A pattern's picture speaks of all resources of its stacks and of what these are connected with; the picture of the
    whole speaks of what the patterns' pictures show.
    """
    picture = pictures[name]
    nodes_of: dict[str, set[str]] = {}
    for resource, node in picture.shown():
        nodes_of.setdefault(resource, set()).add(node)
    named = nodes_of.keys() | picture.left_out.keys()
    yield from (f"{x}: no template has it" for x in sorted(named - found.resources.keys()))
    yield from (f"{x}: is shown and left out" for x in sorted(nodes_of.keys() & picture.left_out.keys()))
    if name == _WHOLE:
        needed = {x for other in pictures.values() if other is not picture for x, _ in other.shown()}
    else:
        own = {x for x in found.resources if x.startswith(f"{name}.")}
        needed = own | {x for pair in found.between if {*pair} & own & nodes_of.keys() for x in pair}
    yield from (f"{x}: show it in a node, or name it in left_out" for x in sorted(needed - named))
    ends = {picture.ends(arrow) for arrow in picture.arrows}
    out = {picture.ends(arrow) for arrow in picture.arrows_left_out}
    for (one, other), why in sorted(found.between.items()):
        pairs = {(x, y) for x in nodes_of.get(one, ()) for y in nodes_of.get(other, ())}
        drawn = ends | out | {(y, x) for x, y in ends if found.why(picture, x, y)}
        if pairs and not pairs & drawn and not any("" in x or x[0] == x[1] for x in pairs):
            yield f"{one} > {other} ({why}): draw an arrow, or name it in arrows_left_out"
    for one, other in sorted(ends | out):
        if stated_in := picture.arrows.get(f"{one} > {other}", {}).get("stated_in"):
            if not (REPOSITORY / stated_in).exists():
                yield f"{one} > {other}: there is no {stated_in}"
        elif not found.why(picture, one, other):
            yield f"{one} > {other}: no template connects them so"
