import pytest
from website.links import links_of


def test_links_and_pictures_are_found_with_their_lines() -> None:
    """Without their anchors and titles."""
    text = 'See [a](docs/a.md#part) and\n![b](../b.svg)\n\n[c](c.py "title")\n'
    assert [(link.line, link.path) for link in links_of(text)] == [(1, "docs/a.md"), (2, "../b.svg"), (4, "c.py")]
    assert [text[link.start : link.end] for link in links_of(text)] == ["docs/a.md", "../b.svg", "c.py"]


@pytest.mark.parametrize(
    "text",
    [
        "[a](https://example.com/a.md)",
        "[a](mailto:someone@example.com)",
        "[a](#part)",
        "`[a](b.md)`",
        "``a ` [a](b.md)``",
        "```python\n[a](b.md)\n```",
        "1. x\n\n   ```python\n   [a](b.md)\n   ```\n",
        "````markdown\n```\n[a](b.md)\n```\n````",
    ],
)
def test_what_leads_to_no_file_is_passed_over(text: str) -> None:
    """Addresses, anchors of the page itself, code."""
    assert not list(links_of(text))
