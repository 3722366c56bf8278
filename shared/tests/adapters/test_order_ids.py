from datetime import UTC, datetime, timedelta
from uuid import UUID

from patterns_shared.adapters.clock import utc_now
from patterns_shared.adapters.order_ids import new_order_id


def test_ids_are_uuids_that_sort_by_their_making() -> None:
    """Text order is time order, also within a millisecond, so that a list newest first needs no other key."""
    ids = [new_order_id() for _ in range(1_000)]
    assert ids == sorted(set(ids))
    assert {UUID(order_id).version for order_id in ids} == {7}
    assert all(order_id == str(UUID(order_id)) for order_id in ids)


def test_the_clock_is_in_utc() -> None:
    """And tells the time that it is."""
    assert utc_now().tzinfo is UTC
    assert abs(utc_now() - datetime.now(UTC)) < timedelta(seconds=5)
