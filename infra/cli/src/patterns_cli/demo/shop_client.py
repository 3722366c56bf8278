"""Calling the API as a well-behaved client does: a few requests at once, each timed, none waiting for ever."""

import asyncio
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

import httpx

from patterns_cli.demo.latencies import Latencies
from patterns_cli.demo.shoppers import Shopper

__all__ = ["ShopClient", "shop_client"]

_AT_ONCE = 4
"""Locally each request under way needs a process of its own, whose start costs a second of processor time."""
_SECONDS = 30.0
_TRIES = 6
_THROTTLED = 429


@dataclass(slots=True)
class ShopClient:
    """One API. Every answer's time is kept under its route's template.

    Attributes:
        latencies: where the times go.
        waited: how often a request was throttled and sent again.
    """

    latencies: Latencies
    _http: httpx.AsyncClient
    waited: int = 0
    _places: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(_AT_ONCE))

    async def call(
        self,
        route: str,
        *,
        shopper: Shopper | None = None,
        path: Mapping[str, str] | None = None,
        params: Mapping[str, Any] | None = None,
        json: object = None,
        headers: Mapping[str, str] | None = None,
        patient: bool = True,
    ) -> httpx.Response:
        """Send one request and return its answer, whatever its status.

        Args:
            route: method and template, such as ``GET /orders/{order_id}``.
            shopper: who sends it; ``None`` is a stranger.
            path: values of the template's parameters.
            params: the query.
            json: the body.
            headers: more headers.
            patient: wait and send it again when the gateway says 429, a bounded number of times.

        Raises:
            httpx.HTTPError: no answer.
        """
        method, template = route.split(" ")
        url = template.format(**{name: quote(value, safe="") for name, value in (path or {}).items()})
        sent = dict(headers or {})
        if shopper is not None:
            sent["Authorization"] = f"Bearer {shopper.id_token}"
        tries_left = _TRIES if patient else 1
        while True:
            async with self._places:
                began = time.perf_counter()
                answer = await self._http.request(method, url, params=params, json=json, headers=sent)
                took = time.perf_counter() - began
            tries_left -= 1
            if answer.status_code != _THROTTLED or not tries_left:
                self.latencies.add(route, took)
                return answer
            self.waited += 1
            await asyncio.sleep(float(answer.headers.get("Retry-After", 1)))


@asynccontextmanager
async def shop_client(api_url: str, latencies: Latencies) -> AsyncIterator[ShopClient]:
    """Open a client of the API at this address; no proxy of the user's comes between."""
    limits = httpx.Limits(max_connections=_AT_ONCE, max_keepalive_connections=_AT_ONCE)
    async with httpx.AsyncClient(base_url=api_url, limits=limits, timeout=_SECONDS, trust_env=False) as http:
        yield ShopClient(latencies, http)
