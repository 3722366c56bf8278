"""Prices in minor units, out of texts and decimals: 690 cents, or 6.90 with as many decimals as the currency has.

A price that could be either is none: ``690.0`` is 690 cents to a program that knows floating point only, and 690 euros
to a person; ``6.9`` has lost a digit, or is no price.
"""

from patterns_shared.domain.money import UNUSUAL_DIGITS

__all__ = [
    "HINT",
    "PRICES",
    "decimal_price",
    "decimal_problem",
    "is_major",
    "is_plain_whole",
    "text_price",
    "text_problem",
]

PRICES = ("auto", "minor", "major")
"""How prices are written: in minor units or with decimals, told by each; all in minor units; all in major units."""
HINT = {
    "auto": "must be in minor units (cents), such as 690, or have the decimals of its currency, such as 6.90",
    "minor": "must be a whole number of minor units (cents), such as 690",
    "major": "must be an amount with no more decimals than its currency has, such as 6.90",
}
_THOUSANDS = "'[+-]?[0-9]+([.,][0-9]{3})+([.,][0-9]+)?'"
_MAY_BE_THOUSANDS = "; three digits behind a dot or a comma may be decimals or thousands"
_WHOLE = "'[+-]?[0-9]{1,15}'"
_LARGEST_WHOLE = 10**15 - 1
# Three zeros behind a dot may be thousands: 15.000 is fifteen thousand in Vietnam.
_ZEROS = r"'[+-]?[0-9]{1,15}\.(0{0,2}|0{4,})'"
_DECIMALS = "'[+-]?[0-9]{1,12}[.,][0-9]{1,4}'"


def _digits() -> str:
    by_digits: dict[int, list[str]] = {}
    for currency, digits in UNUSUAL_DIGITS.items():
        by_digits.setdefault(digits, []).append(f"'{currency}'")
    cases = " ".join(f"WHEN currency IN ({', '.join(found)}) THEN {digits}" for digits, found in by_digits.items())
    return f"CASE {cases} ELSE 2 END"


_DIGITS = _digits()
_WITHOUT = ", ".join(f"'{currency}'" for currency, digits in UNUSUAL_DIGITS.items() if not digits)
_HAS_DECIMALS = f"coalesce(currency NOT IN ({_WITHOUT}), true)"
_PLACES = "length(regexp_extract(unit_price, '[.,]([0-9]*)$', 1))"
_UNITS = "regexp_replace(unit_price, '[.,]', '')::BIGINT"


def is_plain_whole(column: str) -> str:
    """Return whether a text is a whole number of at most 15 digits; a regular expression takes longer."""
    number = f"TRY_CAST({column} AS BIGINT)"
    return f"({number} BETWEEN {-_LARGEST_WHOLE} AND {_LARGEST_WHOLE} AND {number}::VARCHAR = {column})"


def text_price(prices: str) -> str:
    """Return the expression for a price that is a text, in minor units; null when it is none."""
    plain = is_plain_whole("unit_price")
    whole = f"WHEN {plain} OR regexp_full_match(unit_price, {_WHOLE}) THEN unit_price::BIGINT"
    zeros = f"regexp_full_match(unit_price, {_ZEROS}) THEN split_part(unit_price, '.', 1)::BIGINT"
    decimals = f"regexp_full_match(unit_price, {_DECIMALS})"
    if prices == "minor":
        return f"CASE {whole} WHEN {zeros} END"
    if prices == "major":
        # A comma before three digits may as well stand between thousands.
        return (
            f"CASE {whole} * (10 ** ({_DIGITS}))::BIGINT "
            f"WHEN {decimals} AND {_PLACES} <= ({_DIGITS}) AND NOT ({_PLACES} = 3 AND contains(unit_price, ',')) "
            f"THEN {_UNITS} * (10 ** (({_DIGITS}) - {_PLACES}))::BIGINT WHEN {zeros} * (10 ** ({_DIGITS}))::BIGINT END"
        )
    exact = f"{_PLACES} = ({_DIGITS}) AND NOT (({_DIGITS}) = 3 AND contains(unit_price, ','))"
    return f"CASE {whole} WHEN {decimals} AND {exact} THEN {_UNITS} WHEN ({_DIGITS}) = 0 AND {zeros} END"


def text_problem(prices: str) -> str:
    """Return the expression for what is wrong with a text that is no price."""
    thousands = f"CASE WHEN regexp_full_match(unit_price, {_THOUSANDS}) THEN '{_MAY_BE_THOUSANDS}' ELSE '' END"
    return f"'unit_price: {HINT[prices]}' || {thousands}"


def is_major(prices: str) -> str:
    """Return whether a text is a price with decimals; null where that cannot be told, or does not matter."""
    if prices != "auto":
        return "NULL::BOOLEAN"
    return (
        f"CASE WHEN unit_price IS NOT NULL AND {_HAS_DECIMALS} "
        "THEN contains(unit_price, '.') OR contains(unit_price, ',') END"
    )


def decimal_price(prices: str, *, scale: int) -> str:
    """Return the expression for a price of a decimal type with so many places; null when it is none.

    A type's places are the currency's decimals only where they are as many. A whole number in a type of other places
    may be in minor units as well.
    """
    exact = "TRY_CAST(unit_price AS DECIMAL(18, 6))"
    units = exact
    if prices == "major" or (prices == "auto" and scale > 0):
        units = f"{exact} * (10 ** ({_DIGITS}))::INTEGER"
    if prices == "auto" and scale > 0:
        units = f"CASE WHEN ({_DIGITS}) IN (0, {scale}) OR {exact} <> trunc({exact}) THEN {units} END"
    return f"CASE WHEN {exact} = unit_price AND {units} = trunc({units}) THEN ({units})::BIGINT END"


def decimal_problem(prices: str, *, scale: int) -> str:
    """Return the expression for what is wrong with a number of a decimal type that is no price."""
    whole = f"; a whole number in a column of {scale} decimals may be in minor units as well"
    doubted = f"CASE WHEN unit_price = trunc(unit_price) THEN '{whole}' ELSE '' END"
    return f"'unit_price: {HINT[prices]}'" + (f" || {doubted}" if prices == "auto" and scale > 0 else "")
