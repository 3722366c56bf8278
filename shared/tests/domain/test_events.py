from dataclasses import replace
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from patterns_shared.domain.errors import InvalidEvent
from patterns_shared.domain.events import (
    EventType,
    OrderRejectedData,
    change_event_id,
    order_data,
    outcome_event_id,
)
from patterns_shared.testing import make_event, make_order

order_ids = st.uuids().map(str)


def test_ids_are_what_they_were_in_every_release() -> None:
    """A consumer knows duplicates by their id, so an id may never change with the code."""
    placed = change_event_id("019b8d00-0000-7000-8000-00000000beef", 1)
    assert placed == "e8213d7c-518f-5b6a-b66e-3b1bc5ba8616"
    assert outcome_event_id(placed) == "e901389b-615d-5598-8438-3ef3793f8733"


@given(first=st.tuples(order_ids, st.integers(1, 99)), second=st.tuples(order_ids, st.integers(1, 99)))
def test_an_id_is_of_one_version_of_one_order(first: tuple[str, int], second: tuple[str, int]) -> None:
    """A retry repeats it, another version or another order has another, and so has its answer."""
    assert change_event_id(*first) == change_event_id(*first)
    assert (change_event_id(*first) == change_event_id(*second)) == (first == second)
    assert outcome_event_id(change_event_id(*first)) != change_event_id(*first)
    assert UUID(change_event_id(*first)).version == 5


def test_an_event_tells_the_whole_order() -> None:
    """A consumer needs no look into the shop's table."""
    order = make_order()
    data = order_data(order)
    assert (data.customer_id, data.contact.email, data.lines) == (order.customer_id, "ada@example.com", order.lines)
    assert (data.currency, data.total, data.placed_at) == (order.currency, order.total, order.placed_at)


def test_a_rejection_has_a_reason_and_no_other_event_has() -> None:
    """An event that could not be read again is not made."""
    rejected = make_event(EventType.ORDER_REJECTED)
    assert isinstance(rejected.data, OrderRejectedData)
    with pytest.raises(InvalidEvent, match=r"data\.reason"):
        replace(rejected, type=EventType.ORDER_FULFILLED)
    with pytest.raises(InvalidEvent, match=r"data\.reason"):
        replace(make_event(EventType.ORDER_FULFILLED), type=EventType.ORDER_REJECTED)


@pytest.mark.parametrize("event_type", list(EventType))
def test_an_event_does_not_show_its_contact(event_type: EventType) -> None:
    """An event in a log line or a traceback gives no address away."""
    assert "ada@example.com" not in repr(make_event(event_type))
