from hypothesis import given
from hypothesis import strategies as st

from patterns_shared.domain.fulfilment import MAX_PIECES, MAX_TOTAL, decide


@given(quantities=st.lists(st.integers(1, 999), min_size=1, max_size=50), total=st.integers(0, 2 * MAX_TOTAL))
def test_an_order_within_both_limits_is_fulfilled_and_no_other(quantities: list[int], total: int) -> None:
    """A rejection says why, a fulfilment has nothing to say, and the same order is always decided alike."""
    decision = decide(quantities=quantities, total=total)
    assert decision.fulfilled == (sum(quantities) <= MAX_PIECES and total <= MAX_TOTAL)
    assert bool(decision.reason) is not decision.fulfilled
    assert decide(quantities=reversed(quantities), total=total) == decision


def test_the_limits_are_within_them() -> None:
    """Exactly at a limit is still fulfilled, one more is not, and the reason names what was too much."""
    assert decide(quantities=[MAX_PIECES], total=MAX_TOTAL).fulfilled
    assert "2001 pieces" in decide(quantities=[MAX_PIECES, 1], total=1).reason
    assert "2500001" in decide(quantities=[1], total=MAX_TOTAL + 1).reason
