"""The published pages in a real browser: whole without a network, on a phone, in the dark, with charts.

Without a browser these tests fail: none of them is left out.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from pictures.__main__ import DIGEST, MOST_BYTES, SHOTS, digest_of
from pictures.browser import browser
from pictures.sample import published_file, published_pages, sample_orders, year_of_orders
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
    """Return pages of days with orders and without, of a file with a year, in both languages; the list of reports."""
    folder = tmp_path_factory.mktemp("pages")
    full, empty = published_pages(sample_orders()), published_pages([])
    year = year_of_orders()
    contents = {
        "full": full["sales.html"],
        "empty": empty["sales.html"],
        "index": full["index.html"],
        "japanese": published_pages(sample_orders(), LOCALE="ja")["sales.html"],
        "year": published_file("orders 2026.csv", year, TIME_ZONE="Europe/Berlin")["sales.html"],
        "year-japanese": published_file("orders 2026.csv", year, LOCALE="ja")["sales.html"],
    }
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


@pytest.mark.parametrize("name", ["full", "empty", "index", "year", "year-japanese"])
@pytest.mark.parametrize("colours", ["light", "dark"])
@pytest.mark.parametrize("width", [SMALL_PHONE, PHONE, DESKTOP])
def test_a_page_needs_nothing_else_and_fits(
    chromium: Browser, pages: dict[str, Path], name: str, colours: str, width: int
) -> None:
    """No request but for itself, no complaint, no scrolling sideways; wide tables scroll inside of themselves."""
    with opened(chromium, pages[name], width=width, color_scheme=colours) as tab:
        assert tab.evaluate("document.documentElement.scrollWidth") <= width
        assert tab.locator("h1").first.is_visible()


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
            charts = tab.locator("main[lang=en] .chart svg")
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
        assert tab.title() == "Sales on Sunday, November 22, 2026"
        assert tab.locator("svg").count() == 0


@pytest.mark.parametrize("name", ["full", "index"])
def test_it_is_readable_in_both_colours(chromium: Browser, pages: dict[str, Path], name: str) -> None:
    """Text and the charts' labels by WCAG's contrast of 4.5; in the dark the paper is dark."""
    papers = {}
    for colours in ("light", "dark"):
        with opened(chromium, pages[name], color_scheme=colours) as tab:
            papers[colours] = luminance(tab.evaluate("getComputedStyle(document.body).backgroundColor"))
            for selector in ("h1", ".soft, caption, th", "td", "a, summary, label", ".tiles small", "svg text"):
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


@pytest.mark.parametrize("name", ["full", "japanese", "year", "year-japanese"])
@pytest.mark.parametrize("width", [SMALL_PHONE, PHONE, DESKTOP])
def test_no_label_is_over_another_or_cut_off(chromium: Browser, pages: dict[str, Path], name: str, width: int) -> None:
    """Nor there twice: a day of hours, a year of days, amounts of three currencies, products in Japanese."""
    with opened(chromium, pages[name], width=width) as tab:
        axes = tab.evaluate(AXES)
        assert len(axes) == 2 * len(tab.locator(".chart svg:visible").all())
        for labels in axes:
            texts = [label["text"] for label in labels]
            assert len(set(texts)) == len(texts) > 0
            for label in labels:
                assert label["inside"], f"{label} is cut off"
            for one, other in pairwise(sorted(labels, key=lambda each: (each["left"], each["top"]))):
                apart = one["right"] <= other["left"] or one["bottom"] <= other["top"] or other["bottom"] <= one["top"]
                assert apart, f"{one['text']} and {other['text']} overlap"


AXES = """() => [...document.querySelectorAll(".chart .axis")]
  .filter(axis => axis.checkVisibility())
  .map(axis => [...axis.querySelectorAll("text")].map(text => {
    const box = text.getBoundingClientRect(), frame = text.ownerSVGElement.getBoundingClientRect();
    const inside = box.left >= frame.left && box.right <= frame.right + 1 && box.bottom <= frame.bottom;
    return {text: text.textContent, left: box.left, right: box.right, top: box.top, bottom: box.bottom, inside};
  }))"""


@pytest.mark.parametrize("name", ["full", "japanese"])
def test_a_day_is_two_sheets_of_paper_at_most(chromium: Browser, pages: dict[str, Path], name: str) -> None:
    """With all of its products and hours, which the screen folds; also for a reader with dark colours."""
    with opened(chromium, pages[name], color_scheme="dark") as tab:
        assert not tab.get_by_text("23:00").locator("visible=true").all()
        assert sheets(tab.pdf(format="A4")) <= 2
        tab.emulate_media(media="print")
        assert tab.locator("main:visible").count() == 1
        assert tab.locator("details th:visible", has_text="23:00").count() == 1
        assert tab.locator(".language + label:visible").count() == 0
        assert luminance(tab.evaluate("getComputedStyle(document.body).backgroundColor")) > 0.8


def sheets(document: bytes) -> int:
    """Return how many pages a PDF has."""
    return len(re.findall(rb"/Type\s*/Page\b", document))


def test_paper_has_every_day_and_product(chromium: Browser, pages: dict[str, Path]) -> None:
    """Of a year and of two thousand products, which the screen folds."""
    with opened(chromium, pages["year"]) as tab:
        assert tab.locator("main[lang=en] details[open]").count() == 0
        euro = tab.locator("main[lang=en] section", has_text="Euro (EUR)")
        assert euro.locator("summary").all_inner_texts() == [
            "The other 1,990 products",
            "All 365 days, and how revenue changed",
            "Every hour",
        ]
        seen = euro.locator("tbody tr:visible").count()
        tab.emulate_media(media="print")
        assert euro.locator("tbody tr:visible").count() == seen + 1990 + 365 + 24
        assert sheets(tab.pdf(format="A4")) > 20


def test_the_language_is_switched_without_a_script(chromium: Browser, pages: dict[str, Path]) -> None:
    """By mouse and by keyboard; the shop's is seen first."""
    with opened(chromium, pages["full"], java_script_enabled=False) as tab:
        assert tab.locator("h1:visible").inner_text() == "Sales on Sunday, November 22, 2026"
        tab.get_by_text("日本語").click()
        assert tab.locator("h1:visible").inner_text() == "売上日報 2026年11月22日(日)"
        tab.keyboard.press("ArrowLeft")
        assert tab.locator("h1:visible").inner_text() == "Sales on Sunday, November 22, 2026"


def test_the_pictures_show_the_page_as_it_is(pages: dict[str, Path]) -> None:
    """Take them anew with: uvx nox -s pictures."""
    assert DIGEST.read_text() == digest_of(pages["full"].read_bytes())
    shown = (REPOSITORY / "docs" / "batch.md").read_text()
    for shot in SHOTS:
        assert shot.path.read_bytes().startswith(b"\x89PNG")
        assert shot.path.stat().st_size <= MOST_BYTES
        assert f"](pictures/{shot.path.name})" in shown
