"""What keeps tests away from accounts."""

import os
from collections.abc import Callable

import pytest

from patterns_shared.testing.no_account import Client, without_account


def test_nothing_of_the_user_s_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither keys nor a profile, an address or a role; all of it is back afterwards."""
    own = dict.fromkeys(("AWS_PROFILE", "AWS_ENDPOINT_URL", "AWS_ROLE_ARN", "AWS_ACCESS_KEY_ID"), "mine")
    for name, value in own.items():
        monkeypatch.setenv(name, value)
    with without_account(STAGE="test"):
        assert "mine" not in os.environ.values()
        assert os.environ["STAGE"] == "test"
        assert os.environ["PATH"]
    assert {name: os.environ[name] for name in own} == own
    assert "STAGE" not in os.environ


def test_every_test_of_this_member_is_without(clients: Callable[[str], Client]) -> None:
    """The fixture is there by itself, and clients know no other keys."""
    assert os.environ["AWS_ACCESS_KEY_ID"] == "testing"
    assert clients("sqs") is clients("sqs")
    assert clients("sqs").meta.config.retries["total_max_attempts"] == 1
