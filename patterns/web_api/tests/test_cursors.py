"""A cursor gives back its place to its own list, and to nothing else."""

from base64 import urlsafe_b64decode, urlsafe_b64encode

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from patterns_shared.domain.errors import InvalidCursor
from patterns_shared.domain.orders import OrderStatus
from patterns_web_api.application.cursors import Cursors

PLACES = st.text(min_size=1, max_size=40)
CUSTOMERS = st.text(min_size=1, max_size=40)
FILTERS = st.sampled_from([None, *OrderStatus])


def unsealed(cursor: str) -> bytes:
    """Return the cursor's bytes: 16 of the signature, then the place."""
    return urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))


def sealed(parts: bytes) -> str:
    """Return the bytes in the spelling of a cursor."""
    return urlsafe_b64encode(parts).rstrip(b"=").decode()


@given(place=PLACES, customer=CUSTOMERS, status=FILTERS)
def test_a_cursor_gives_back_what_it_was_made_of(place: str, customer: str, status: OrderStatus | None) -> None:
    """Sealed and opened by the same key, for the same customer and filter."""
    cursors = Cursors(lambda: b"key")

    cursor = cursors.seal(place, customer_id=customer, status=status)

    assert cursors.open(cursor, customer_id=customer, status=status) == place


def test_a_cursor_opens_whatever_its_last_character_is() -> None:
    """Only the padding is left out of it."""
    cursors = Cursors(lambda: b"key")
    endings = set()
    for place in [f"a{chr(n)}" for n in range(0x20, 0x7F)]:
        cursor = cursors.seal(place, customer_id="ada", status=None)
        endings.add(cursor[-1])
        assert cursors.open(cursor, customer_id="ada", status=None) == place
    assert len(endings) == 64


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


@given(place=PLACES, customer=CUSTOMERS, status=st.sampled_from(list(OrderStatus)))
def test_a_filtered_cursor_is_no_cursor_of_the_whole_list(place: str, customer: str, status: OrderStatus) -> None:
    """Where the filter ends and the place begins is signed: moving text across the border makes another cursor."""
    cursors = Cursors(lambda: b"key")
    filtered = unsealed(cursors.seal(place, customer_id=customer, status=status))
    whole = unsealed(cursors.seal(f"{status}{place}", customer_id=customer, status=None))

    with pytest.raises(InvalidCursor):
        cursors.open(sealed(filtered[:16] + f"{status}{place}".encode()), customer_id=customer, status=None)
    with pytest.raises(InvalidCursor):
        cursors.open(sealed(whole[:16] + place.encode()), customer_id=customer, status=status)


@given(place=PLACES, customer=CUSTOMERS, status=FILTERS, other=CUSTOMERS)
def test_a_customer_cannot_move_text_into_the_name(
    place: str, customer: str, status: OrderStatus | None, other: str
) -> None:
    """A customer whose id begins like another's does not open the other's cursor with the rest in its place."""
    cursors = Cursors(lambda: b"key")
    longer = unsealed(cursors.seal(place, customer_id=f"{customer}{other}", status=None))

    with pytest.raises(InvalidCursor):
        cursors.open(sealed(longer[:16] + f"{other}{place}".encode()), customer_id=customer, status=status)


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


@pytest.mark.parametrize(
    ("status", "cursor"),
    [
        (None, "Uw7cYMbgcNS16vzpSg_afDAxOWI4ZDAwLTAwMDAtNzAwMC04MDAwLTAwMDAwMDAwMDAwMQ"),
        (OrderStatus.PLACED, "wY42Pr8uz13i1z7mhcHsHzAxOWI4ZDAwLTAwMDAtNzAwMC04MDAwLTAwMDAwMDAwMDAwMQ"),
    ],
)
def test_cursors_are_what_they_were_in_every_release(status: OrderStatus | None, cursor: str) -> None:
    """A client that turns pages across a deployment goes on where it was."""
    cursors = Cursors(lambda: b"key")
    place = "019b8d00-0000-7000-8000-000000000001"
    assert cursors.seal(place, customer_id="ada", status=status) == cursor
    assert cursors.open(cursor, customer_id="ada", status=status) == place


def test_a_cursor_has_256_characters_at_most() -> None:
    """What is longer is refused, with the same words as any other text that is no cursor, without decoding it."""
    cursors = Cursors(lambda: b"key")
    longest = cursors.seal("x" * 176, customer_id="ada", status=None)
    assert len(longest) == 256
    assert cursors.open(longest, customer_id="ada", status=None) == "x" * 176
    too_long = cursors.seal("x" * 177, customer_id="ada", status=None)
    for text in (too_long, "", "x", "=", "\u00e9", "wY42", f"{longest[:-2]}AA"):
        with pytest.raises(InvalidCursor) as invalid:
            cursors.open(text, customer_id="ada", status=None)
        assert str(invalid.value) == "not a cursor of this list"


@pytest.mark.parametrize("text", ["", "x", "=", " ", "x" * 257])
def test_the_key_is_not_asked_for_what_is_no_cursor(text: str) -> None:
    """Reading the secret costs a request, and may fail."""

    def key() -> bytes:
        raise AssertionError("the key was asked for")

    with pytest.raises(InvalidCursor):
        Cursors(key).open(text, customer_id="ada", status=None)


def test_another_key_does_not_open_it() -> None:
    """Cursors cannot be made without the key."""
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
