"""What is said of a wrong event or order: the field by its whole path, and the reason, word for word."""

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from patterns_shared.domain.catalogue import CATALOGUE, find_product
from patterns_shared.domain.errors import (
    IllegalTransition,
    InvalidEvent,
    InvalidOrder,
    UnknownEventVersion,
    UnknownProduct,
)
from patterns_shared.domain.event_codec import MAX_INTEGER, decode_event, encode_event
from patterns_shared.domain.events import EventType
from patterns_shared.domain.fulfilment import MAX_TOTAL, Decision, decide
from patterns_shared.domain.orders import (
    MAX_LINES,
    MAX_QUANTITY,
    Order,
    OrderLine,
    OrderStatus,
    RequestedLine,
    place_order,
)
from patterns_shared.testing import make_event, make_order

REJECTED = encode_event(make_event(EventType.ORDER_REJECTED))
AT_LEAST_1 = "must be at least 1"
A_WHOLE_NUMBER = "must be a whole number"
LINE = make_order().lines[0]
A_TIME = "must be an RFC 3339 time in UTC"


@pytest.fixture
def zone(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Put the machine in a zone that is hours from UTC."""
    monkeypatch.setenv("TZ", "America/New_York")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def changed(document: Any, path: str, value: object) -> Any:  # noqa: ANN401 - JSON
    """Return the document with another value at a path; `...` takes the field out."""
    first, _, rest = path.partition(".")
    if isinstance(document, list):
        one = changed(document[int(first)], rest, value) if rest else value
        return [one if n == int(first) else x for n, x in enumerate(document)]
    if rest:
        return {**document, first: changed(document[first], rest, value)}
    return {name: x for name, x in {**document, first: value}.items() if x is not ...}


@pytest.mark.parametrize(
    ("path", "value", "reason"),
    [
        ("id", ..., "id: is missing"),
        ("id", 7, "id: must be a text"),
        ("id", "", "id: must not be empty"),
        ("id", "\ud800", "id: has half a character, which no store takes"),
        ("type", "OrderLost", "type: is not an event of the shop"),
        ("order_version", "1", f"order_version: {A_WHOLE_NUMBER}"),
        ("order_version", True, f"order_version: {A_WHOLE_NUMBER}"),
        ("order_version", 1.5, f"order_version: {A_WHOLE_NUMBER}"),
        ("order_version", 0, f"order_version: {AT_LEAST_1}"),
        ("order_version", MAX_INTEGER + 1, f"order_version: must be at most {MAX_INTEGER}"),
        ("occurred_at", "yesterday", f"occurred_at: {A_TIME}"),
        ("data", ..., "data: is missing"),
        ("data", [], "data: must be an object"),
        ("data.contact.email", None, "data.contact.email: must be a text"),
        ("data.lines", {}, "data.lines: must be a list"),
        ("data.lines", [], "data.lines: must not be empty"),
        ("data.lines.0", "a line", "data.lines.0: must be an object"),
        ("data.lines.0.quantity", 0, f"data.lines.0.quantity: {AT_LEAST_1}"),
        ("data.lines.0.unit_price", -1, "data.lines.0.unit_price: must be at least 0"),
        ("data.total", 1, "data.total: is not the sum of the lines"),
        ("data.reason", ..., "data.reason: is missing"),
    ],
)
def test_an_event_s_first_wrong_field_is_named(path: str, value: object, reason: str) -> None:
    """The text is what a dead letter keeps."""
    with pytest.raises(InvalidEvent) as wrong:
        decode_event(changed(REJECTED, path, value))
    assert str(wrong.value) == reason
    assert f"{wrong.value.field}: {wrong.value.reason}" == reason


def test_what_is_no_object_is_no_event() -> None:
    """Then there is no field to name."""
    with pytest.raises(InvalidEvent) as wrong:
        decode_event([])
    assert str(wrong.value) == "event: must be an object"
    assert wrong.value.field == ""


def test_an_event_of_the_future_says_its_version() -> None:
    """And the newest that is known."""
    with pytest.raises(UnknownEventVersion) as unknown:
        decode_event({**REJECTED, "schema_version": 99})
    assert str(unknown.value) == "schema_version: 99 is newer than 1, the newest known here"


def test_the_largest_number_is_read() -> None:
    """The bound itself is inside."""
    assert decode_event({**REJECTED, "order_version": MAX_INTEGER}).order_version == MAX_INTEGER
    assert decode_event({**REJECTED, "order_version": float(MAX_INTEGER)}).order_version == MAX_INTEGER


def test_an_order_that_costs_nothing_is_read() -> None:
    """A gift has a price of 0, and so has its order."""
    gift = make_event(order=make_order(lines=(replace(LINE, unit_price=0),)))
    assert decode_event(encode_event(gift)) == gift


def test_times_are_written_in_utc(zone: None) -> None:  # noqa: ARG001 - a fixture
    """Whatever zone the machine or the event is in."""
    event = make_event(EventType.ORDER_PLACED)
    assert encode_event(event)["occurred_at"].endswith("+00:00")
    elsewhere = replace(event, occurred_at=event.occurred_at.astimezone(timezone(timedelta(hours=9))))
    assert encode_event(elsewhere) == encode_event(event)
    with pytest.raises(ValueError, match=r"^a time of an event must have a time zone$"):
        encode_event(replace(event, occurred_at=event.occurred_at.replace(tzinfo=None)))


def test_a_reason_belongs_to_a_rejection() -> None:
    """And to no other event."""
    rejected = make_event(EventType.ORDER_REJECTED)
    with pytest.raises(InvalidEvent) as wrong:
        replace(rejected, type=EventType.ORDER_FULFILLED)
    assert str(wrong.value) == "data.reason: belongs to OrderRejected and to no other event"


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda: make_order(lines=()), "lines: must not be empty"),
        (lambda: make_order(lines=(replace(LINE, quantity=0),)), f"lines.0.quantity: {AT_LEAST_1}"),
        (lambda: make_order(lines=(LINE, replace(LINE, unit_price=-1))), "lines.1.unit_price: must not be negative"),
        (
            lambda: make_order(placed_at=datetime(2026, 1, 5, tzinfo=timezone(timedelta(hours=1)))),
            "placed_at: must be in UTC",
        ),
        (lambda: make_order(order_version=0), f"order_version: {AT_LEAST_1}"),
    ],
)
def test_an_order_s_wrong_field_is_named(make: Callable[[], Order], reason: str) -> None:
    """Whatever read or made it."""
    with pytest.raises(InvalidOrder) as wrong:
        make()
    assert str(wrong.value) == reason
    assert f"{wrong.value.field}: {wrong.value.reason}" == reason


def placed(*requested: RequestedLine) -> Order:
    """Place an order of these lines."""
    return place_order(
        order_id="order-7",
        customer_id="customer-7",
        contact_email="ada@example.com",
        requested=requested,
        placed_at=datetime(2026, 1, 5, 9, 30, tzinfo=UTC),
    )


def test_a_placed_order_is_what_was_asked_for() -> None:
    """Every field of it."""
    skus = sorted(CATALOGUE)[:2]
    products = [find_product(sku, field="sku") for sku in skus]
    order = placed(RequestedLine(skus[0], 1), RequestedLine(skus[1], MAX_QUANTITY))
    assert order == Order(
        order_id="order-7",
        customer_id="customer-7",
        contact_email="ada@example.com",
        lines=(OrderLine(skus[0], 1, products[0].unit_price), OrderLine(skus[1], MAX_QUANTITY, products[1].unit_price)),
        currency=products[0].currency,
        status=OrderStatus.PLACED,
        placed_at=datetime(2026, 1, 5, 9, 30, tzinfo=UTC),
        order_version=1,
    )


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        ([], f"lines: must have 1 to {MAX_LINES} lines, has 0"),
        ([1] * (MAX_LINES + 1), f"lines: must have 1 to {MAX_LINES} lines, has {MAX_LINES + 1}"),
        ([0], f"lines.0.quantity: must be 1 to {MAX_QUANTITY}"),
        ([1, 1], "lines.1.sku: {sku!r} is already in line 0"),
    ],
)
def test_a_rule_for_placing_is_named(lines: list[int], reason: str) -> None:
    """With the line that breaks it."""
    sku = min(CATALOGUE)
    with pytest.raises(InvalidOrder) as wrong:
        placed(*(RequestedLine(sku, quantity) for quantity in lines))
    assert str(wrong.value) == reason.format(sku=sku)


@pytest.mark.parametrize(("named", "field"), [({}, "sku"), ({"field": "lines.2.sku"}, "lines.2.sku")])
def test_an_unknown_product_is_quoted(named: dict[str, str], field: str) -> None:
    """With the field that asked for it."""
    with pytest.raises(UnknownProduct) as unknown:
        find_product("NO-SUCH", **named)
    assert str(unknown.value) == f"{field}: the catalogue has no product 'NO-SUCH'"


def test_the_most_lines_are_within_the_limit() -> None:
    """The catalogue has fewer products than an order may have lines: what is missing is a product, then."""
    with pytest.raises(UnknownProduct) as unknown:
        placed(*(RequestedLine(f"SKU-{n}", 1) for n in range(MAX_LINES)))
    assert unknown.value.field == "lines.0.sku"


def test_an_impossible_move_names_the_order_and_both_statuses() -> None:
    """It becomes a problem document, and a log line."""
    order = make_order(status=OrderStatus.CANCELLED)
    with pytest.raises(IllegalTransition) as refused:
        order.move(OrderStatus.FULFILLED)
    assert str(refused.value) == f"order {order.order_id} is CANCELLED and cannot become FULFILLED"
    assert refused.value.order_id == order.order_id


def test_a_total_over_the_limit_is_rejected_with_both_figures() -> None:
    """The customer reads the reason."""
    assert decide(quantities=[1], total=MAX_TOTAL).fulfilled
    assert decide(quantities=[1], total=MAX_TOTAL + 1) == Decision(
        fulfilled=False, reason=f"a total of {MAX_TOTAL + 1} is over the limit of {MAX_TOTAL}"
    )
