import asyncio
from collections.abc import Callable

import httpx

from patterns_cli.demo.latencies import Latencies
from patterns_cli.demo.shop_client import ShopClient
from patterns_cli.demo.shoppers import Shopper

_SHOPPER = Shopper(email="a@example.com", sub="s", id_token="the-token", access_token="", refresh="", password="")


def _called(answer: Callable[[httpx.Request], httpx.Response], **call: object) -> tuple[httpx.Response, ShopClient]:
    async def go() -> tuple[httpx.Response, ShopClient]:
        # As `patterns outputs` prints it: with a path, which the route comes below.
        async with httpx.AsyncClient(base_url="http://x/v1", transport=httpx.MockTransport(answer)) as http:
            shop = ShopClient(Latencies(), http)
            return await shop.call(**call), shop  # type: ignore[arg-type]

    return asyncio.run(go())


def test_a_request_carries_the_token_and_the_path_below_the_apis_address() -> None:
    """The template is filled in, quoted, and put below the API's own path."""
    answer, _ = _called(
        lambda request: httpx.Response(200, json=[request.url.raw_path.decode(), request.headers["Authorization"]]),
        route="GET /orders/{order_id}",
        shopper=_SHOPPER,
        path={"order_id": "a/b"},
    )
    assert answer.json() == ["/v1/orders/a%2Fb", "Bearer the-token"]


def test_times_are_kept_by_template() -> None:
    """Orders with different ids are one route in the figures."""
    _, shop = _called(lambda _: httpx.Response(200), route="GET /orders/{order_id}", path={"order_id": "1"})
    assert [(x.route, x.count) for x in shop.latencies.by_route()] == [("GET /orders/{order_id}", 1)]


def test_a_throttled_request_is_sent_again() -> None:
    """A patient client waits as long as the gateway says and gets its answer."""
    answers = iter([httpx.Response(429, headers={"Retry-After": "0"}), httpx.Response(200)])
    answer, shop = _called(lambda _: next(answers), route="GET /orders")
    assert (answer.status_code, shop.waited) == (200, 1)


def test_patience_has_an_end() -> None:
    """A gateway that always throttles gets a bounded number of requests."""
    sent: list[httpx.Request] = []

    def throttle(request: httpx.Request) -> httpx.Response:
        sent.append(request)
        return httpx.Response(429, headers={"Retry-After": "0"})

    answer, _ = _called(throttle, route="GET /orders")
    assert (answer.status_code, len(sent)) == (429, 6)


def test_whoever_wants_to_see_a_429_sees_it() -> None:
    """An impatient request is sent once."""
    answer, shop = _called(lambda _: httpx.Response(429), route="GET /health", patient=False)
    assert (answer.status_code, shop.waited) == (429, 0)
