"""What every answer carries, whichever route it comes from and however it went."""

from collections.abc import Callable

import pytest

from patterns_web_api.testing import Shop

ANSWERS = [
    ("GET", "/products", 200),
    ("GET", "/health", 200),
    ("POST", "/orders", 422),
    ("GET", "/nowhere", 404),
    ("PUT", "/products", 405),
    ("GET", "/docs", 200),
]
TRACEPARENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


@pytest.mark.parametrize(("method", "path", "status"), ANSWERS)
def test_every_answer_is_safe_to_show(shop: Shop, method: str, path: str, status: int) -> None:
    """No sniffing of types, and one web origin that may read it."""
    answer = shop.send(method, path, {})

    assert answer.status == status
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["access-control-allow-origin"] == "https://shop.example.com"
    assert answer.headers["vary"] == "Origin"


@pytest.mark.parametrize("origin", [None, "https://shop.example.com", "https://evil.example.com", "null"])
def test_the_allowed_origin_is_always_the_sites(shop: Shop, origin: str | None) -> None:
    """Never an echo of the request, never ``*``: a cached answer suits the site, and no other page can read it."""
    answer = shop.send("GET", "/products", headers={"Origin": origin} if origin else None)

    assert answer.headers["access-control-allow-origin"] == "https://shop.example.com"
    assert "access-control-allow-credentials" not in answer.headers


def test_a_page_may_read_the_headers_that_it_needs(shop: Shop) -> None:
    """Browsers hide all others from scripts."""
    exposed = shop.place().headers["access-control-expose-headers"].lower().split(", ")

    assert set(exposed) == {"etag", "location", "retry-after", "traceparent"}


def test_without_a_site_no_page_may_read_anything(make_shop: Callable[..., Shop]) -> None:
    """No origin is set, no origin is allowed."""
    headers = make_shop(site_origin="").send("GET", "/products").headers

    assert not [name for name in headers if name.startswith("access-control")]


@pytest.mark.parametrize(
    ("method", "path"), [("POST", "/orders"), ("GET", "/orders"), ("GET", "/health"), ("GET", "/no")]
)
def test_nothing_but_the_catalogue_is_kept(shop: Shop, method: str, path: str) -> None:
    """Private answers and problems are stored nowhere."""
    assert shop.send(method, path, {}).headers["cache-control"] == "no-store"


@pytest.mark.parametrize("name", ["traceparent", "Traceparent"])
def test_a_request_keeps_its_trace(shop: Shop, name: str) -> None:
    """In the response and with the order, from where the relay passes it on."""
    answer = shop.place(headers={name: TRACEPARENT})

    assert answer.headers["traceparent"] == TRACEPARENT
    assert shop.orders.traceparents[answer.json["order_id"]] == TRACEPARENT


def test_a_cancel_keeps_its_own_trace(shop: Shop) -> None:
    """The cancellation's trace, not the one of the order's first request."""
    placed = shop.place()

    shop.send("POST", f"{placed.headers['location']}/cancel", headers={"traceparent": TRACEPARENT})

    assert shop.orders.traceparents[placed.json["order_id"]] == TRACEPARENT


def test_without_one_the_gateways_trace_is_used(shop: Shop) -> None:
    """X-Ray's id in W3C's form, so that the traces there and the logs here name the same thing."""
    root = "Root=1-5759e988-bd862e3fe1be46a994272793"

    answer = shop.place(headers={"X-Amzn-Trace-Id": f"{root};Parent=53995c3f42cd8ad8;Sampled=1"})
    assert answer.headers["traceparent"] == "00-5759e988bd862e3fe1be46a994272793-53995c3f42cd8ad8-01"

    answer = shop.place(headers={"X-Amzn-Trace-Id": root})
    assert answer.headers["traceparent"] == "00-5759e988bd862e3fe1be46a994272793-bd862e3fe1be46a9-01"


@pytest.mark.parametrize("value", ["", "garbage", "00-0-0-00", f"ff{TRACEPARENT[2:]}", TRACEPARENT.upper(), "é\x00"])
def test_a_trace_that_is_none_is_replaced_by_a_new_one(shop: Shop, value: str) -> None:
    """A bad header does not fail the order."""
    answers = [shop.place(headers={"traceparent": value}) for _ in range(2)]

    assert [answer.status for answer in answers] == [201, 201]
    traces = {answer.headers["traceparent"] for answer in answers}
    assert len(traces) == 2
    assert value not in traces
