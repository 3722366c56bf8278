"""Accounts in a user pool, by the answers that Cognito documents."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from patterns_cli.accounts.user_pool import UserPoolAccounts

NOW = datetime(2026, 1, 5, 9, 30, tzinfo=UTC)
SUB = "a4c8f4c2-6031-70aa-5d1f-3f0e3a1f9b11"


class _UserNotFound(Exception):
    pass


class Cognito:
    """A pool with one account, which has an address as its alias."""

    def __init__(self, **client_settings: Any) -> None:  # noqa: ANN401 - fields of Cognito's answer
        self.exceptions = SimpleNamespace(UserNotFoundException=_UserNotFound)
        self.names = {SUB, "ada@example.com"}
        self._settings = client_settings

    def admin_get_user(self, *, UserPoolId: str, Username: str) -> dict[str, Any]:  # noqa: N803, ARG002
        """Return the account."""
        if Username not in self.names:
            raise _UserNotFound
        return {"UserAttributes": [{"Name": "email", "Value": "ada@example.com"}, {"Name": "sub", "Value": SUB}]}

    def admin_delete_user(self, *, UserPoolId: str, Username: str) -> None:  # noqa: N803, ARG002
        """Delete the account."""
        if Username not in self.names:
            raise _UserNotFound
        self.names.clear()

    def describe_user_pool_client(self, *, UserPoolId: str, ClientId: str) -> dict[str, Any]:  # noqa: N803, ARG002
        """Return the client's settings."""
        return {"UserPoolClient": self._settings}


def accounts(client: Cognito) -> UserPoolAccounts:
    """Return the accounts of the pool."""
    return UserPoolAccounts(client, "pool", "client")


@pytest.mark.parametrize("who", [SUB, "ada@example.com"])
def test_a_customer_is_found_by_address_and_by_id(who: str) -> None:
    """Both give the id that orders have."""
    assert accounts(Cognito()).find(who) == SUB


def test_no_account_is_found_for_a_stranger() -> None:
    """None, which is no error: the account may have been deleted before."""
    assert accounts(Cognito()).find("eve@example.com") is None


def test_deleting_twice_is_deleting_once() -> None:
    """The second time there is nothing to delete."""
    client = Cognito()
    for _ in range(2):
        accounts(client).delete(SUB)
    assert not client.names


@pytest.mark.parametrize(
    ("settings", "lifetime"),
    [
        ({}, timedelta(hours=1)),
        ({"IdTokenValidity": 1}, timedelta(hours=1)),
        ({"IdTokenValidity": 60, "TokenValidityUnits": {"IdToken": "minutes"}}, timedelta(hours=1)),
        ({"IdTokenValidity": 1, "TokenValidityUnits": {"IdToken": "days"}}, timedelta(days=1)),
        ({"IdTokenValidity": 300, "TokenValidityUnits": {"IdToken": "seconds"}}, timedelta(minutes=5)),
    ],
)
def test_tokens_end_by_the_clients_own_settings(settings: dict[str, Any], lifetime: timedelta) -> None:
    """With five minutes for clocks that differ."""
    assert accounts(Cognito(**settings)).tokens_end(NOW) == NOW + lifetime + timedelta(minutes=5)
