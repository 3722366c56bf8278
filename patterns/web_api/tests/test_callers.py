"""Who may call: the application checks the ID token's claims again, whatever the gateway let through."""

import pytest

from patterns_web_api.application.callers import Caller, NotSignedIn, caller_from_claims
from patterns_web_api.testing import Shop, claims_of

SIGNED_IN_ROUTES = [
    ("POST", "/orders"),
    ("GET", "/orders"),
    ("GET", "/orders/019b8d00-0000-7000-8000-000000000001"),
    ("POST", "/orders/019b8d00-0000-7000-8000-000000000001/cancel"),
]


@pytest.mark.parametrize(("method", "path"), SIGNED_IN_ROUTES)
def test_a_request_without_a_caller_is_refused_before_other_checks(shop: Shop, method: str, path: str) -> None:
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


def test_an_authorization_header_alone_does_not_authenticate(shop: Shop) -> None:
    """Only the gateway's claims count: a header that reached the function unchecked proves nothing."""
    assert shop.send("GET", "/orders", by=None, headers={"Authorization": "eyJhbGciOiJub25lIn0.e30."}).status == 401


def test_a_refusal_never_repeats_the_claims(shop: Shop) -> None:
    """The problem says what is wrong, not whose token it was."""
    answer = shop.send("GET", "/orders", claims={**claims_of("ada"), "aud": "another"})

    assert "ada" not in answer.body


CLAIMS = {"token_use": "id", "aud": "page", "sub": "customer-1", "email": "ada@example.com"}


@pytest.mark.parametrize(
    ("groups", "is_operator"),
    [
        ({}, False),
        ({"cognito:groups": None}, False),
        ({"cognito:groups": 7}, False),
        ({"cognito:groups": {"operators": True}}, False),
        ({"cognito:groups": ["operators"]}, True),
        ({"cognito:groups": ("packers", "operators")}, True),
        ({"cognito:groups": ["packers"]}, False),
        ({"cognito:groups": "operators"}, True),
        ({"cognito:groups": "packers,operators"}, True),
        ({"cognito:groups": "[packers operators]"}, True),
        ({"cognito:groups": "no-operators"}, False),
        ({"cognito:groups": "[operators2 co-operators]"}, False),
        ({"cognito:groups": ""}, False),
    ],
)
def test_a_caller_is_made_of_the_claims(groups: dict[str, object], *, is_operator: bool) -> None:
    """Groups come as a list or as text, depending on the gateway; a name that has the group's in it is another."""
    caller = caller_from_claims({**CLAIMS, **groups}, audience="page")
    assert caller == Caller("customer-1", "ada@example.com", is_operator=is_operator)


@pytest.mark.parametrize(
    ("claims", "reason"),
    [
        (None, "sign in and send the ID token in the Authorization header"),
        ("sub", "sign in and send the ID token in the Authorization header"),
        ({}, "an ID token is needed, not an access token"),
        ({**CLAIMS, "token_use": "access"}, "an ID token is needed, not an access token"),
        ({**CLAIMS, "aud": "other"}, "the token was made for another application"),
        ({**CLAIMS, "sub": ""}, "the token has no claim 'sub'"),
        ({**CLAIMS, "email": 7}, "the token has no claim 'email'"),
    ],
)
def test_a_refusal_says_what_is_missing(claims: object, reason: str) -> None:
    """The first thing that is wrong; the client shows it."""
    with pytest.raises(NotSignedIn) as refused:
        caller_from_claims(claims, audience="page")
    assert str(refused.value) == reason
