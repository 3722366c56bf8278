import pytest
from hypothesis import given
from hypothesis import strategies as st

from patterns_shared.domain.money import format_money


@pytest.mark.parametrize(
    ("amount", "currency", "shown"),
    [
        (4870, "EUR", "48.70 EUR"),
        (5, "EUR", "0.05 EUR"),
        (0, "USD", "0.00 USD"),
        (1234567, "EUR", "12345.67 EUR"),
        (4870, "JPY", "4870 JPY"),
        (4870, "KWD", "4.870 KWD"),
        (4870, "CLF", "0.4870 CLF"),
        (-150, "EUR", "-1.50 EUR"),
        (100, "XXZ", "1.00 XXZ"),
    ],
)
def test_amounts_have_the_digits_of_their_currency(amount: int, currency: str, shown: str) -> None:
    """As ISO 4217 counts them; an unknown currency has cents."""
    assert format_money(amount, currency) == shown


@given(st.integers(-(2**53), 2**53), st.sampled_from(["EUR", "JPY", "KWD", "CLF"]))
def test_no_digit_is_lost(amount: int, currency: str) -> None:
    """What is shown is the amount, to the last minor unit."""
    number, _, shown_currency = format_money(amount, currency).partition(" ")
    assert int(number.replace(".", "")) == amount
    assert shown_currency == currency
