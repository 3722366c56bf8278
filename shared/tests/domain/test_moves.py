"""What a request to move an order gives, and why it is refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from patterns_shared.domain.errors import IllegalTransition, VersionConflict
from patterns_shared.domain.moves import Transition, VersionCondition, decide_move
from patterns_shared.domain.orders import OrderStatus
from patterns_shared.testing import make_order

PLACED, CANCELLED, FULFILLED = OrderStatus.PLACED, OrderStatus.CANCELLED, OrderStatus.FULFILLED
ONLY_3 = VersionCondition(frozenset({3}))
ALL_BUT_3 = VersionCondition(frozenset({3}), excluded=True)
ONLY_2 = VersionCondition(frozenset({2}))
NONE = VersionCondition(frozenset())
ANY = VersionCondition(frozenset(), excluded=True)


@given(versions=st.frozensets(st.integers(1, 9)), version=st.integers(1, 9), excluded=st.booleans())
def test_a_condition_accepts_its_versions_or_all_others(
    versions: frozenset[int],
    version: int,
    *,
    excluded: bool,
) -> None:
    """``If-Match`` names the versions, ``If-None-Match`` those that it is not for."""
    assert VersionCondition(versions, excluded=excluded).accepts(version) is ((version in versions) != excluded)
    assert VersionCondition(versions).accepts(version) is (version in versions)


@pytest.mark.parametrize("condition", [None, ONLY_3, ANY])
@pytest.mark.parametrize("target", [CANCELLED, FULFILLED, OrderStatus.REJECTED])
def test_a_placed_order_moves(target: OrderStatus, condition: VersionCondition | None) -> None:
    """To the next version, for the first time."""
    order = make_order(order_version=3)
    assert decide_move(order, target, condition) == Transition(order.move(target), repeated=False)


@pytest.mark.parametrize("condition", [None, ONLY_3, ONLY_2, ANY, ALL_BUT_3])
def test_a_repeated_request_gives_the_order_as_it_is(condition: VersionCondition | None) -> None:
    """A condition is about the version after the first request's move, or the one before it."""
    order = make_order(status=CANCELLED, order_version=3)
    assert decide_move(order, CANCELLED, condition) == Transition(order, repeated=True)


@pytest.mark.parametrize(
    ("status", "target", "condition"),
    [
        (PLACED, CANCELLED, ONLY_2),  # the version before counts for repeated requests only
        (PLACED, CANCELLED, ALL_BUT_3),
        (PLACED, CANCELLED, NONE),
        (FULFILLED, CANCELLED, ONLY_2),
        (PLACED, PLACED, ONLY_2),
        (CANCELLED, CANCELLED, VersionCondition(frozenset({1, 4}))),
    ],
)
def test_a_condition_for_another_version_comes_first(
    status: OrderStatus, target: OrderStatus, condition: VersionCondition
) -> None:
    """Before the status: the client's copy is old, and its version is what the client has to hear of."""
    order = make_order(status=status, order_version=3)
    with pytest.raises(VersionConflict) as conflict:
        decide_move(order, target, condition)
    assert (conflict.value.order_id, conflict.value.current) == (order.order_id, 3)


@pytest.mark.parametrize("condition", [None, ONLY_3])
@pytest.mark.parametrize(("status", "target"), [(FULFILLED, CANCELLED), (PLACED, PLACED), (CANCELLED, PLACED)])
def test_a_move_that_the_status_forbids_is_refused(
    status: OrderStatus, target: OrderStatus, condition: VersionCondition | None
) -> None:
    """No order moves to PLACED: there is no repeating that either."""
    with pytest.raises(IllegalTransition) as illegal:
        decide_move(make_order(status=status, order_version=3), target, condition)
    assert (illegal.value.current, illegal.value.target) == (status, target)
