"""The generator reads Markdown by other rules than GitHub: what differs would be a list or a block lost on the site."""

import re
import tomllib
from pathlib import Path

import markdown
import pytest
from markdown_it import MarkdownIt
from website.building import REPOSITORY
from website.configuration import OWN

PAGES = sorted([*REPOSITORY.glob("*.md"), *REPOSITORY.glob("docs/**/*.md"), *REPOSITORY.glob("*/*/README.md")])
_TAGS = re.compile(r"</?(?:li|ul|ol|table|tr|td|th|h\d|a|img|strong|em|blockquote|pre|code)\b")
_LINE_ANCHOR = re.compile(r'<a [^>]*id="[^>]*></a>')


@pytest.mark.parametrize("page", PAGES, ids=[str(page.relative_to(REPOSITORY)) for page in PAGES])
def test_a_page_has_the_same_parts_as_on_github(page: Path) -> None:
    """The same lists, tables, code and links, in the same order and depth."""
    settings = tomllib.loads((OWN / "zensical.toml").read_text())["project"]["markdown_extensions"]
    del settings["toc"]  # anchors are no difference
    settings["pymdownx.superfences"] = {}
    text = page.read_text()
    ours = markdown.markdown(text, extensions=list(settings), extension_configs=settings)
    theirs = MarkdownIt("gfm-like", {"linkify": False}).render(text)
    assert _TAGS.findall(_LINE_ANCHOR.sub("", ours)) == _TAGS.findall(theirs)
