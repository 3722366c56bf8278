"""HEAD wherever GET is, OPTIONS everywhere, and 405 with the whole truth in Allow for the rest."""

import pytest

from patterns_web_api.testing import Answer, Shop

ORDER = "/orders/{order_id}"
METHODS = {
    "/products": {"GET", "HEAD", "OPTIONS"},
    "/health": {"GET", "HEAD", "OPTIONS"},
    "/orders": {"GET", "HEAD", "OPTIONS", "POST"},
    ORDER: {"GET", "HEAD", "OPTIONS"},
    f"{ORDER}/cancel": {"OPTIONS", "POST"},
    "/openapi.json": {"GET", "HEAD", "OPTIONS"},
    "/docs": {"GET", "HEAD", "OPTIONS"},
}
ALL = [
    "CONNECT", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "TRACE",
    "PROPFIND", "QUERY", "BREW", "get", "head", "\x00", "é",
]  # fmt: skip


def send(shop: Shop, method: str, path: str, *, by: str | None = "ada") -> Answer:
    """Send a request about a new order."""
    order_id = shop.place().json["order_id"]
    return shop.send(method, path.format(order_id=order_id), {"lines": []}, by=by)


@pytest.mark.parametrize("path", [path for path, methods in METHODS.items() if "GET" in methods])
def test_head_is_get_without_its_content(shop: Shop, path: str) -> None:
    """The same status and headers, the length of the content included."""
    order_id = shop.place().json["order_id"]
    trace = {"traceparent": "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"}
    get = shop.send("GET", path.format(order_id=order_id), headers=trace)

    head = shop.send("HEAD", path.format(order_id=order_id), headers=trace)

    assert (head.status, head.body) == (200, "")
    assert head.headers == get.headers
    assert int(head.headers["content-length"]) == len(get.body.encode())


@pytest.mark.parametrize(
    ("path", "by", "status"),
    [("/orders", None, 401), ("/orders/x", "ada", 404), ("/nowhere", "ada", 404), ("/orders?limit=0", "ada", 422)],
)
def test_a_refused_head_has_the_refusals_headers(shop: Shop, path: str, by: str | None, status: int) -> None:
    """The problem document's type and length, and no content."""
    address, _, query = path.partition("?")
    parameters = dict([query.split("=")]) if query else None

    answer = shop.send("HEAD", address, by=by, query=parameters)

    assert (answer.status, answer.body) == (status, "")
    assert answer.headers["content-type"] == "application/problem+json"


def test_a_head_is_logged_as_one(shop: Shop, capsys: pytest.CaptureFixture[str]) -> None:
    """With its own method."""
    shop.send("HEAD", "/products")

    assert '"route":"HEAD /products"' in capsys.readouterr().out


@pytest.mark.parametrize("path", METHODS)
@pytest.mark.parametrize("method", ALL)
def test_a_method_is_in_allow_or_refused(shop: Shop, method: str, path: str) -> None:
    """405 with every method of the address, signed in or not; methods are told apart by case."""
    answer = send(shop, method, path)

    if method in METHODS[path]:
        assert answer.status not in {404, 405, 500}
    else:
        assert answer.body == "" if method == "HEAD" else answer.is_problem(405, "method-not-allowed")
        assert answer.status == 405
        assert answer.headers["allow"] == ", ".join(sorted(METHODS[path]))
        assert send(shop, method, path, by=None).status == 405


@pytest.mark.parametrize("path", METHODS)
def test_options_says_what_is_allowed(shop: Shop, path: str) -> None:
    """204 with Allow."""
    answer = send(shop, "OPTIONS", path, by=None)

    assert (answer.status, answer.body) == (204, "")
    assert answer.headers["allow"] == ", ".join(sorted(METHODS[path]))


@pytest.mark.parametrize("method", ["HEAD", "OPTIONS", "TRACE", "DELETE"])
def test_an_address_without_a_route_has_no_methods(shop: Shop, method: str) -> None:
    """404, whatever the method."""
    assert shop.send(method, "/nowhere").status == 404


def test_trace_shows_nothing_of_the_request(shop: Shop) -> None:
    """A token must not come back in an answer."""
    answer = shop.send("TRACE", "/orders", headers={"Authorization": "Bearer secret-token"})

    assert "secret-token" not in answer.body + str(answer.headers)
