from dataclasses import FrozenInstanceError, replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from patterns_shared.domain.catalogue import CATALOGUE, CURRENCY, find_product
from patterns_shared.domain.errors import IllegalTransition, InvalidOrder, UnknownProduct
from patterns_shared.domain.orders import (
    MAX_LINES,
    MAX_QUANTITY,
    Order,
    OrderLine,
    OrderStatus,
    RequestedLine,
    place_order,
)
from patterns_shared.testing import make_order

NOW = datetime(2026, 1, 5, 9, 30, tzinfo=UTC)
quantities = st.integers(1, MAX_QUANTITY)
baskets = st.dictionaries(st.sampled_from(sorted(CATALOGUE)), quantities, min_size=1).map(
    lambda chosen: [RequestedLine(sku, quantity) for sku, quantity in chosen.items()]
)
statuses = st.sampled_from(OrderStatus)


def place(requested: list[RequestedLine]) -> Order:
    """Place an order of these lines; the rest is not what the test is about."""
    return place_order(
        order_id="order-1", customer_id="customer-1", contact_email="a@example.com", requested=requested, placed_at=NOW
    )


@given(requested=baskets)
def test_the_total_is_the_sum_of_the_catalogues_prices(requested: list[RequestedLine]) -> None:
    """Whole minor units, priced by the shop, whatever the order of the lines."""
    order = place(requested)
    assert order.total == sum(CATALOGUE[line.sku].unit_price * line.quantity for line in requested)
    assert order.total == sum(line.amount for line in order.lines) > 0
    assert place(requested[::-1]).total == order.total
    assert [(line.sku, line.quantity) for line in order.lines] == [(line.sku, line.quantity) for line in requested]


@given(requested=baskets)
def test_a_placed_order_is_the_first_version(requested: list[RequestedLine]) -> None:
    """It is PLACED, in the catalogue's currency."""
    order = place(requested)
    assert (order.status, order.order_version, order.currency) == (OrderStatus.PLACED, 1, CURRENCY)


@given(requested=baskets, bad=st.integers().filter(lambda n: not 1 <= n <= MAX_QUANTITY), data=st.data())
def test_a_quantity_beyond_its_limits_is_named(requested: list[RequestedLine], bad: int, data: st.DataObject) -> None:
    """The error names the line, wherever it stands."""
    position = data.draw(st.integers(0, len(requested) - 1))
    requested[position] = replace(requested[position], quantity=bad)
    with pytest.raises(InvalidOrder) as invalid:
        place(requested)
    assert invalid.value.field == f"lines.{position}.quantity"


@pytest.mark.parametrize("quantity", [1, MAX_QUANTITY])
def test_the_limits_of_a_quantity_are_within_it(quantity: int) -> None:
    """One piece and 999 are both fine."""
    assert place([RequestedLine("TEA-ASSAM-100", quantity)]).lines[0].quantity == quantity


@pytest.mark.parametrize("count", [0, MAX_LINES + 1])
def test_a_number_of_lines_beyond_its_limits_is_named(count: int) -> None:
    """No order is empty, none has 51 lines; that is said before any SKU is looked up."""
    with pytest.raises(InvalidOrder) as invalid:
        place([RequestedLine(f"SKU-{n}", 1) for n in range(count)])
    assert invalid.value.field == "lines"
    assert not isinstance(invalid.value, UnknownProduct)


def test_fifty_lines_are_an_order() -> None:
    """The limit itself is within it."""
    lines = tuple(OrderLine(f"SKU-{n}", 1, 100) for n in range(MAX_LINES))
    assert make_order(lines=lines).total == 100 * MAX_LINES


@given(requested=baskets, data=st.data())
def test_a_product_twice_in_one_order_is_named(requested: list[RequestedLine], data: st.DataObject) -> None:
    """The second of the two lines is at fault."""
    twice = data.draw(st.sampled_from(requested))
    with pytest.raises(InvalidOrder) as invalid:
        place([*requested, twice])
    assert invalid.value.field == f"lines.{len(requested)}.sku"


@given(requested=baskets, sku=st.text().filter(lambda text: text not in CATALOGUE))
def test_an_unknown_product_is_named(requested: list[RequestedLine], sku: str) -> None:
    """Any text that is no SKU of the catalogue, the empty one too."""
    with pytest.raises(UnknownProduct) as unknown:
        place([*requested, RequestedLine(sku, 1)])
    assert unknown.value.field == f"lines.{len(requested)}.sku"


@pytest.mark.parametrize(
    ("field", "value", "named"),
    [
        ("order_version", 0, "order_version"),
        ("placed_at", datetime(2026, 1, 5, 9, 30), "placed_at"),  # noqa: DTZ001 - the missing zone is the point
        ("placed_at", datetime(2026, 1, 5, 9, 30, tzinfo=timezone(timedelta(hours=2))), "placed_at"),
        ("lines", (), "lines"),
        ("lines", (OrderLine("A", 1, -1),), "lines.0.unit_price"),
        ("lines", (OrderLine("A", 1, 5), OrderLine("A", 0, 5)), "lines.1.quantity"),
    ],
)
def test_no_order_is_what_no_order_may_be(field: str, value: object, named: str) -> None:
    """Wherever it was read from, a store or an event."""
    with pytest.raises(InvalidOrder) as invalid:
        make_order(**{field: value})
    assert invalid.value.field == named


@pytest.mark.parametrize(
    "lines",
    [
        (OrderLine("A", MAX_QUANTITY + 1, 5),),
        tuple(OrderLine(f"SKU-{n}", 1, 5) for n in range(MAX_LINES + 1)),
        (OrderLine("A", 1, 5), OrderLine("A", 2, 5)),
        (OrderLine("NO-LONGER-SOLD", 1, 0),),
    ],
)
def test_an_order_that_older_rules_allowed_is_an_order(lines: tuple[OrderLine, ...]) -> None:
    """Rules for placing change, and what was placed before them is still read, moved and told of."""
    order = make_order(lines=lines)
    assert order.move(OrderStatus.CANCELLED).lines == lines


@given(current=statuses, target=statuses)
def test_only_a_placed_order_moves_and_only_away(current: OrderStatus, target: OrderStatus) -> None:
    """PLACED goes to each of the other three; everything else is illegal and names both statuses."""
    order = make_order(status=current)
    if current is OrderStatus.PLACED and target is not OrderStatus.PLACED:
        moved = order.move(target)
        assert (moved.status, moved.order_version) == (target, order.order_version + 1)
        assert replace(moved, status=current, order_version=order.order_version) == order
    else:
        with pytest.raises(IllegalTransition) as illegal:
            order.move(target)
        assert (illegal.value.current, illegal.value.target) == (current, target)


@given(targets=st.lists(statuses))
def test_an_order_moves_at_most_once_in_its_life(targets: list[OrderStatus]) -> None:
    """Whatever moves are tried, in whatever order, the first legal one decides."""
    order = make_order()
    for target in targets:
        try:
            order = order.move(target)
        except IllegalTransition:
            continue
    first = next((target for target in targets if target is not OrderStatus.PLACED), OrderStatus.PLACED)
    assert order.status is first
    assert order.order_version == (1 if first is OrderStatus.PLACED else 2)


def test_an_order_does_not_change_in_place() -> None:
    """A move makes another order; references to the old one do not change."""
    order = make_order()
    with pytest.raises(FrozenInstanceError):
        order.status = OrderStatus.CANCELLED  # type: ignore[misc] # the point of the test
    order.move(OrderStatus.CANCELLED)
    assert order.status is OrderStatus.PLACED


def test_an_order_does_not_show_its_contact() -> None:
    """An order in a log line or a traceback gives no address away."""
    assert "ada@example.com" not in repr(make_order())


def test_the_catalogue_has_a_dozen_products_and_more() -> None:
    """Every price is whole, positive and in one currency; every SKU is its product's own."""
    assert len(CATALOGUE) >= 12
    for sku, product in CATALOGUE.items():
        assert product == find_product(sku)
        assert product.sku == sku
        assert product.unit_price > 0
        assert product.currency == CURRENCY
        assert product.name
