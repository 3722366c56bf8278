"""The guide's links, which lead to the page in the reader's language where there is one.

A translated page has the headings of its source, in their order: so an anchor is that of the heading at the same place.
"""

import posixpath
import re
from collections.abc import Iterator
from pathlib import Path

from patterns_cli.choosing.guide import GUIDE_FILE, GuideError, Language

__all__ = ["anchors", "link_in", "link_on_page"]

_DOCS = GUIDE_FILE.parent
_FENCE = "```"


def link_in(language: Language, link: str, docs: Path = _DOCS) -> str:
    """Return a link of the guide, relative to ``docs/``, for a language.

    Raises:
        GuideError: the translated page has no heading at that place.
    """
    name, sharp, anchor = link.partition("#")
    page = docs / language / name
    if language is Language.ENGLISH or not name.endswith(".md") or not page.is_file():
        return link
    if anchor:
        try:
            anchor = anchors(page)[anchors(docs / name).index(anchor)]
        except (IndexError, ValueError) as error:
            raise GuideError(f"{language}/{name} has no heading in the place of {link}") from error
    return f"{language}/{name}{sharp}{anchor}"


def link_on_page(language: Language, link: str) -> str:
    """Return the same, relative to the folder of the language's page.

    Raises:
        GuideError: as above.
    """
    if link.startswith("https://"):
        return link
    folder = "." if language is Language.ENGLISH else language
    path, sharp, anchor = link_in(language, link).partition("#")
    return f"{posixpath.relpath(path, folder)}{sharp}{anchor}"


def anchors(page: Path) -> list[str]:
    """Return the anchors of a page's headings, as GitHub makes them; what is in code blocks is no heading."""
    return [re.sub(r"[^\w\- ]", "", x.lower()).replace(" ", "-") for x in _headings(page.read_text())]


def _headings(text: str) -> Iterator[str]:
    fenced = False
    for line in text.splitlines():
        if line.startswith(_FENCE):
            fenced = not fenced
        elif not fenced and (found := re.match(r"#{1,6} (.+)", line)):
            yield found[1].strip()
