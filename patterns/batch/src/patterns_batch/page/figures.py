"""Figures for people: money, changes, shares, whole numbers in groups of three."""

from typing import Any

from patterns_shared.domain.money import format_money

__all__ = ["change", "grouped", "money", "share", "short_money"]

_NOTHING, _MINUS = "\u2013", "\u2212"
_THIN = "\u202f"
"""A narrow space that does not break: groups of digits without a comma or a dot to misread."""


def grouped(number: int) -> str:
    """Return a whole number with its digits in groups of three."""
    return f"{number:,}".replace(",", _THIN)


def money(amount: int, currency: str) -> str:
    """Return an amount in minor units, such as ``1 234.50 EUR``."""
    number, _, code = format_money(amount, currency).partition(" ")
    whole, dot, rest = number.partition(".")
    return f"{grouped(int(whole)) if whole != '-0' else whole}{dot}{rest} {code}"


def short_money(amount: int, currency: str) -> str:
    """Return an amount for an axis: whole units, thousands as k, millions as M; without the currency."""
    number = format_money(abs(amount), currency).partition(" ")[0]
    units, sign = int(number.partition(".")[0]), "-" if amount < 0 else ""
    for size, letter in ((1_000_000_000, "G"), (1_000_000, "M"), (1_000, "k")):
        if units >= 10 * size:
            return f"{sign}{grouped(units // size)} {letter}"
    return f"{sign}{number}" if units == 0 and int(number.replace(".", "")) else f"{sign}{grouped(units)}"


def change(now: int, then: dict[str, Any] | None, name: str) -> str:
    """Return how much a figure changed, such as ``+12.5 %``; a dash when there is nothing to compare with."""
    if then is None:
        return _NOTHING
    before = int(then[name])
    if not before:
        return "±0 %" if not now else "new"
    # Tenths of a percent in whole numbers, halves away from zero: no float decides what is shown.
    tenths = (abs(now - before) * 2000 + before) // (2 * before)
    sign = "±" if not tenths else "+" if now > before else _MINUS
    return f"{sign}{grouped(tenths // 10)}.{tenths % 10} %"


def share(part: int, whole: int) -> str:
    """Return a share, such as ``5.0 %``."""
    tenths = (part * 2000 + whole) // (2 * whole) if whole else 0
    return f"{tenths // 10}.{tenths % 10} %"
