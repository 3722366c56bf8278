"""An order in the table that cannot be read costs only itself, and a person hears of it."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from patterns_shared.domain.errors import MalformedOrder, MovedUnreadable, PermanentFailure
from patterns_shared.domain.events import EventType
from patterns_shared.domain.orders import MAX_QUANTITY, OrderLine
from patterns_shared.ports import OrderPage, UnreadableOrder
from patterns_shared.testing import FakeOrders, make_event, make_order
from patterns_web_api.application.outcomes import Outcomes, Recorded
from patterns_web_api.testing import Shop

BAD = "019b8d00-0000-7000-8000-00000000dead"
GOOD = make_order(customer_id="sub-of-ada")


class Damaged(FakeOrders):
    """A store in which one order cannot be read; it is moved all the same if it is PLACED."""

    def __init__(self, *, placed: bool = True) -> None:
        """Say whether its status is still PLACED."""
        super().__init__()
        self.placed = placed

    def get(self, order_id: str) -> Any:  # noqa: ANN401, ARG002 - it returns never, whatever it is asked for
        """Find what is no order."""
        raise MalformedOrder("total is not the sum of the lines")

    def move(self, order_id: str, *_: object, **__: object) -> Any:  # noqa: ANN401 - never
        """Move it, or refuse."""
        if self.placed:
            raise MovedUnreadable(order_id, 2, "total is not the sum of the lines")
        raise MalformedOrder("status, a time or a number is not readable")

    def list_for_customer(self, customer_id: str, **_: object) -> OrderPage:  # noqa: ARG002 - any customer's
        """Return a page with it."""
        return OrderPage((GOOD,), None, (UnreadableOrder(BAD, "total is not the sum of the lines"),))


@pytest.fixture
def written(capsys: pytest.CaptureFixture[str]) -> Callable[[], list[dict[str, Any]]]:
    """Return the lines that were logged since the last call, metrics included."""
    return lambda: [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def is_reported(lines: list[dict[str, Any]]) -> bool:
    """Whether the order is named in the log and counted in the alarm's metric, once."""
    named = [(line["order_id"], line["level"]) for line in lines if line.get("message") == "unreadable_order"]
    counted = [line for line in lines if "OrdersUnreadable" in line]
    dimensions = [set(line["_aws"]["CloudWatchMetrics"][0]["Dimensions"][0]) for line in counted]
    return named == [(BAD, "ERROR")] and dimensions == [{"service", "stage"}]


def test_a_list_has_the_others(make_shop: Callable[..., Shop], written: Callable[[], list[dict[str, Any]]]) -> None:
    """And the operators hear of the one."""
    answer = make_shop(repository=Damaged()).send("GET", "/orders")
    assert answer.status == 200
    assert [order["order_id"] for order in answer.json["orders"]] == [GOOD.order_id]
    assert is_reported(written())


def test_asked_for_itself_it_is_a_mistake_of_ours(
    make_shop: Callable[..., Shop], written: Callable[[], list[dict[str, Any]]]
) -> None:
    """A problem document that can be quoted, and no word of what is in the table."""
    answer = make_shop(repository=Damaged()).send("GET", f"/orders/{BAD}")
    assert answer.is_problem(500, "internal-error")
    assert "total" not in answer.body
    assert is_reported(written())


def test_a_cancel_that_was_written_succeeds(
    make_shop: Callable[..., Shop], written: Callable[[], list[dict[str, Any]]]
) -> None:
    """Without the order, which cannot be shown, and with the version that it made."""
    answer = make_shop(repository=Damaged()).send("POST", f"/orders/{BAD}/cancel")
    assert (answer.status, answer.body, answer.headers["etag"]) == (204, "", '"2"')
    assert is_reported(written())


def test_a_cancel_that_was_not_written_fails(
    make_shop: Callable[..., Shop], written: Callable[[], list[dict[str, Any]]]
) -> None:
    """Whether the order could be cancelled is not known."""
    answer = make_shop(repository=Damaged(placed=False)).send("POST", f"/orders/{BAD}/cancel")
    assert answer.is_problem(500, "internal-error")
    assert is_reported(written())


def test_an_order_of_older_rules_is_shown_and_cancelled(shop: Shop) -> None:
    """With more pieces than may be ordered today."""
    order = make_order(order_id=BAD, customer_id="sub-of-ada", lines=(OrderLine("OLD", MAX_QUANTITY + 1, 5),))
    shop.orders.add(order, claim=None, traceparent="t")
    assert shop.send("GET", f"/orders/{BAD}").json["lines"][0]["quantity"] == MAX_QUANTITY + 1
    assert [each["order_id"] for each in shop.send("GET", "/orders").json["orders"]] == [BAD]
    assert shop.send("POST", f"/orders/{BAD}/cancel").json["status"] == "CANCELLED"


def test_an_outcome_that_was_written_is_recorded() -> None:
    """It is not tried again; one whose order cannot be judged is a dead letter with the reason."""
    event = make_event(EventType.ORDER_FULFILLED)
    assert Outcomes(Damaged()).record(event) is Recorded.MOVED
    with pytest.raises(PermanentFailure, match="cannot be read: status"):
        Outcomes(Damaged(placed=False)).record(event)
