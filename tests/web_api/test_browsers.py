"""Only the shop's own web page may call the API from a browser."""

import httpx
import pytest
from tests.calls import signed_in

from patterns_cli.demo.shoppers import Shopper

pytestmark = pytest.mark.integration

EVIL = "https://evil.example.com"
ROUTES = [
    ("GET", "/products"),
    ("POST", "/orders"),
    ("GET", "/orders"),
    ("GET", "/orders/x"),
    ("POST", "/orders/x/cancel"),
]


@pytest.mark.parametrize(("method", "path"), ROUTES)
@pytest.mark.parametrize("page", ["site", "evil"])
def test_a_preflight_allows_the_sites_origin_and_no_other(
    api: httpx.Client, site_origin: str, method: str, path: str, page: str
) -> None:
    """For every request the one allowed origin is the site's; so a browser stops every other page."""
    headers = {
        "Origin": site_origin if page == "site" else EVIL,
        "Access-Control-Request-Method": method,
        "Access-Control-Request-Headers": "authorization,content-type,idempotency-key,if-match",
    }
    response = api.options(path, headers=headers)
    assert response.status_code in {200, 204}
    assert response.headers["access-control-allow-origin"] == site_origin
    assert method in response.headers["access-control-allow-methods"]
    allowed = response.headers["access-control-allow-headers"].lower()
    assert {"authorization", "content-type", "idempotency-key", "if-match"} <= set(allowed.split(","))
    assert "access-control-allow-credentials" not in response.headers


@pytest.mark.parametrize("origin", ["site", "evil"])
def test_answers_are_readable_for_the_site_only(
    api: httpx.Client, alice: Shopper, site_origin: str, origin: str
) -> None:
    """Good answers, refusals of the function and refusals of the gateway carry the site's origin or none."""
    asked_by = {"Origin": site_origin if origin == "site" else EVIL}
    answers = [
        api.get("/products", headers=asked_by),
        api.get("/orders", headers={**signed_in(alice), **asked_by}),
        api.get("/orders/none", headers={**signed_in(alice), **asked_by}),
        api.get("/orders", headers=asked_by),
        api.post("/orders", json={}, headers={**signed_in(alice), **asked_by}),
    ]
    for answer in answers:
        allowed = answer.headers.get("access-control-allow-origin")
        assert allowed == site_origin or (origin == "evil" and allowed is None), f"{answer.request.url}: {allowed}"
