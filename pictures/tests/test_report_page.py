"""The published pages in a real browser: whole without a network, on a phone, in the dark, with charts.

Without a browser these tests fail: none of them is left out.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from pictures.__main__ import DIGEST, MOST_BYTES, SHOTS, digest_of
from pictures.browser import browser
from pictures.sample import published_pages, sample_orders
from playwright.sync_api import Browser, Page

from patterns_infra.paths import REPOSITORY

pytestmark = pytest.mark.integration

PHONE, SMALL_PHONE, DESKTOP = 390, 320, 1200
CHARTS = 4


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """Return the browser that there is."""
    with browser() as started:
        yield started


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Return the page of a day with orders, that of a day without, and the list of reports."""
    folder = tmp_path_factory.mktemp("pages")
    full, empty = published_pages(sample_orders()), published_pages([])
    contents = {"full": full["sales.html"], "empty": empty["sales.html"], "index": full["index.html"]}
    for name, content in contents.items():
        (folder / f"{name}.html").write_bytes(content)
    return {name: folder / f"{name}.html" for name in contents}


@contextmanager
def opened(chromium: Browser, path: Path, *, width: int = DESKTOP, **options: Any) -> Iterator[Page]:  # noqa: ANN401 - Playwright's
    """Open a page; everything that it asks for and complains of is an error."""
    context = chromium.new_context(viewport={"width": width, "height": 844}, **options)
    tab, wrong = context.new_page(), list[str]()
    tab.on("request", lambda request: wrong.append(f"requests {request.url}"))
    tab.on("console", lambda message: wrong.append(f"says {message.text}"))
    tab.on("pageerror", lambda error: wrong.append(f"fails with {error}"))
    tab.goto(path.as_uri(), wait_until="networkidle")
    yield tab
    context.close()
    assert wrong == [f"requests {path.as_uri()}"]


@pytest.mark.parametrize("name", ["full", "empty", "index"])
@pytest.mark.parametrize("colours", ["light", "dark"])
@pytest.mark.parametrize("width", [SMALL_PHONE, PHONE, DESKTOP])
def test_a_page_needs_nothing_else_and_fits(
    chromium: Browser, pages: dict[str, Path], name: str, colours: str, width: int
) -> None:
    """No request but for itself, no complaint, no scrolling sideways; wide tables scroll inside of themselves."""
    with opened(chromium, pages[name], width=width, color_scheme=colours) as tab:
        assert tab.evaluate("document.documentElement.scrollWidth") <= width
        assert tab.locator("h1").is_visible()


def test_requests_and_complaints_are_noticed(chromium: Browser, tmp_path: Path) -> None:
    """The check itself: a picture from elsewhere, and what a policy forbids."""
    path = tmp_path / "bad.html"
    path.write_text('<img src="http://127.0.0.1:9/x.png"><script>console.log("hello")</script>')
    with (
        pytest.raises(AssertionError, match=r"requests http://127\.0\.0\.1:9/x\.png"),
        opened(chromium, path),
    ):
        pass


def test_every_chart_is_drawn(chromium: Browser, pages: dict[str, Path]) -> None:
    """With bars that are not of no size, and room on a phone, too."""
    for width in (PHONE, DESKTOP):
        with opened(chromium, pages["full"], width=width) as tab:
            charts = tab.locator(".chart svg")
            assert charts.count() == CHARTS
            for chart in charts.all():
                box = chart.bounding_box()
                assert box
                assert box["width"] > width / 5
                assert box["height"] > 100
                bars = [bar.bounding_box() for bar in chart.locator("rect.rect").all()]
                assert any(bar and bar["width"] * bar["height"] > 50 for bar in bars)


def test_a_day_without_orders_says_so(chromium: Browser, pages: dict[str, Path]) -> None:
    """Instead of empty charts."""
    with opened(chromium, pages["empty"]) as tab:
        assert tab.get_by_text("No orders.").is_visible()
        assert tab.locator("svg").count() == 0


@pytest.mark.parametrize("name", ["full", "index"])
def test_it_is_readable_in_both_colours(chromium: Browser, pages: dict[str, Path], name: str) -> None:
    """Text and the charts' labels by WCAG's contrast of 4.5; in the dark the paper is dark."""
    papers = {}
    for colours in ("light", "dark"):
        with opened(chromium, pages[name], color_scheme=colours) as tab:
            papers[colours] = luminance(tab.evaluate("getComputedStyle(document.body).backgroundColor"))
            for selector in ("h1", ".soft, caption, th", "td", "a", ".tile small", "svg text"):
                for element in tab.locator(selector).all()[:5]:
                    ink, paper = element.evaluate(COLOURS)
                    assert contrast(ink, paper) >= 4.5, f"{selector} in {colours}: {ink} on {paper}"
    assert papers["light"] > 0.8
    assert papers["dark"] < 0.05


COLOURS = """element => {
  const see_through = "rgba(0, 0, 0, 0)";
  let below = element;
  while (below.parentElement && getComputedStyle(below).backgroundColor === see_through) below = below.parentElement;
  const style = getComputedStyle(element);
  return [element instanceof SVGElement ? style.fill : style.color, getComputedStyle(below).backgroundColor];
}"""


def luminance(colour: str) -> float:
    """Return the relative luminance of ``rgb(r, g, b)``, as WCAG 2 defines it."""
    channels = [int(part) / 255 for part in colour.removeprefix("rgb(").removesuffix(")").split(",")]
    red, green, blue = (x / 12.92 if x <= 0.04045 else ((x + 0.055) / 1.055) ** 2.4 for x in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(ink: str, paper: str) -> float:
    """Return the contrast of two colours, from 1 to 21."""
    dark, light = sorted((luminance(ink), luminance(paper)))
    return (light + 0.05) / (dark + 0.05)


def test_the_pictures_show_the_page_as_it_is(pages: dict[str, Path]) -> None:
    """Take them anew with: uvx nox -s pictures."""
    assert DIGEST.read_text() == digest_of(pages["full"].read_bytes())
    shown = (REPOSITORY / "docs" / "batch.md").read_text()
    for shot in SHOTS:
        assert shot.path.read_bytes().startswith(b"\x89PNG")
        assert shot.path.stat().st_size <= MOST_BYTES
        assert f"](pictures/{shot.path.name})" in shown
