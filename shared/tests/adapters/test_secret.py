import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError

from patterns_shared.adapters.secret import CachedSecret
from patterns_shared.domain.errors import TemporarilyUnavailable

Client = Any
Answers = Callable[..., list[bytes]]
THROTTLED = (400, b'{"__type": "ThrottlingException"}')


def secret_text(text: str) -> tuple[int, bytes]:
    """Return Secrets Manager's answer for a secret that is a text."""
    return 200, json.dumps({"SecretString": text}).encode()


class Seconds:
    """A clock of seconds that stands still."""

    now = 1000.0

    def __call__(self) -> float:
        """Return the seconds."""
        return self.now


@pytest.fixture
def client(clients: Callable[[str], Client]) -> Client:
    """A client that tries once."""
    return clients("secretsmanager")


@pytest.fixture
def clock() -> Seconds:
    """The secret's clock."""
    return Seconds()


@pytest.fixture
def secret(client: Client, clock: Seconds) -> CachedSecret:
    """A secret that is kept for five minutes."""
    return CachedSecret(client, "cursor-key", max_age=300, clock=clock)


def test_a_secret_is_read_once_and_again_when_it_is_old(
    secret: CachedSecret, client: Client, answers: Answers, clock: Seconds
) -> None:
    """A rotation is seen after ``max_age`` at the latest."""
    requests = answers(client, secret_text("first"), secret_text("second"))
    assert [secret.value(), secret.value()] == [b"first", b"first"]
    clock.now += 299
    assert secret.value() == b"first"
    clock.now += 1
    assert [secret.value(), secret.value()] == [b"second", b"second"]
    assert [json.loads(request) for request in requests] == [{"SecretId": "cursor-key"}] * 2


def test_nothing_is_read_before_it_is_needed(secret: CachedSecret, client: Client, answers: Answers) -> None:
    """A function that never pages never asks."""
    assert not answers(client)
    assert "cursor-key" in repr(secret)


def test_a_secret_may_be_bytes(secret: CachedSecret, client: Client, answers: Answers) -> None:
    """They come as they are."""
    answers(client, (200, b'{"SecretBinary": "AP8="}'))
    assert secret.value() == b"\x00\xff"


@pytest.mark.parametrize("failure", [THROTTLED, (503, b""), ReadTimeoutError(endpoint_url="https://secrets")], ids=str)
def test_a_secret_that_was_never_read_is_temporarily_unavailable(
    secret: CachedSecret, client: Client, answers: Answers, failure: tuple[int, bytes] | Exception
) -> None:
    """And the next use requests it again."""
    answers(client, failure, secret_text("first"))
    with pytest.raises(TemporarilyUnavailable) as unavailable:
        secret.value()
    assert unavailable.value.dependency == "secrets"
    assert secret.value() == b"first"


def test_an_old_secret_serves_while_no_new_one_can_be_read(
    secret: CachedSecret, client: Client, answers: Answers, clock: Seconds
) -> None:
    """The next attempt waits half a minute, so that a failing service is not asked by every request."""
    requests = answers(client, secret_text("first"), THROTTLED, secret_text("second"))
    secret.value()
    clock.now += 300
    assert [secret.value(), secret.value()] == [b"first", b"first"]
    assert len(requests) == 2
    clock.now += 30
    assert secret.value() == b"second"


def test_a_missing_grant_is_not_called_temporary(
    secret: CachedSecret, client: Client, answers: Answers, clock: Seconds
) -> None:
    """Not even while an old value is there: a grant that was taken away is meant."""
    denied = (400, b'{"__type": "AccessDeniedException"}')
    answers(client, secret_text("first"), denied, denied)
    secret.value()
    clock.now += 300
    for _ in range(2):
        with pytest.raises(ClientError, match="AccessDenied"):
            secret.value()


def test_a_secret_does_not_show_itself(secret: CachedSecret, client: Client, answers: Answers) -> None:
    """Not in a log line, not in a traceback."""
    answers(client, secret_text("first"))
    secret.value()
    assert "first" not in repr(secret)
