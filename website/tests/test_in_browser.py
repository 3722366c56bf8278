"""The built site as a reader has it, in Chromium, from an HTTP server of this machine."""

import functools
import threading
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest
from pictures.browser import browser
from playwright.sync_api import Browser, Page
from website.building import REPOSITORY, build

pytestmark = pytest.mark.integration
DIAGRAMS = {
    f"docs/{path.stem}": count
    for path in sorted((REPOSITORY / "docs").glob("*.md"))
    if (count := path.read_text().count("```mermaid\n"))
}


class _Silent(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the site."""
    folder = build(REPOSITORY, tmp_path_factory.mktemp("site"))
    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(_Silent, directory=str(folder)))
    with server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """A browser."""
    with browser() as started:
        yield started


@pytest.fixture
def page(chromium: Browser, site: str) -> Iterator[Page]:
    """A page of the browser; the test fails if it asks for an address that is not the site's."""
    opened = chromium.new_page()
    asked: list[str] = []
    opened.on("request", lambda request: asked.append(request.url))
    yield opened
    opened.close()
    assert not [address for address in asked if not address.startswith((site, "data:", "blob:"))]


@pytest.mark.parametrize("name", DIAGRAMS)
def test_every_diagram_is_drawn(page: Page, site: str, name: str) -> None:
    """By the site's own script, which the page fetches itself."""
    page.goto(f"{site}/{name}.html")
    drawn = page.locator("div.mermaid")
    drawn.nth(DIAGRAMS[name] - 1).wait_for()
    assert drawn.count() == DIAGRAMS[name]
    heights = drawn.evaluate_all("all => all.map(each => each.getBoundingClientRect().height)")
    assert min(heights) > 50


def test_the_search_finds_a_word(page: Page, site: str) -> None:
    """In the text of another page."""
    assert _found(page, site, "redrive", "docs/operating.html")


@pytest.mark.parametrize("word", ["デッドレターキュー", "コンテナ"])
def test_the_search_finds_a_japanese_word(page: Page, site: str, word: str) -> None:
    """Within a sentence, which has no spaces; asked from an English page."""
    assert _found(page, site, word, "docs/ja/")


def test_each_language_leads_to_the_other(page: Page, site: str) -> None:
    """To the same page where it is translated, else to the first one; a page says which language it is in."""
    page.goto(f"{site}/docs/batch.html")
    page.get_by_role("link", name="日本語").and_(page.locator(".language")).click()
    assert page.url == f"{site}/docs/ja/batch.html"
    assert page.locator("html").get_attribute("lang") == "ja"

    page.locator(".language").click()
    assert page.url == f"{site}/docs/batch.html"
    assert page.locator("html").get_attribute("lang") == "en"

    page.goto(f"{site}/docs/local.html")
    page.locator(".language").click()
    assert page.url == f"{site}/docs/ja/index.html"


def _found(page: Page, site: str, word: str, address: str) -> bool:
    """Tell whether the search shows a link to this page."""
    page.goto(f"{site}/index.html")
    page.locator(".md-search__button").click()
    page.keyboard.type(word)
    page.locator(f"a[href*='{address}']").filter(has_text=word).first.wait_for()
    return True
