"""``If-Match`` and ``If-None-Match``, as RFC 9110 has them (section 13)."""

import pytest

from patterns_shared.domain.orders import OrderStatus
from patterns_web_api.testing import Answer, Shop

ELSEWHERE = "/orders/019b8d00-0000-7000-8000-0000000fffff"


def placed(shop: Shop) -> str:
    """Return the address of a new order, at version 1."""
    return shop.place().headers["location"]


def read(shop: Shop, location: str, *, method: str = "GET", by: str = "ada", **conditions: str) -> Answer:
    """Read an order under these conditions."""
    return shop.send(method, location, by=by, headers=header(conditions))


def cancel(shop: Shop, location: str, **conditions: str) -> Answer:
    """Cancel an order under these conditions."""
    return shop.send("POST", f"{location}/cancel", headers=header(conditions))


def header(conditions: dict[str, str]) -> dict[str, str]:
    """Return the headers that the conditions stand for."""
    return {name.replace("_", "-"): value for name, value in conditions.items()}


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize(
    "tags", ['"1"', 'W/"1"', '"7", "1"', 'W/"7" ,\tW/"1"', '"7","1","x,y"', ', "1",,', "*", " * ", '"\x80", "1"']
)
def test_who_has_the_order_is_not_sent_it_again(shop: Shop, method: str, tags: str) -> None:
    """304 with the headers of the whole answer and no body; tags are compared weakly."""
    location = placed(shop)
    whole = read(shop, location)

    answer = read(shop, location, method=method, If_None_Match=tags)

    assert (answer.status, answer.body) == (304, "")
    assert "content-type" not in answer.headers
    for name in ("etag", "cache-control", "vary", "access-control-allow-origin"):
        assert answer.headers[name] == whole.headers[name]


@pytest.mark.parametrize(
    "tags", ['"2"', '"11"', '"01"', 'W/"2", "3"', '"1, 2"', '""', '"*"', 'w/"1"', "1", "", "W/", '"1" "1"']
)
def test_who_has_another_version_is_sent_this_one(shop: Shop, tags: str) -> None:
    """A read whose If-None-Match cannot be understood is an ordinary read: that costs no more than a transfer."""
    location = placed(shop)

    answer = read(shop, location, If_None_Match=tags)

    assert (answer.status, answer.headers["etag"]) == (200, '"1"')
    assert answer.json["order_version"] == 1


def test_an_order_that_changed_is_sent_again(shop: Shop) -> None:
    """The tag of the version before the cancellation is not that of the order."""
    location = placed(shop)
    cancel(shop, location)

    assert read(shop, location, If_None_Match='"1"').json["status"] == "CANCELLED"
    assert read(shop, location, If_None_Match='"2"').status == 304


@pytest.mark.parametrize("condition", ["If_Match", "If_None_Match"])
def test_no_condition_tells_whether_another_customers_order_exists(shop: Shop, condition: str) -> None:
    """404 comes before any condition is evaluated."""
    location = placed(shop)

    for address in (location, ELSEWHERE):
        assert read(shop, address, by="eve", **{condition: "*"}).is_problem(404, "order-not-found")


@pytest.mark.parametrize(
    ("if_match", "if_none_match", "status"),
    [
        ('"1"', None, 200),
        ('"2"', None, 412),
        ('W/"1"', None, 412),
        ("*", '"1"', 304),
        ('"1"', '"1"', 304),
        ('"1"', '"2"', 200),
        ('"2"', '"1"', 412),
    ],
)
def test_a_read_evaluates_if_match_first(shop: Shop, if_match: str, if_none_match: str | None, status: int) -> None:
    """Section 13.2.2: what If-Match refuses is a 412, whatever If-None-Match says."""
    conditions = {"If_Match": if_match} | ({} if if_none_match is None else {"If_None_Match": if_none_match})

    assert read(shop, placed(shop), **conditions).status == status


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_the_catalogue_takes_the_same_conditions(shop: Shop, method: str) -> None:
    """Lists, ``*`` and weak tags. If-Match is ignored: the gateway's cache would give one client's 412 to all."""
    etag = shop.send("GET", "/products").headers["etag"]

    for tags in (etag, f"W/{etag}", f'"x", {etag}', "*"):
        assert shop.send(method, "/products", headers={"If-None-Match": tags}).status == 304
    for tags in (etag, '"x"', "x"):
        assert shop.send(method, "/products", headers={"If-Match": tags}).status == 200


@pytest.mark.parametrize("tags", ['"1"', '"7", "1"', '"x", "1" , W/"3"', ',"1"', "*", " *"])
def test_a_cancel_is_for_one_of_the_versions_that_it_names(shop: Shop, tags: str) -> None:
    """A list, or ``*`` for any."""
    assert cancel(shop, placed(shop), If_Match=tags).status == 200


@pytest.mark.parametrize(
    "tags", ['"2"', '"0"', '"01"', '"abc"', 'W/"1"', '""', '"99999999999"', '"2", W/"1"', '"1,2"', '"\x80"', '"*"']
)
def test_a_cancel_of_other_versions_is_refused(shop: Shop, tags: str) -> None:
    """412, and the order stays; tags are compared strongly, so a weak one matches nothing."""
    location = placed(shop)

    assert cancel(shop, location, If_Match=tags).is_problem(412, "version-conflict")
    assert read(shop, location).json["status"] == "PLACED"


@pytest.mark.parametrize("name", ["If-Match", "If-None-Match"])
@pytest.mark.parametrize(
    "tags", ["1", '"1', "", " ", ",", "'1'", '*, "1"', '"1", *', "**", '"1" "2"', 'w/"1"', '"a b"', '"1";', '"\x7f"']
)
def test_a_cancel_whose_condition_cannot_be_read_is_refused(shop: Shop, name: str, tags: str) -> None:
    """400 that names the header; the order stays."""
    location = placed(shop)

    answer = shop.send("POST", f"{location}/cancel", headers={name: tags})

    assert answer.is_problem(400, "malformed-header")
    assert answer.fields == [name]
    assert read(shop, location).json["status"] == "PLACED"


def test_a_condition_names_at_most_a_hundred_versions(shop: Shop) -> None:
    """As many as the table compares with at once; tags that are no version do not count."""
    location = placed(shop)
    versions = [f'"{n}"' for n in range(1, 102)]

    refused = cancel(shop, location, If_Match=", ".join(versions))
    assert refused.is_problem(400, "malformed-header")
    others = [f'"x{n}"' for n in range(500)]
    assert cancel(shop, location, If_Match=", ".join([*versions[:100], *others, versions[0]])).status == 200


@pytest.mark.parametrize(
    ("if_match", "if_none_match", "status"),
    [
        (None, "*", 412),
        (None, '"1"', 412),
        (None, 'W/"1"', 412),
        (None, '"2"', 200),
        ('"1"', '"2"', 200),
        ('"1", "2"', '"1"', 412),
        ("*", '"7"', 200),
    ],
)
def test_a_cancel_may_name_the_versions_that_it_is_not_for(
    shop: Shop, if_match: str | None, if_none_match: str, status: int
) -> None:
    """If-None-Match of a write: 412 when it names the order's version."""
    conditions = {"If_None_Match": if_none_match} | ({} if if_match is None else {"If_Match": if_match})

    assert cancel(shop, placed(shop), **conditions).status == status


@pytest.mark.parametrize("status", [OrderStatus.FULFILLED, OrderStatus.REJECTED])
def test_a_condition_is_evaluated_before_the_status(shop: Shop, status: OrderStatus) -> None:
    """An order that was decided since has changed, for who names its version; it is closed for all others."""
    location = placed(shop)
    order_id = location.rpartition("/")[2]
    shop.orders.move(order_id, status, customer_id="sub-of-ada", traceparent="")

    assert cancel(shop, location, If_Match='"1"').is_problem(412, "version-conflict")
    for condition in ({}, {"If_Match": '"2"'}, {"If_Match": "*"}):
        assert cancel(shop, location, **condition).is_problem(409, "order-closed")


def test_a_condition_of_an_order_that_is_not_there_is_a_404(shop: Shop) -> None:
    """Section 13.2.1: a failure that needs no condition comes first."""
    assert cancel(shop, ELSEWHERE, If_Match='"1"').is_problem(404, "order-not-found")


def test_lines_of_a_condition_are_one_list(shop: Shop) -> None:
    """Section 5.3: the header may be sent in several lines."""
    location = placed(shop)
    event = shop.event("POST", f"{location}/cancel")
    event["multiValueHeaders"]["If-Match"] = ['"7"', '"1"']

    assert shop.handle(event).status == 200
