"""A cursor gives back its place to its own list, and to nothing else."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from patterns_shared.domain.errors import InvalidCursor
from patterns_shared.domain.orders import OrderStatus
from patterns_web_api.application.cursors import Cursors

PLACES = st.text(min_size=1, max_size=40)
CUSTOMERS = st.text(min_size=1, max_size=40)
FILTERS = st.sampled_from([None, *OrderStatus])


@given(place=PLACES, customer=CUSTOMERS, status=FILTERS)
def test_a_cursor_gives_back_what_it_was_made_of(place: str, customer: str, status: OrderStatus | None) -> None:
    """Sealed and opened by the same key, for the same customer and filter."""
    cursors = Cursors(lambda: b"key")

    cursor = cursors.seal(place, customer_id=customer, status=status)

    assert cursors.open(cursor, customer_id=customer, status=status) == place


@given(place=PLACES, customer=CUSTOMERS, status=FILTERS, other_customer=CUSTOMERS, other_status=FILTERS)
def test_no_other_list_opens_it(
    place: str, customer: str, status: OrderStatus | None, other_customer: str, other_status: OrderStatus | None
) -> None:
    """A differing customer or filter is enough."""
    assume((customer, status) != (other_customer, other_status))
    cursors = Cursors(lambda: b"key")
    cursor = cursors.seal(place, customer_id=customer, status=status)

    with pytest.raises(InvalidCursor):
        cursors.open(cursor, customer_id=other_customer, status=other_status)


@given(place=PLACES, position=st.integers(min_value=0), character=st.sampled_from("AZaz09-_=+/ \n"))
def test_one_changed_character_spoils_it(place: str, position: int, character: str) -> None:
    """Also one that a lenient decoder would skip: one place has one cursor."""
    cursors = Cursors(lambda: b"key")
    cursor = cursors.seal(place, customer_id="ada", status=None)
    position %= len(cursor)
    changed = cursor[:position] + character + cursor[position + 1 :]
    assume(changed != cursor)

    with pytest.raises(InvalidCursor):
        cursors.open(changed, customer_id="ada", status=None)


@pytest.mark.parametrize("spelling", ["{}\n", " {}", "{}=", "{}!", "\t{}"])
def test_a_cursor_has_one_spelling(spelling: str) -> None:
    """A lenient decoder skips what it does not know."""
    cursors = Cursors(lambda: b"key")
    cursor = cursors.seal("place", customer_id="ada", status=None)

    with pytest.raises(InvalidCursor):
        cursors.open(spelling.format(cursor), customer_id="ada", status=None)


def test_the_spare_bits_of_the_last_character_are_none() -> None:
    """17 bytes are 22 characters and two thirds of one: four spellings of it would decode alike."""
    cursors = Cursors(lambda: b"key")
    cursor = cursors.seal("x", customer_id="ada", status=None)
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    last = alphabet.index(cursor[-1])

    with pytest.raises(InvalidCursor):
        cursors.open(cursor[:-1] + alphabet[last + 1], customer_id="ada", status=None)


@given(text=st.text(max_size=300))
def test_no_text_opens_by_chance(text: str) -> None:
    """Whatever is sent, the only error is InvalidCursor."""
    with pytest.raises(InvalidCursor):
        Cursors(lambda: b"key").open(text, customer_id="ada", status=None)


def test_another_key_does_not_open_it() -> None:
    """Nobody makes cursors without the key."""
    cursor = Cursors(lambda: b"another key").seal("place", customer_id="ada", status=None)

    with pytest.raises(InvalidCursor):
        Cursors(lambda: b"key").open(cursor, customer_id="ada", status=None)


def test_the_key_is_not_asked_for_before_it_is_needed() -> None:
    """A list without pages costs no look at the secret."""
    asked = []

    def key() -> bytes:
        asked.append("key")
        return b"key"

    cursors = Cursors(key)

    assert not asked
    cursors.seal("place", customer_id="ada", status=None)
    assert asked
