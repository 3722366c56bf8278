"""Who may call: the application checks the ID token's claims again, whatever the gateway let through."""

import pytest

from patterns_web_api.testing import Shop, claims_of

SIGNED_IN_ROUTES = [
    ("POST", "/orders"),
    ("GET", "/orders"),
    ("GET", "/orders/019b8d00-0000-7000-8000-000000000001"),
    ("POST", "/orders/019b8d00-0000-7000-8000-000000000001/cancel"),
]


@pytest.mark.parametrize(("method", "path"), SIGNED_IN_ROUTES)
def test_nobody_is_refused_before_anything_else_is_looked_at(shop: Shop, method: str, path: str) -> None:
    """401, although body and query are wrong too; the store was never asked."""
    answer = shop.send(method, path, "{", by=None, query={"limit": "x"}, headers={"Idempotency-Key": " "})

    assert answer.is_problem(401, "not-signed-in")
    assert answer.headers["www-authenticate"] == "Bearer"
    assert shop.orders.requests == 0


@pytest.mark.parametrize(
    "changed",
    [
        {"token_use": "access"},
        {"token_use": None},
        {"aud": "another-client"},
        {"aud": None},
        {"aud": ["client-of-the-page"]},
        {"sub": ""},
        {"sub": None},
        {"sub": 7},
        {"email": None},
        {"email": ""},
    ],
)
def test_claims_that_are_no_id_token_of_ours_are_refused(shop: Shop, changed: dict[str, object]) -> None:
    """An access token, another client's token, a token without a person."""
    answer = shop.send("GET", "/orders", claims={**claims_of("ada"), **changed})

    assert answer.is_problem(401, "not-signed-in")


@pytest.mark.parametrize("claims", ["garbage", [], 7, True, {}])
def test_garbage_instead_of_claims_is_refused(shop: Shop, claims: object) -> None:
    """401, never a failure."""
    assert shop.send("GET", "/orders", claims=claims).is_problem(401, "not-signed-in")


@pytest.mark.parametrize("authorizer", [None, {}, {"claims": None}, {"principalId": "x"}])
def test_an_event_whose_authorizer_said_nothing_is_refused(shop: Shop, authorizer: object) -> None:
    """401 when a route was left without its authorizer."""
    event = shop.event("GET", "/orders", by=None)
    event["requestContext"]["authorizer"] = authorizer

    assert shop.handle(event).is_problem(401, "not-signed-in")


def test_an_authorization_header_alone_signs_nobody_in(shop: Shop) -> None:
    """Only the gateway's claims count: a header that reached the function unchecked proves nothing."""
    assert shop.send("GET", "/orders", by=None, headers={"Authorization": "eyJhbGciOiJub25lIn0.e30."}).status == 401


def test_a_refusal_never_repeats_the_claims(shop: Shop) -> None:
    """The problem says what is wrong, not whose token it was."""
    answer = shop.send("GET", "/orders", claims={**claims_of("ada"), "aud": "another"})

    assert "ada" not in answer.body
