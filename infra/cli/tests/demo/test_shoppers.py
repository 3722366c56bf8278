from typing import Any

from patterns_cli.demo.shoppers import Shopper, new_password, sign_up


class _Cognito:
    """Says yes to everything, and remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, dict[str, Any]]] = []

    def __getattr__(self, operation: str) -> Any:  # noqa: ANN401 - a client's operations have nothing in common
        def ask(**request: Any) -> dict[str, Any]:  # noqa: ANN401 - as above
            self.asked.append((operation, request))
            return _ANSWERS.get(operation, {})

        return ask


_ANSWERS: dict[str, dict[str, Any]] = {
    "initiate_auth": {
        "ChallengeName": "PASSWORD_VERIFIER",
        "ChallengeParameters": {
            "USER_ID_FOR_SRP": "sub-1",
            "SALT": "ab",
            "SRP_B": "cd" * 64,
            "SECRET_BLOCK": "c2VjcmV0",
        },
    },
    "respond_to_auth_challenge": {
        "AuthenticationResult": {"IdToken": "id", "AccessToken": "access", "RefreshToken": "refresh"}
    },
    "get_user": {"UserAttributes": [{"Name": "email", "Value": "a@example.com"}, {"Name": "sub", "Value": "sub-1"}]},
}


def test_signing_up_goes_the_way_of_a_browser() -> None:
    """SRP comes last, so that the token names the group; the password is sent at sign-up and never again."""
    cognito: Any = _Cognito()
    shopper = sign_up(
        cognito, "eu-west-1_pool", "client", "a@example.com", group="operators", password="Passw0rd!Passw0rd"
    )
    assert [operation for operation, _ in cognito.asked] == [
        "sign_up",
        "admin_confirm_sign_up",
        "admin_add_user_to_group",
        "initiate_auth",
        "respond_to_auth_challenge",
        "get_user",
    ]
    assert cognito.asked[3][1]["AuthFlow"] == "USER_SRP_AUTH"
    assert not [request for _, request in cognito.asked[1:] if "Passw0rd!Passw0rd" in str(request)]
    assert (shopper.sub, shopper.id_token, shopper.access_token, shopper.refresh) == (
        "sub-1",
        "id",
        "access",
        "refresh",
    )


def test_passwords_satisfy_the_pools_policy() -> None:
    """Every password has each class of character and the length that the pool asks for, and is new."""
    passwords = {new_password() for _ in range(200)}
    assert len(passwords) == 200
    for password in passwords:
        assert len(password) >= 12
        classes = (str.islower, str.isupper, str.isdigit, lambda x: not x.isalnum())
        assert all(any(test(x) for x in password) for test in classes)


def test_a_shoppers_text_holds_no_secret() -> None:
    """A shopper may appear in a message or a traceback."""
    shopper = Shopper(
        email="a@example.com", sub="s", id_token="ID", access_token="ACCESS", refresh="REFRESH", password="PASSWORD"
    )
    assert repr(shopper) == "Shopper(email='a@example.com', sub='s')"
