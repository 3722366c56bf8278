import re
from datetime import date
from html.parser import HTMLParser
from typing import Any

import pytest

from patterns_batch.errors import BadInput
from patterns_batch.page.html import render
from patterns_batch.settings import Settings
from patterns_batch.testing import csv_of, lines_of, make_orders
from patterns_batch.testing.report_documents import currency, days, figures, of_day, of_file

DAY = date(2026, 11, 22)
World = Any
HOSTILE = "</title><script>alert(1)</script><img src=x onerror=alert(1)>\"'&amp;\u202e\x00"


class Outline(HTMLParser):
    """The elements of a page, and the text of each that has some."""

    def __init__(self, page: str) -> None:
        """Read a page."""
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.texts: list[tuple[str, str]] = []
        self._within: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element."""
        self.tags.append(tag)
        self.attributes += attrs
        self._within.append(tag)

    def handle_data(self, data: str) -> None:
        """Note a text."""
        if data.strip():
            self.texts.append((self._within[-1], data.strip()))

    def of(self, tag: str) -> list[str]:
        """Return the texts that come right behind such an element."""
        return [text for within, text in self.texts if within == tag]


@pytest.mark.parametrize(
    ("locale", "title", "headings"),
    [
        (
            "en",
            "Sales on Sunday, November 22, 2026",
            ["Sales on Sunday, November 22, 2026", "売上日報 2026年11月22日(日)"],
        ),
        (
            "en-GB",
            "Sales on Sunday, 22 November 2026",
            ["Sales on Sunday, 22 November 2026", "売上日報 2026年11月22日(日)"],
        ),
        ("ja", "売上日報 2026年11月22日(日)", ["売上日報 2026年11月22日(日)", "Sales on Sunday, November 22, 2026"]),
    ],
)
def test_a_day_s_title_is_the_day_in_words(locale: str, title: str, headings: list[str]) -> None:
    """With its weekday, in the shop's language; the other language's is in the page, too."""
    page = render(of_day(DAY, currency("EUR", [DAY], ["A"], compared=True)), locale)
    outline = Outline(page)
    assert outline.of("title")[0] == title
    assert outline.of("h1") == headings
    langs = [value for name, value in outline.attributes if name == "lang"]
    assert langs[0] == locale
    assert {langs[0], *langs[3:]} == {"en" if locale == "ja" else locale, "ja"}
    assert re.findall(r'id="in-(\w+)" checked', page) == [locale[:2]]


def test_a_file_s_title_is_its_name_and_period() -> None:
    """And not its address, which is below."""
    outline = Outline(render(of_file("orders 2025.csv", currency("EUR", days(365), ["A"]))))
    assert outline.of("title")[0].replace("\u2009", " ") == "Sales from orders 2025.csv, Jan 1 \u2013 Dec 31, 2025"
    assert [text for tag, text in outline.texts if tag == "bdi"][:2] == [
        "orders 2025.csv",
        "s3://inbox/exports/orders 2025.csv",
    ]
    assert "· 365 days with orders" in [text for _, text in outline.texts]


def test_a_folder_of_files_is_named_by_itself() -> None:
    """Its address ends with a slash."""
    title = Outline(render(of_file("november/", currency("EUR", days(1), ["A"])))).of("title")
    assert title[0] == "Sales from november, Wednesday, January 1, 2025"


@pytest.mark.parametrize(("count", "listed"), [(2, 2), (10_000, 200)])
def test_the_files_of_a_list_are_named(count: int, listed: int) -> None:
    """With their addresses, folded; of a very long list the first ones."""
    document = of_file("november/", currency("EUR", days(1), ["A"]))
    document["files"] = [f"s3://inbox/november/{number:05}<b>.csv" for number in range(count)]
    english, japanese = render(document).split("<main")[1:]
    assert f"<summary>{count:,} files</summary>" in english
    assert f"<summary>{count:,}ファイル</summary>" in japanese
    assert english.count("&lt;b&gt;.csv</bdi>") == listed
    assert ("Another 9,800 are not listed here; sales.json" in english) == (count > listed)


def test_a_file_that_has_no_order_has_no_period() -> None:
    """Returns alone have no days."""
    only_returns = currency("USD", [], [])
    only_returns["hours"] = only_returns["top_customers"] = []
    only_returns["returns"] = {
        "lines": 1,
        "units": 1,
        "amount": 700,
        "products": [{"sku": "A", "lines": 1, "units": 1, "amount": 700}],
    }
    outline = Outline(render(of_file("returns.csv", {**only_returns, **figures(0)})))
    assert outline.of("title")[0] == "Sales from returns.csv"
    assert "$7.00" in outline.of("dd")


@pytest.mark.parametrize("count", [2, 7, 8, 63, 500])
def test_every_day_s_figures_are_in_the_page(count: int) -> None:
    """In a table next to the chart, or in a folded one."""
    page = render(of_file("orders.csv", currency("EUR", days(count), ["A"])))
    english, _ = page.split("<main")[1:]
    shown = re.findall(r'<th scope="row"><bdi>\w{3}, (\w{3} \d+, \d{4})</bdi>', english)
    assert len(shown) == len(set(shown)) == count
    assert ("<details" in english.split("All ")[0].rpartition("\n")[2]) == (count > 7)


@pytest.mark.parametrize(("count", "listed", "folded"), [(1, 1, 0), (15, 15, 0), (16, 16, 6), (2100, 2000, 1990)])
def test_products_have_their_top_shown_and_the_rest_folded(count: int, listed: int, folded: int) -> None:
    """What is left out of a very long one is said, with the file that has it."""
    page = render(of_file("orders.csv", currency("EUR", days(1), [f"SKU-{number:04}" for number in range(count)])))
    english, japanese = page.split("<main")[1:]
    for text in (english, japanese):
        assert len(re.findall(r"<bdi>SKU-\d{4}</bdi>", text)) == listed
    found = re.search(r"<summary>The other ([\d,]+) products</summary>", english)
    assert (int(found[1].replace(",", "")) if found else 0) == folded
    assert (f"残りの{folded:,}品" in japanese) == bool(folded)
    assert (f"The first 10 of {count:,} products" in english) == bool(folded)
    assert ("Another 100 are not listed here; products.parquet" in english) == (count > listed)


@pytest.mark.parametrize("locale", ["en", "ja"])
def test_names_of_others_are_text_wherever_they_stand(locale: str) -> None:
    """A product's, a file's: in the title, headings, charts, tables, links."""
    document = of_file(HOSTILE, currency("EUR", days(9), [HOSTILE, "A" * 128]))
    document["currencies"][0]["days"] = document["currencies"][0]["days"][:2]
    document["previous"] = {"report": f"input={HOSTILE}", "page": f"reports/{HOSTILE}/sales.html"}
    document["rows"]["rejected"] = 3
    document["currencies"][0]["returns"] = {
        "lines": 1,
        "units": 1,
        "amount": 1,
        "products": [{"sku": HOSTILE, "lines": 1, "units": 1, "amount": 1}],
    }
    page = render(document, locale)
    outline = Outline(page)
    assert not {"script", "img"} & set(outline.tags)
    assert outline.tags.count("title") == 1 + sum(tag == "title" for tag in outline.tags[outline.tags.index("body") :])
    assert not [name for name, _ in outline.attributes if name.startswith("on")]
    assert "\u202e" not in page
    assert "\x00" not in page


def test_a_page_has_nothing_of_elsewhere_and_no_script() -> None:
    """Its policy allows neither."""
    page = render(of_day(DAY, currency("EUR", [DAY], ["A"], compared=True)))
    assert "default-src 'none';style-src 'unsafe-inline'" in page
    assert not re.search(r"<script|javascript:|(src|href)=\"(https?:)?//|@import|url\(", page)


def test_tables_say_what_their_cells_are_of() -> None:
    """Columns and rows have headings, and each table a name."""
    page = render(of_file("orders.csv", currency("EUR", days(90), [f"P{number}" for number in range(30)])))
    for table in re.findall(
        r'<div class="wide" role="region" aria-label="[^"]+" tabindex="0">(.*?)</table>', page, re.DOTALL
    ):
        assert re.findall(r'<th scope="col"', table)
        rows = table.partition("<tbody>")[2].count("<tr>")
        assert table.count('<th scope="row">') == rows > 0
    assert page.count("<table") == page.count('class="wide" role="region"')


def test_a_day_of_changed_clocks_says_so() -> None:
    """The hour that was left out has no bar; the one that came twice is one."""
    for day, sentence, bars in (
        (date(2026, 3, 29), "there was no hour from 02:00", 23),
        (date(2026, 10, 25), "the hour from 02:00 lasted 120 minutes", 24),
        (DAY, "", 24),
    ):
        english = render(of_day(day, currency("EUR", [day], ["A"], compared=True), zone="Europe/Berlin")).split(
            "<main"
        )[1]
        assert (f"The clocks changed on this day: {sentence}" in english) == bool(sentence)
        chart = english.partition("Revenue by hour, EUR</figcaption>")[2].partition("</svg>")[0]
        assert chart.count('class="bar"') == bars


def test_money_has_the_minor_units_of_each_currency() -> None:
    """On one page, in both languages."""
    page = render(of_day(DAY, *(currency(code, [DAY], ["A"], compared=True) for code in ("BHD", "EUR", "JPY"))))
    english, japanese = page.split("<main")[1:]
    for amount in ("BHD\u00a01.125", "€11.25", "¥1,125"):
        assert f"<dd>{amount}</dd>" in english
    for amount in ("BHD\u00a01.125", "€11.25", "\uffe51,125"):
        assert f"<dd>{amount}</dd>" in japanese
    assert "+12.5% vs. the day before" in english
    assert "前日比 +12.5%" in japanese


@pytest.mark.parametrize("locale", ["de", "en_GB", "en-gb", "ja-", "../en"])
def test_a_locale_without_words_is_a_wrong_setting(locale: str) -> None:
    """Said when a step starts."""
    names = {"STAGE": "x", "REPORT_BUCKET": "b", "PSEUDONYM_SECRET_ARN": "s"}
    with pytest.raises(BadInput, match="LOCALE must be en or ja, with a region if need be, such as en-GB"):
        Settings.from_environment({**names, "LOCALE": locale})


def test_the_locale_is_that_of_the_plan(world: World) -> None:
    """A retry after a deployment with another one gives the same page."""
    world.set(locale="ja", reject_share=1.0)
    world.drop("orders.csv", csv_of(lines_of(make_orders(20, day=DAY))))
    manifest = world.plan("orders.csv")
    world.set(locale="en")
    world.merge(manifest)
    assert world.files()["sales.html"].startswith(b'<!doctype html>\n<html lang="ja">')
