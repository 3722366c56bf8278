"""The list of orders: own ones, newest first, page by page."""

import pytest

from patterns_web_api.testing import Shop


def pages(shop: Shop, *, by: str = "ada", **query: str) -> list[list[str]]:
    """Return the order ids, page by page, following the cursors."""
    found = []
    while True:
        answer = shop.send("GET", "/orders", by=by, query=query)
        assert answer.status == 200, answer
        found.append([order["order_id"] for order in answer.json["orders"]])
        if answer.json["next_cursor"] is None:
            return found
        query["cursor"] = answer.json["next_cursor"]


@pytest.fixture
def placed(shop: Shop) -> list[str]:
    """Seven orders of Ada's, the oldest first, and two of Eve's between them."""
    ids = []
    for number in range(7):
        ids.append(shop.place().json["order_id"])
        if number in {2, 4}:
            shop.place(by="eve")
    return ids


def test_pages_have_every_own_order_once_newest_first(shop: Shop, placed: list[str]) -> None:
    """Three pages of at most three, and no other customer's orders."""
    newest_first = placed[::-1]

    assert pages(shop, limit="3") == [newest_first[:3], newest_first[3:6], newest_first[6:]]


def test_a_list_that_ends_with_its_page_has_no_next_cursor(shop: Shop, placed: list[str]) -> None:
    """No empty page at the end."""
    assert pages(shop, limit="7") == [placed[::-1]]


def test_a_customer_without_orders_has_an_empty_page(shop: Shop) -> None:
    """An empty list is a list."""
    assert shop.send("GET", "/orders").json == {"orders": [], "next_cursor": None}


def test_the_page_has_20_orders_unless_told(shop: Shop) -> None:
    """The default limit."""
    for _ in range(21):
        shop.place()

    assert [len(page) for page in pages(shop)] == [20, 1]


def test_a_status_filters_and_its_pages_are_full(shop: Shop, placed: list[str]) -> None:
    """Two by two, only the cancelled ones."""
    cancelled = placed[1:6]
    for order_id in cancelled:
        shop.send("POST", f"/orders/{order_id}/cancel")

    found = pages(shop, status="CANCELLED", limit="2")

    assert found == [cancelled[:2:-1], cancelled[2:0:-1], cancelled[:1]]
    assert pages(shop, status="FULFILLED") == [[]]


def test_orders_placed_between_two_pages_do_not_shift_them(shop: Shop, placed: list[str]) -> None:
    """A cursor is a place in the list, not a number of orders to skip."""
    first = shop.send("GET", "/orders", query={"limit": "3"}).json
    shop.place()

    second = shop.send("GET", "/orders", query={"limit": "3", "cursor": first["next_cursor"]}).json

    assert [order["order_id"] for order in second["orders"]] == placed[3:0:-1]


def test_a_cursor_is_safe_in_an_address(shop: Shop, placed: list[str]) -> None:
    """It needs no escaping."""
    cursor = shop.send("GET", "/orders", query={"limit": str(len(placed) - 1)}).json["next_cursor"]

    assert cursor.replace("-", "").replace("_", "").isalnum()
    assert cursor.isascii()


@pytest.mark.parametrize(("by", "status"), [("eve", None), ("ada", "PLACED")])
def test_a_cursor_of_another_list_is_refused(shop: Shop, placed: list[str], by: str, status: str | None) -> None:
    """Another customer's, or one for another filter: 400 that names the cursor, and the store was not asked."""
    cursor = shop.send("GET", "/orders", query={"limit": str(len(placed) - 1)}).json["next_cursor"]
    before = shop.orders.requests

    answer = shop.send("GET", "/orders", by=by, query={"cursor": cursor, **({"status": status} if status else {})})

    assert answer.is_problem(400, "invalid-cursor")
    assert answer.fields == ["cursor"]
    assert shop.orders.requests == before


@pytest.mark.parametrize("cursor", ["", "x", "A" * 72, "A" * 10_000, "\x00", "\ufffd", "é", "=", "../..", "null"])
def test_a_made_up_cursor_is_refused(shop: Shop, cursor: str) -> None:
    """400 that names the cursor."""
    answer = shop.send("GET", "/orders", query={"cursor": cursor})

    assert answer.is_problem(400, "invalid-cursor")
    assert answer.fields == ["cursor"]


@pytest.mark.parametrize("limit", ["0", "101", "-1", "1.0", "1e1", "1_0", " 5", "", "x", "٣", "9" * 5_000, "\x00"])
def test_a_limit_is_a_whole_number_from_1_to_100(shop: Shop, limit: str) -> None:
    """422 that names the limit."""
    answer = shop.send("GET", "/orders", query={"limit": limit})

    assert answer.is_problem(422, "invalid-request")
    assert answer.fields == ["limit"]


@pytest.mark.parametrize("status", ["placed", "SHIPPED", "", "PLACED,CANCELLED", "\x00"])
def test_an_unknown_status_is_refused(shop: Shop, status: str) -> None:
    """422 that names the status."""
    answer = shop.send("GET", "/orders", query={"status": status})

    assert answer.is_problem(422, "invalid-request")
    assert answer.fields == ["status"]


def test_a_misspelt_parameter_is_refused(shop: Shop) -> None:
    """Ignored, it would look like a list without a filter."""
    answer = shop.send("GET", "/orders", query={"staus": "PLACED"})

    assert answer.is_problem(422, "invalid-request")
    assert answer.fields == ["staus"]
