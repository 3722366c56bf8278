"""What is compared of a page: its headings, its blocks of code, the code in its sentences, its links."""

import re
import textwrap
from dataclasses import dataclass

__all__ = ["CodeBlock", "Outline", "without_generated_parts"]

_GENERATED = re.compile(
    r"^<!-- (?P<name>[\w ]+): written by [^\n]+ -->$.*?^<!-- end of (?P=name) -->$", re.DOTALL | re.MULTILINE
)
_BLOCK = re.compile(
    r"^(?P<indent>[ ]*)(?P<fence>`{3,})(?P<language>[^\n`]*)\n(?P<text>.*?)^[ ]*(?P=fence)[ ]*$",
    re.DOTALL | re.MULTILINE,
)
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_HEADING = re.compile(r"^(?P<level>#{1,6}) +(?P<text>.+?) *$", re.MULTILINE)
_CODE = re.compile(r"(?<!`)(?P<ticks>`+)(?!`)(?P<code>.+?)(?<!`)(?P=ticks)(?!`)", re.DOTALL)
_LINK = re.compile(r"\]\((?P<target>[^()\s]+)\)|(?:href|src|srcset)=\"(?P<attribute>[^\"]+)\"")
_QUOTED = re.compile(r'"[^"\n]*"')
_SHAPE = re.compile(r"(?<=[\[({|/])[^\[\](){}|/\n]+(?=[\])}|/])")
_EDGE = re.compile(r"(-\.|--)[^->\n]+?(\.-|--)")


@dataclass(frozen=True, slots=True)
class CodeBlock:
    """A fenced block: its language, and its text without the indentation of the list that it may stand in."""

    language: str
    text: str

    @property
    def comparable(self) -> str:
        """Return what a translation must have alike: all of it, of a Mermaid diagram everything but its labels."""
        if self.language != "mermaid":
            return self.text
        return _EDGE.sub(r"\1 \2", _SHAPE.sub("", _QUOTED.sub("", self.text)))


@dataclass(frozen=True, slots=True)
class Outline:
    """The parts of a page that a translation must have, too, and where its links lead."""

    headings: tuple[tuple[int, str], ...]
    """Level and text of each."""
    blocks: tuple[CodeBlock, ...]
    codes: frozenset[str]
    links: tuple[str, ...]

    @classmethod
    def of(cls, text: str) -> "Outline":
        """Return the outline of a page's Markdown."""
        prose = _COMMENT.sub("", _BLOCK.sub("", text))
        return cls(
            headings=tuple((len(found["level"]), found["text"]) for found in _HEADING.finditer(prose)),
            blocks=tuple(
                CodeBlock(found["language"].strip(), textwrap.dedent(found["text"])) for found in _BLOCK.finditer(text)
            ),
            codes=frozenset(" ".join(found["code"].split()) for found in _CODE.finditer(prose)),
            links=tuple(found["target"] or found["attribute"] for found in _LINK.finditer(_CODE.sub("", prose))),
        )


def without_generated_parts(text: str, but: frozenset[str] = frozenset()) -> str:
    """Return a page without what commands write into it between markers, but for the parts that are named."""
    return _GENERATED.sub(lambda part: part[0] if part["name"] in but else "", text)
