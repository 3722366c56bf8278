"""Finds the relative links in a Markdown page."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

__all__ = ["Link", "links_of"]

_PASSED_OVER = r"^[ ]*(?P<fence>`{3,}|~{3,}).*?^[ ]*(?P=fence)|(?<!`)(?P<ticks>`+)(?!`).+?(?<!`)(?P=ticks)(?!`)"
_LINK = re.compile(rf"{_PASSED_OVER}|\]\((?P<target>[^)\s#]+)", re.MULTILINE | re.DOTALL)
_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]*:|//")


@dataclass(frozen=True, slots=True)
class Link:
    """One link: the line that it stands in, the characters of its path, and the path, without an anchor."""

    line: int
    start: int
    end: int
    path: str


def links_of(text: str) -> Iterator[Link]:
    """Yield the links and pictures that lead to a file; code, addresses and a page's own anchors are passed over."""
    for found in _LINK.finditer(text):
        path = found["target"]
        if path and not _ADDRESS.match(path):
            yield Link(text.count("\n", 0, found.start()) + 1, found.start("target"), found.end("target"), path)
