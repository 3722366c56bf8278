"""A request that is sent again because its answer was lost."""

from collections.abc import Callable

import pytest

from patterns_shared.domain.orders import OrderStatus
from patterns_web_api.testing import Shop

KEY = {"Idempotency-Key": "basket-17"}


@pytest.mark.parametrize("condition", [{}, {"If-Match": '"1"'}, {"If-Match": "*"}, {"If-Match": '"2"'}])
def test_a_cancel_that_is_repeated_succeeds(shop: Shop, condition: dict[str, str]) -> None:
    """The same order as the first time, at the same version; the first request's If-Match still counts."""
    path = f"{shop.place().headers['location']}/cancel"
    first = shop.send("POST", path)

    again = shop.send("POST", path, headers=condition)

    assert (again.status, again.json) == (200, first.json)
    assert again.json["order_version"] == 2
    assert again.headers["etag"] == first.headers["etag"]


@pytest.mark.parametrize("tags", ['"3"', '"0"', 'W/"1"', '"x"'])
def test_a_repetition_for_a_version_that_was_never_cancelled_is_refused(shop: Shop, tags: str) -> None:
    """412: its sender saw neither the order that was cancelled nor the cancelled one."""
    path = f"{shop.place().headers['location']}/cancel"
    shop.send("POST", path)

    assert shop.send("POST", path, headers={"If-Match": tags}).is_problem(412, "version-conflict")


def test_a_repeated_cancel_writes_nothing(shop: Shop, capsys: pytest.CaptureFixture[str]) -> None:
    """The trace of the first stands, so no second event goes out, and it is counted once."""
    placed = shop.place()
    path = f"{placed.headers['location']}/cancel"
    shop.send("POST", path)
    trace = shop.orders.traceparents[placed.json["order_id"]]

    for _ in range(3):
        shop.send("POST", path)

    assert shop.orders.traceparents[placed.json["order_id"]] == trace
    assert capsys.readouterr().out.count('"OrdersCancelled":[1') == 1


def test_another_customer_cannot_repeat_it(shop: Shop) -> None:
    """Another customer's attempt is a 404, as before."""
    path = f"{shop.place().headers['location']}/cancel"
    shop.send("POST", path)

    assert shop.send("POST", path, by="eve").is_problem(404, "order-not-found")


@pytest.mark.parametrize("status", [OrderStatus.FULFILLED, OrderStatus.REJECTED])
def test_a_decided_order_is_still_a_conflict(shop: Shop, status: OrderStatus) -> None:
    """409: the order was decided, not cancelled."""
    placed = shop.place()
    shop.orders.move(placed.json["order_id"], status, customer_id="sub-of-ada", traceparent="")

    answer = shop.send("POST", f"{placed.headers['location']}/cancel")

    assert answer.is_problem(409, "order-closed")
    assert status in answer.json["detail"]


@pytest.mark.parametrize("stage_path", ["", "/v1"])
def test_a_replayed_order_has_its_address(make_shop: Callable[..., Shop], stage_path: str) -> None:
    """200 instead of 201, with the Location, ETag and body of the first answer."""
    shop = make_shop()
    shop.stage_path = stage_path
    first = shop.place(headers=KEY)

    again = shop.place(headers=KEY)

    assert (first.status, again.status) == (201, 200)
    assert again.headers["location"] == first.headers["location"] == f"{stage_path}/orders/{first.json['order_id']}"
    assert again.headers["etag"] == first.headers["etag"]
    assert again.body == first.body
