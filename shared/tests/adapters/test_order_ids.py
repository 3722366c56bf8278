from datetime import UTC, datetime, timedelta, timezone
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from patterns_shared.adapters.clock import utc_now
from patterns_shared.adapters.order_ids import new_order_id

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
END = (datetime.max.replace(tzinfo=UTC) - EPOCH) // MICROSECOND
INSTANTS = st.integers(min_value=0, max_value=END - 1).map(lambda n: EPOCH + n * MICROSECOND)


def test_ids_are_version_7_uuids_with_the_time_of_their_instant() -> None:
    """RFC 9562: 48 bits of milliseconds since 1970, readable by every other program that knows UUIDs."""
    at = datetime(2026, 1, 5, 9, 30, 0, 123_456, tzinfo=UTC)

    order_id = UUID(new_order_id(at))

    assert (order_id.version, order_id.variant) == (7, "specified in RFC 4122")
    assert order_id.int >> 80 == 1_767_605_400_123


def test_a_thousand_ids_of_one_instant_differ() -> None:
    """62 random bits keep orders of the same microsecond apart."""
    at = utc_now()

    ids = {new_order_id(at) for _ in range(1_000)}

    assert len(ids) == 1_000
    assert all(order_id == str(UUID(order_id)) for order_id in ids)


@given(one=INSTANTS, other=INSTANTS)
def test_ids_sort_as_their_instants_do(one: datetime, other: datetime) -> None:
    """Text order is time order, to the microsecond, so that a list newest first needs no other key."""
    if one != other:
        assert (new_order_id(one) < new_order_id(other)) is (one < other)


@given(at=INSTANTS)
def test_a_microsecond_later_sorts_later(at: datetime) -> None:
    """The finest difference that an order's placed_at can have."""
    assert new_order_id(at) < new_order_id(at + MICROSECOND)


def test_the_time_zone_of_an_instant_does_not_matter() -> None:
    """The same instant, written with another offset, has the same time in its id."""
    at = datetime(2026, 1, 5, 9, 30, tzinfo=UTC)
    elsewhere = at.astimezone(timezone(timedelta(hours=5, minutes=30)))

    assert new_order_id(at)[:18] == new_order_id(elsewhere)[:18]


def test_the_clock_is_in_utc() -> None:
    """And tells the time that it is."""
    assert utc_now().tzinfo is UTC
    assert abs(utc_now() - datetime.now(UTC)) < timedelta(seconds=5)
