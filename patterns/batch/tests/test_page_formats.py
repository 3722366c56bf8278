import re
from dataclasses import fields
from datetime import UTC, date, datetime

import pytest

from patterns_batch.page.english import ENGLISH
from patterns_batch.page.formats import Formats
from patterns_batch.page.japanese import JAPANESE
from patterns_batch.page.languages import languages
from patterns_batch.page.visible import named, visible

SUNDAY = date(2026, 11, 22)
NO_BREAK, MINUS = "\u00a0", "\u2212"


@pytest.mark.parametrize(
    ("locale", "amount", "currency", "shown"),
    [
        ("en", 123450, "EUR", "€1,234.50"),
        ("en", 123450, "JPY", "¥123,450"),
        ("en", 1234500, "KWD", f"KWD{NO_BREAK}1,234.500"),
        ("en", 5, "BHD", f"BHD{NO_BREAK}0.005"),
        ("en", -5, "EUR", f"{MINUS}€0.05"),
        ("en", 0, "CLF", f"CLF{NO_BREAK}0.0000"),
        ("en", 123, "XXY", f"XXY{NO_BREAK}1.23"),
        ("en", 10**18 + 1, "EUR", "€10,000,000,000,000,000.01"),
        ("en-GB", 123450, "GBP", "£1,234.50"),
        ("en-DE", 123450, "EUR", f"1.234,50{NO_BREAK}€"),
        ("en-IN", 1234567890, "INR", "₹1,23,45,678.90"),
        ("ja", 123450, "JPY", "\uffe5123,450"),
        ("ja", 1234500, "KWD", f"KWD{NO_BREAK}1,234.500"),
        ("en-XX", 123450, "EUR", "€1,234.50"),
    ],
)
def test_money_is_written_as_the_locale_has_it(locale: str, amount: int, currency: str, shown: str) -> None:
    """No float on the way; a region that is not known leaves its language."""
    assert Formats(locale).money(amount, currency) == shown


@pytest.mark.parametrize("currency", ["IQD", "LYD", "JOD", "KRW", "ISK", "UYW"])
def test_decimals_are_those_of_the_minor_unit(currency: str) -> None:
    """By ISO 4217, in which the data's amounts are; CLDR has other decimals for some, and 1.000 IQD is no 1,000."""
    digits = {"IQD": 3, "LYD": 3, "JOD": 3, "KRW": 0, "ISK": 0, "UYW": 4}[currency]
    assert Formats("en").amount(10**digits, currency) == ("1." + "0" * digits).rstrip(".")


@pytest.mark.parametrize(
    ("now", "before", "shown"),
    [
        (1125, 1000, "+12.5%"),
        (1000, 3000, f"{MINUS}66.7%"),
        (1000, 1000, "±0.0%"),
        (0, 0, "±0.0%"),
        (5, 0, "from 0"),
        (5, None, "\u2013"),
        (20_000_000, 1, "+1,999,999,900.0%"),
    ],
)
def test_a_change_is_a_percentage_where_there_is_one(now: int, before: int | None, shown: str) -> None:
    """From nothing there is none."""
    assert languages("en")[0].change(now, before) == shown


def test_a_share_of_nothing_is_nothing() -> None:
    """A currency may have returns alone; percent signs stand where the locale has them."""
    assert [Formats("en").share(*parts) for parts in ((0, 0), (1, 3))] == ["0.0%", "33.3%"]
    assert Formats("en-DE").share(1, 3) == f"33,3{NO_BREAK}%"


def test_days_are_words_of_the_language() -> None:
    """With their weekday; a period is as short as the language has it."""
    english, british, japanese = Formats("en"), Formats("en-GB"), Formats("ja")
    assert english.day(SUNDAY) == "Sunday, November 22, 2026"
    assert british.day(SUNDAY) == "Sunday, 22 November 2026"
    assert japanese.day(SUNDAY) == "2026年11月22日(日)"
    assert english.period(date(2026, 11, 1), SUNDAY).replace("\u2009", " ") == "Nov 1 \u2013 22, 2026"
    assert english.period(SUNDAY, SUNDAY) == "Sunday, November 22, 2026"
    assert japanese.period(date(2026, 11, 1), SUNDAY) == "2026年11月1日\uff5e22日"
    assert (english.month(SUNDAY), japanese.month(SUNDAY)) == ("November 2026", "2026年11月")


def test_a_moment_is_by_the_clocks_of_the_shop() -> None:
    """Here the day after."""
    moment = datetime(2026, 11, 22, 23, 59, tzinfo=UTC)
    assert Formats("ja").moment(moment, "Asia/Tokyo") == "2026年11月23日 8:59"
    assert Formats("en-GB").moment(moment, "Europe/Berlin") == "23 Nov 2026 00:59"


@pytest.mark.parametrize(("locale", "order"), [("en", ["en", "ja"]), ("en-GB", ["en", "ja"]), ("ja", ["ja", "en"])])
def test_the_shop_s_language_comes_first(locale: str, order: list[str]) -> None:
    """The other one follows."""
    assert [language.code for language in languages(locale)] == order


def test_each_language_says_the_same() -> None:
    """Every text has the same places for figures and names."""

    def places(text: object) -> list[str]:
        return sorted(re.findall(r"\{\w+\}", str(text)))

    for name in (field.name for field in fields(ENGLISH)):
        english, japanese = getattr(ENGLISH, name), getattr(JAPANESE, name)
        if isinstance(english, tuple):
            assert places(english[1]) == places(japanese[1]), name
        else:
            assert places(english) == places(japanese), name
    assert ENGLISH.statuses.keys() == JAPANESE.statuses.keys()


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("TEA-ASSAM", "TEA-ASSAM"),
        ("煎茶 一番摘み", "煎茶 一番摘み"),
        ("a\u202egpj.exe", "a\ufffdgpj.exe"),
        ("a\x00b\nc\u2028d\u200be", "a\ufffdb\ufffdc\ufffdd\ufffde"),
        ("👩\u200d🍳", "👩\u200d🍳"),
    ],
)
def test_a_name_shows_what_is_in_it(name: str, shown: str) -> None:
    """Also what would turn the text around it, or not be seen."""
    assert visible(name) == shown


def test_a_name_is_no_markup() -> None:
    """And its direction ends with it."""
    assert named("<b>&\"'") == "<bdi>&lt;b&gt;&amp;&quot;&#x27;</bdi>"
