import pytest

from patterns_cli.demo.plan import CUSTOMERS, LEAST_ORDERS, make_plan
from patterns_shared.domain.catalogue import CATALOGUE

_SIZES = [LEAST_ORDERS, 57, 200]


def test_a_seed_means_the_same_baskets_and_fates() -> None:
    """A run can be repeated: what is ordered, cancelled and decided follows from the seed."""
    one, two = make_plan(seed=7, orders=50), make_plan(seed=7, orders=50)
    assert [order.requested for order in one.orders] == [order.requested for order in two.orders]
    assert (one.cancelled, one.decided, one.late) == (two.cancelled, two.decided, two.late)
    other = make_plan(seed=8, orders=50)
    assert [order.requested for order in one.orders] != [order.requested for order in other.orders]


def test_keys_and_traces_are_new_in_every_run() -> None:
    """On a platform that stays up a second run does not meet the first one's claims and traces."""
    orders = [order for _ in range(2) for order in make_plan(seed=7, orders=50).orders]
    assert len({order.key for order in orders}) == len({order.trace_id for order in orders}) == 100


@pytest.mark.parametrize("size", _SIZES)
def test_there_is_an_order_for_every_part(size: int) -> None:
    """Whatever the size: someone cancels, someone is decided either way, and no order is both."""
    plan = make_plan(seed=3, orders=size)
    assert len(plan.orders) == size
    assert not set(plan.cancelled) & set(plan.decided)
    assert set(plan.late) < set(plan.cancelled)
    assert plan.raced in plan.cancelled
    assert {plan.orders[n].decision.fulfilled for n in plan.decided} == {True, False}
    assert {order.customer for order in plan.orders} == set(range(CUSTOMERS))


def test_the_total_is_the_catalogues_prices_times_the_quantities() -> None:
    """The expected total is worked out from what is ordered, line by line."""
    order = make_plan(seed=1, orders=LEAST_ORDERS).orders[0]
    amounts = [CATALOGUE[line["sku"]].unit_price * line["quantity"] for line in order.body["lines"]]
    shown = order.shown(customer_id="c", status="PLACED", order_version=1)
    assert shown["total"] == sum(amounts)
    assert [line["amount"] for line in shown["lines"]] == amounts


def test_too_few_orders_are_refused() -> None:
    """With too few orders some part would have nothing to show."""
    with pytest.raises(ValueError, match=f"at least {LEAST_ORDERS} orders"):
        make_plan(seed=1, orders=LEAST_ORDERS - 1)
