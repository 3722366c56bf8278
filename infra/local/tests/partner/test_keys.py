"""When the partner looks at its secrets, and what it does when it cannot."""

import asyncio
import json

import pytest

from patterns_local.partner.keys import KeysUnavailable, KnownKeys, SecretGone
from patterns_shared.adapters.partner_signature import SignatureRejected, SigningKey, sign

BODY = b"{}"
NOW = 1_000_000


class Secrets:
    """Secrets as the emulator has them, and a clock."""

    def __init__(self) -> None:
        self.values: dict[str, bytes | Exception] = {}
        self.looks = 0
        self.time = 0.0

    def read(self, arn: str) -> bytes:
        """Read one, as the partner does."""
        self.looks += 1
        value = self.values.get(arn, SecretGone(arn))
        if isinstance(value, Exception):
            raise value
        return value

    def put(self, arn: str, current: SigningKey, previous: SigningKey | None = None) -> None:
        """Write one, as whoever rotates keys does."""
        document = {"current": _shown(current), "previous": _shown(previous) if previous else None}
        self.values[arn] = json.dumps(document).encode()


def _shown(key: SigningKey) -> dict[str, str]:
    return {"key_id": key.key_id, "secret": key.secret.decode()}


FIRST, SECOND = SigningKey("first", b"one"), SigningKey("second", b"two")


@pytest.fixture
def secrets() -> Secrets:
    """Return one secret with the first key."""
    secrets = Secrets()
    secrets.put("arn", FIRST)
    return secrets


@pytest.fixture
def keys(secrets: Secrets) -> KnownKeys:
    """Return what knows of that secret."""
    keys = KnownKeys(secrets.read, clock=lambda: secrets.time)
    keys.learn("arn")
    return keys


def _verify(keys: KnownKeys, *signers: SigningKey) -> list[str | BaseException]:
    """Verify requests of these signers, all at once; key ids, or what went wrong."""

    async def all_at_once() -> list[str | BaseException]:
        requests = (keys.verify(sign(key, BODY, timestamp=NOW), BODY, now=NOW) for key in signers)
        return await asyncio.gather(*requests, return_exceptions=True)

    return asyncio.run(all_at_once())


def _unavailable(answer: str | BaseException) -> str:
    assert isinstance(answer, KeysUnavailable)
    return str(answer)


def test_two_hundred_requests_at_once_are_one_look(keys: KnownKeys, secrets: Secrets) -> None:
    """Keys are believed for two seconds."""
    assert _verify(keys, *[FIRST] * 200) == ["first"] * 200
    secrets.time = 2.0
    assert _verify(keys, FIRST) == ["first"]
    assert secrets.looks == 1
    secrets.time = 2.1
    assert _verify(keys, FIRST) == ["first"]
    assert secrets.looks == 2


def test_a_flood_of_unknown_keys_is_no_flood_of_looks(keys: KnownKeys, secrets: Secrets) -> None:
    """Those that arrived before a look began share it."""
    assert _verify(keys, FIRST) == ["first"]
    secrets.time = 1.0
    answers = _verify(keys, *[SECOND] * 200)
    assert all(isinstance(answer, SignatureRejected) for answer in answers)
    assert secrets.looks == 2


def test_a_rotated_key_is_found_at_once(keys: KnownKeys, secrets: Secrets) -> None:
    """Beside the one before it."""
    assert _verify(keys, FIRST) == ["first"]
    secrets.put("arn", SECOND, FIRST)
    secrets.time = 0.1
    assert _verify(keys, SECOND, FIRST) == ["second", "first"]


@pytest.mark.parametrize("value", [KeysUnavailable("no answer"), b"no keys, but a secret text"])
def test_without_keys_nothing_can_be_said(keys: KnownKeys, secrets: Secrets, value: bytes | Exception) -> None:
    """Neither yes nor no, and nothing of what the secret holds."""
    secrets.values["arn"] = value
    assert "secret text" not in _unavailable(_verify(keys, FIRST)[0])


def test_keys_that_were_read_are_good_while_the_secret_cannot_be(keys: KnownKeys, secrets: Secrets) -> None:
    """An old key is better than an outage that nobody asked for."""
    assert _verify(keys, FIRST) == ["first"]
    secrets.values["arn"] = KeysUnavailable("no answer")
    secrets.time = 60.0
    assert _verify(keys, FIRST) == ["first"]


def test_a_secret_that_is_gone_is_forgotten(keys: KnownKeys, secrets: Secrets) -> None:
    """Its stack was destroyed; the other stage's is still there."""
    secrets.put("other", SigningKey("first", b"of the other"))
    keys.learn("other")
    assert _verify(keys, FIRST) == ["first"]
    del secrets.values["arn"]
    secrets.time = 60.0
    assert isinstance(_verify(keys, FIRST)[0], SignatureRejected)
    assert _verify(keys, SigningKey("first", b"of the other")) == ["first"]
    assert keys.secret_arns == ["other"]
    del secrets.values["other"]
    secrets.time = 120.0
    assert "gone" in _unavailable(_verify(keys, FIRST)[0])


def test_before_any_secret_is_known_it_says_so() -> None:
    """The stack is not deployed yet."""
    assert _unavailable(_verify(KnownKeys(Secrets().read), FIRST)[0]) == "the partner was told of no keys yet"
