"""Figures and dates as a reader's locale has them, by Babel from CLDR. Money stays in whole numbers up to here."""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from babel import Locale, localedata
from babel.dates import format_date, format_interval, format_skeleton, format_time
from babel.numbers import (
    NumberPattern,
    format_compact_decimal,
    get_currency_name,
    get_currency_symbol,
    parse_pattern,
)

from patterns_shared.domain.money import UNUSUAL_DIGITS

__all__ = ["Formats", "minor_digits"]

_NOTHING, _MINUS, _NO_BREAK = "\u2013", "\u2212", "\u00a0"
_COMPACT_FROM = 10_000
"""From here on an axis has ``15K`` or ``1.5万`` instead of all digits."""


def minor_digits(currency: str) -> int:
    """Return how many decimals an amount has, by ISO 4217.

    CLDR's own number is how shops like to write prices (no decimals for IQD, say), which is not what a minor unit is.
    """
    return UNUSUAL_DIGITS.get(currency, 2)


class Formats:
    """Writes figures and dates for one locale."""

    def __init__(self, tag: str) -> None:
        """Take a BCP 47 tag, such as ``en-GB``; a region that CLDR does not know leaves the language alone."""
        name = tag.replace("-", "_")
        self._locale = Locale.parse(name if localedata.exists(name) else name.partition("_")[0])
        self._patterns: dict[int, NumberPattern] = {}

    @property
    def tag(self) -> str:
        """The BCP 47 tag that is used."""
        return str(self._locale).replace("_", "-")

    def whole(self, number: int) -> str:
        """Return a whole number with its groups of digits."""
        return self._number(Decimal(number), 0)

    def money(self, amount: int, currency: str) -> str:
        """Return an amount in minor units with its currency, such as ``€1,234.50``."""
        symbol = get_currency_symbol(currency, self._locale)
        number = self._number(Decimal(abs(amount)).scaleb(-minor_digits(currency)), minor_digits(currency))
        before = self._locale.currency_formats["standard"].pattern.startswith("¤")
        # CLDR's rule of spacing, which Babel leaves out: letters do not touch digits.
        space = _NO_BREAK if symbol[-1 if before else 0].isalpha() or not before else ""
        written = f"{symbol}{space}{number}" if before else f"{number}{space}{symbol}"
        return f"{_MINUS if amount < 0 else ''}{written}"

    def amount(self, amount: int, currency: str) -> str:
        """Return an amount in minor units without its currency, for a column that names it."""
        return self._number(Decimal(amount).scaleb(-minor_digits(currency)), minor_digits(currency))

    def currency(self, code: str) -> str:
        """Return a currency's name and code, such as ``Euro (EUR)``; the code alone where it has no name."""
        name = get_currency_name(code, locale=self._locale)
        return code if name == code else f"{name[0].upper()}{name[1:]} ({code})"

    def axis(self, ticks: Sequence[int], digits: int = 0) -> list[str]:
        """Return the labels of an axis whose ticks are whole numbers in units of ``10 ** -digits``; no two are equal.

        The ticks are multiples of a step whose first digit is 1, 2 or 5, and there are at most six.
        """
        amounts = [Decimal(tick).scaleb(-digits) for tick in ticks]
        if max(amounts) >= _COMPACT_FROM:
            return [format_compact_decimal(each, locale=self._locale, fraction_digits=2) for each in amounts]
        whole = all(each == each.to_integral_value() for each in amounts)
        return [self._number(each, 0 if whole else digits) for each in amounts]

    def change(self, now: int, before: int | None, from_nothing: str) -> str:
        """Return how much a figure changed, such as ``+12.5%``; a dash when there is nothing to compare with."""
        if before is None:
            return _NOTHING
        if not before:
            return from_nothing if now else self._percent(0, "±")
        # Tenths of a percent in whole numbers, halves away from zero: no float decides what is shown.
        tenths = (abs(now - before) * 2000 + before) // (2 * before)
        return self._percent(tenths, "±" if not tenths else "+" if now > before else _MINUS)

    def share(self, part: int, whole: int) -> str:
        """Return a share, such as ``5.0%``."""
        return self._percent((part * 2000 + whole) // (2 * whole) if whole else 0)

    def day(self, day: date) -> str:
        """Return a day with its weekday, such as ``Sunday, November 22, 2026``."""
        # "Full" has the weekday as a word of its own, which Japanese reports put in parentheses.
        japanese = self._locale.language == "ja"
        return self.day_in_table(day) if japanese else format_date(day, "full", locale=self._locale)

    def day_in_table(self, day: date) -> str:
        """Return a day with its weekday, short: ``Sun, Nov 22, 2026``."""
        return self._day("yMMMEd", day)

    def day_on_axis(self, day: date) -> str:
        """Return a day without its year: ``Nov 22``."""
        return self._day("MMMd", day)

    def month(self, day: date) -> str:
        """Return the month and year: ``November 2026``."""
        return self._day("yMMMM", day)

    def month_alone(self, day: date) -> str:
        """Return the month without its year: ``November``."""
        return format_date(day, "LLLL", locale=self._locale)

    def month_on_axis(self, day: date, *, year: bool) -> str:
        """Return the month, short: ``Nov``, or ``Nov 2026``."""
        return self._day("yMMM" if year else "MMM", day)

    def year(self, day: date) -> str:
        """Return the year: ``2026``."""
        return self._day("y", day)

    def period(self, first: date, last: date) -> str:
        """Return a period of days as short as the locale has it; a single day with its weekday."""
        if first == last:
            return self.day(first)
        return str(format_interval(first, last, "yMMMd", locale=self._locale))

    def moment(self, moment: datetime, zone: str) -> str:
        """Return a moment by the clocks of a zone: ``Nov 22, 2026 4:05 AM``."""
        local = moment.astimezone(ZoneInfo(zone))
        return f"{self._day('yMMMd', local)} {format_time(local, 'short', locale=self._locale)}"

    def hour(self, hour: int) -> str:
        """Return when an hour of the day begins: ``05:00``."""
        return f"{hour:02}:00"

    def _day(self, skeleton: str, day: date) -> str:
        return str(format_skeleton(skeleton, day, locale=self._locale))

    def _number(self, number: Decimal, decimals: int) -> str:
        # Parsed once: a page has tens of thousands of figures.
        if decimals not in self._patterns:
            whole = self._locale.decimal_formats[None].pattern.partition(".")[0]
            self._patterns[decimals] = parse_pattern(f"{whole}.{'0' * decimals}" if decimals else whole)
        return str(self._patterns[decimals].apply(number, self._locale)).replace("-", _MINUS)

    def _percent(self, tenths: int, sign: str = "") -> str:
        # CLDR has a space between number and sign in some regions.
        space = self._locale.percent_formats[None].pattern.partition("0%")[1]
        gap = "" if space else _NO_BREAK
        return f"{sign}{self._number(Decimal(tenths).scaleb(-1), 1)}{gap}%"
