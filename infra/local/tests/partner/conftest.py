"""A partner of their own for these tests, in its own process, with keys in the emulator's Secrets Manager."""

import json
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest

from patterns_deploy.folder import LocalFolder
from patterns_local.partner.client import PartnerClient
from patterns_local.partner.server import PartnerServer
from patterns_shared.adapters.partner_signature import SigningKey, sign
from patterns_shared.domain.event_codec import encode_event
from patterns_shared.testing.order_events import events_of_orders

# The fixture's class, which importlib's mode keeps out of reach as an import.
Emulator = Any

KEY = SigningKey("first", b"a secret of the first key")


@dataclass
class Sender:
    """Who tells the partner of events, and the partner's own view of it."""

    server: PartnerServer
    control: PartnerClient
    emulator: Emulator
    secret_arn: str
    _events: Iterator[Any] = field(default_factory=lambda: iter(events_of_orders(seed=time.time_ns(), orders=1000)))

    def document(self) -> dict[str, Any]:
        """Return a new event as the partner is told of it: without the contact."""
        document = encode_event(next(self._events))
        del document["data"]["contact"]
        return document

    def post(
        self,
        document: object,
        *,
        key: SigningKey = KEY,
        skew: int = 0,
        headers: Mapping[str, str] | None = None,
        timeout: float = 30.0,
    ) -> httpx.Response:
        """Post a document (bytes as they are), signed; ``headers`` replace those of a proper request."""
        body = document if isinstance(document, bytes) else json.dumps(document).encode()
        event_id = document["id"] if isinstance(document, dict) else "none"
        signed = sign(key, body, timestamp=int(time.time()) + skew)
        proper = {"Idempotency-Key": str(event_id), "Content-Type": "application/json", **signed}
        return httpx.post(
            self.server.url, content=body, headers=proper | dict(headers or {}), trust_env=False, timeout=timeout
        )

    def rotate(self, current: SigningKey, previous: SigningKey | None = None) -> None:
        """Write other keys into the secret."""
        value = json.dumps({"current": _shown(current), "previous": _shown(previous) if previous else None})
        self.emulator.client("secretsmanager").put_secret_value(SecretId=self.secret_arn, SecretString=value)


def _shown(key: SigningKey) -> dict[str, str]:
    return {"key_id": key.key_id, "secret": key.secret.decode()}


@pytest.fixture(scope="module")
def running(corrected: Emulator, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sender]:
    """Start a partner, and make its secret."""
    folder = LocalFolder(tmp_path_factory.mktemp("partner"))
    made = corrected.client("secretsmanager").create_secret(Name=f"keys-{time.time_ns()}", SecretString="{}")
    with PartnerServer(folder, corrected.endpoint_url) as server:
        server.wait_ready(abandoned=lambda: False)
        control = PartnerClient(server.url)
        control.learn(made["ARN"])
        yield Sender(server, control, corrected, made["ARN"])


@pytest.fixture
def sender(running: Sender) -> Sender:
    """Return a partner that is well and knows of nothing but the first key."""
    running.rotate(KEY)
    running.control.behave("up")
    running.control.forget()
    return running
