"""Amounts for people to read."""

from types import MappingProxyType

__all__ = ["UNUSUAL_DIGITS", "format_money"]

# ISO 4217, the currencies whose minor unit is not a hundredth: https://www.iso.org/iso-4217-currency-codes.html
UNUSUAL_DIGITS = MappingProxyType(
    dict.fromkeys(("BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF"), 0)
    | dict.fromkeys(("UGX", "UYI", "VND", "VUV", "XAF", "XOF", "XPF"), 0)
    | dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3)
    | dict.fromkeys(("CLF", "UYW"), 4)
)
"""How many decimals an amount has in the currencies where that is not two."""


def format_money(amount: int, currency: str) -> str:
    """Return an amount in minor units as ``1234.50 EUR``: no sign of one language, no grouping to misread."""
    digits = UNUSUAL_DIGITS.get(currency, 2)
    if not digits:
        return f"{amount} {currency}"
    major, minor = divmod(abs(amount), 10**digits)
    return f"{'-' if amount < 0 else ''}{major}.{minor:0{digits}} {currency}"
