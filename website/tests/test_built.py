from pathlib import Path

import pytest
from website.built import problems_of


@pytest.mark.parametrize(
    "text",
    [
        '<script src="https://cdn.example.com/a.js"></script>',
        '<img src="//cdn.example.com/a.png">',
        '<img srcset="here.html 1x, http://cdn.example.com/a.png 2x">',
        '<link rel="stylesheet" href="https://cdn.example.com/a.css">',
        '<link rel="preconnect" href="https://cdn.example.com">',
        '<iframe src="https://cdn.example.com/"></iframe>',
        '<p style="background: url(https://cdn.example.com/a.png)">',
        "<style>@import 'https://cdn.example.com/a.css';</style>",
    ],
)
def test_what_a_browser_would_load_from_elsewhere_is_found(tmp_path: Path, text: str) -> None:
    """Scripts, pictures, styles, frames, in tags and in styles."""
    (tmp_path / "here.html").write_text(f"<p>\n{text}")
    (problem,) = problems_of(tmp_path)
    assert problem.startswith("here.html:2: ")
    assert problem.endswith("is loaded from elsewhere")


def test_a_font_of_a_style_sheet_is_found(tmp_path: Path) -> None:
    """A CSS file loads, too."""
    (tmp_path / "a.css").write_text('@font-face { src: url("https://cdn.example.com/a.woff2") }')
    assert problems_of(tmp_path) == ["a.css:1: https://cdn.example.com/a.woff2 is loaded from elsewhere"]


@pytest.mark.parametrize(
    "text",
    [
        '<a href="https://example.com/">',
        '<link rel="canonical" href="https://example.com/">',
        '<a href="here.html#part">',
        '<a href="#part">',
        '<a href="/here.html">',
        '<img src="data:image/png;base64,AAAA">',
        '<svg xmlns="http://www.w3.org/2000/svg"></svg>',
    ],
)
def test_a_link_that_a_reader_follows_is_fine(tmp_path: Path, text: str) -> None:
    """And so is what is in the page or the site itself."""
    (tmp_path / "here.html").write_text(text)
    assert not problems_of(tmp_path)


def test_a_link_within_the_site_that_leads_to_nothing_is_found(tmp_path: Path) -> None:
    """In a page or in the theme."""
    (tmp_path / "here.html").write_text('<a href="there.html#part">')
    assert problems_of(tmp_path) == ["here.html:1: there.html#part leads to nothing"]
