import json
from collections.abc import Callable
from typing import Any

import pytest

from patterns_async.adapters.partner_keys import PartnerKeys
from patterns_shared.adapters.partner_signature import MalformedKeys
from patterns_shared.adapters.secret import CachedSecret

Client = Any


def value(current: str, previous: str | None = None) -> str:
    """Return a secret whose keys have these ids."""
    keys = [{"key_id": key_id, "secret": f"secret {key_id}"} if key_id else None for key_id in (current, previous)]
    return json.dumps({"current": keys[0], "previous": keys[1]})


@pytest.fixture
def secrets(aws: None, clients: Callable[[str], Client]) -> Client:  # noqa: ARG001
    """Secrets Manager with the secret ``partner``."""
    client = clients("secretsmanager")
    client.create_secret(Name="partner", SecretString=value("2025"))
    return client


@pytest.fixture
def time() -> list[float]:
    """The time, in the only element."""
    return [1000.0]


@pytest.fixture
def keys(secrets: Client, time: list[float]) -> PartnerKeys:
    """The keys of that secret."""
    return PartnerKeys(lambda: CachedSecret(secrets, "partner", clock=lambda: time[0]), clock=lambda: time[0])


def test_the_secret_is_read_once_in_five_minutes(
    keys: PartnerKeys, time: list[float], requests_to: Callable[[str], list[str]]
) -> None:
    """However many requests are signed."""
    seen = requests_to("secretsmanager")
    for _ in range(100):
        assert keys.current().key_id == "2025"
        time[0] += 2.9
    assert seen == ["GetSecretValue"]


def test_a_rotation_is_noticed_in_time(keys: PartnerKeys, secrets: Client, time: list[float]) -> None:
    """Within five minutes, for which the partner takes the old key too."""
    keys.current()
    secrets.put_secret_value(SecretId="partner", SecretString=value("2026", "2025"))
    assert keys.current().key_id == "2025"
    time[0] += 301
    assert keys.current().key_id == "2026"


def test_a_refused_key_is_looked_up_out_of_turn(keys: PartnerKeys, secrets: Client, time: list[float]) -> None:
    """If it was withdrawn already, the new one is found at once, however fresh the old one is."""
    old = keys.current()
    secrets.put_secret_value(SecretId="partner", SecretString=value("2026"))
    time[0] += 1
    newer = keys.another_than(old)
    assert newer is not None
    assert newer.key_id == "2026"
    assert keys.current() == newer


def test_a_key_may_be_rotated_twice_in_a_moment(keys: PartnerKeys, secrets: Client, time: list[float]) -> None:
    """A look that found another key does not keep the next one from being made."""
    used = keys.current()
    for name in ("2026", "2027"):
        secrets.put_secret_value(SecretId="partner", SecretString=value(name))
        time[0] += 1
        newer = keys.another_than(used)
        assert newer is not None
        assert newer.key_id == name
        used = newer


def test_refusals_do_not_flood_secrets_manager(
    keys: PartnerKeys, time: list[float], requests_to: Callable[[str], list[str]]
) -> None:
    """When it is not the key that is wrong, one look in half a minute finds that out."""
    key = keys.current()
    seen = requests_to("secretsmanager")
    for _ in range(60):
        time[0] += 1
        assert keys.another_than(key) is None
    assert len(seen) == 2


def test_a_secret_of_another_form_is_named_as_the_reason(keys: PartnerKeys, secrets: Client) -> None:
    """And not shown."""
    secrets.put_secret_value(SecretId="partner", SecretString="hunter2")
    with pytest.raises(MalformedKeys) as refused:
        keys.current()
    assert "hunter2" not in str(refused.value)
