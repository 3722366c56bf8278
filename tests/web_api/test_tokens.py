"""Only a valid ID token of the shop's own pool opens a customer's routes."""

import time

import httpx
import pytest
from tests.calls import signed_in
from tests.clients import administrator
from tests.foreign_tokens import another_clients_token, another_pools_token, token_lifetime
from tests.problems import is_problem
from tests.tokens import claims_of, forged_tokens

from patterns_cli.demo.shoppers import Shopper, sign_in
from patterns_local.platform import Platform

pytestmark = pytest.mark.integration

FORGERIES = [
    "no algorithm",
    "no algorithm, old signature",
    "changed claims, old signature",
    "cut signature",
    "signed with another key",
    "signed with a key of no name",
    "symmetric algorithm",
]


@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", "/orders"), ("GET", "/orders"), ("GET", "/orders/x"), ("POST", "/orders/x/cancel")],
)
def test_every_customer_route_wants_a_token(api: httpx.Client, method: str, path: str) -> None:
    """Without a token each of the customer's routes answers 401."""
    assert is_problem(api.request(method, path), 401, "not-signed-in")


@pytest.mark.parametrize("value", ["", "Bearer", "Bearer x", "Bearer a.b.c", "Basic YTpi", "Bearer \N{SNOWMAN}"])
def test_garbage_is_no_token(api: httpx.Client, value: str) -> None:
    """What is no token at all is a 401, never a 5xx."""
    assert is_problem(api.get("/orders", headers={b"Authorization": value.encode()}), 401)


@pytest.mark.parametrize("way", FORGERIES)
def test_a_forged_token_opens_nothing(api: httpx.Client, alice: Shopper, bob: Shopper, way: str) -> None:
    """A token with another customer's name is refused however it was signed."""
    forged = forged_tokens(alice.id_token, sub=bob.sub)
    assert set(forged) == set(FORGERIES)
    assert is_problem(api.get("/orders", headers={"Authorization": f"Bearer {forged[way]}"}), 401)


def test_an_access_token_is_no_id_token(api: httpx.Client, alice: Shopper) -> None:
    """The same customer's access token, validly signed, is refused: it says nothing about who they are."""
    assert claims_of(alice.access_token)["token_use"] == "access"
    assert is_problem(api.get("/orders", headers={"Authorization": f"Bearer {alice.access_token}"}), 401)
    assert api.get("/orders", headers=signed_in(alice)).status_code == 200


def test_a_token_of_another_pool_opens_nothing(api: httpx.Client, platform: Platform) -> None:
    """A valid ID token of a pool that is not the shop's is refused."""
    token = another_pools_token(platform)
    assert claims_of(token)["token_use"] == "id"
    assert is_problem(api.get("/orders", headers={"Authorization": f"Bearer {token}"}), 401)


def test_a_token_for_another_client_opens_nothing(api: httpx.Client, platform: Platform, user_pool_id: str) -> None:
    """A valid ID token of the shop's pool, made for another application, passes the gateway and not the function."""
    token = another_clients_token(platform, user_pool_id)
    assert is_problem(api.get("/orders", headers={"Authorization": f"Bearer {token}"}), 401)


def test_an_expired_token_opens_nothing(
    api: httpx.Client, platform: Platform, user_pool_id: str, user_pool_client_id: str, alice: Shopper
) -> None:
    """A token that opened the door a moment ago is a 401 once its time is over."""
    with token_lifetime(platform, user_pool_id, user_pool_client_id, seconds=3):
        client = administrator(platform, "cognito-idp")
        brief = sign_in(client, user_pool_id, user_pool_client_id, alice.email, alice.password)
    assert api.get("/orders", headers=signed_in(brief)).status_code == 200
    time.sleep(max(0.0, claims_of(brief.id_token)["exp"] - time.time() + 1))
    assert is_problem(api.get("/orders", headers=signed_in(brief)), 401)
    assert api.get("/orders", headers=signed_in(alice)).status_code == 200
