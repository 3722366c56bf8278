"""What the tests of several modules need: AWS that is not there, and a table that is."""

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import cache
from typing import Any
from unittest.mock import patch

import hypothesis
import pytest
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.compat import HTTPHeaders
from botocore.exceptions import ReadTimeoutError
from moto import mock_aws
from moto.core.models import botocore_stubber

from patterns_shared.adapters import aws_client

# A busy machine is no reason to fail. `--hypothesis-profile thorough` looks longer.
_PATIENT = hypothesis.settings(deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow])
hypothesis.settings.register_profile("quick", _PATIENT, max_examples=50)
hypothesis.settings.register_profile("thorough", _PATIENT, max_examples=2_000)
hypothesis.settings.load_profile("quick")

Client = Any
"""botocore makes its client classes at run time."""
Answers = Callable[..., list[bytes]]
LoseAnswer = Callable[[Client, str], list[str]]


@pytest.fixture(autouse=True, scope="session")
def _no_account() -> Iterator[None]:
    """No test reaches an account, whatever the machine is configured with."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    fake = {
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_CONFIG_FILE": "/nonexistent",
        "AWS_SHARED_CREDENTIALS_FILE": "/nonexistent",
    }
    with patch.dict(os.environ, kept | fake, clear=True):
        yield


@pytest.fixture(scope="session")
def clients() -> Callable[[str], Client]:
    """Clients that try once, so that what they are answered is what an adapter sees; made once, since it takes time."""
    return cache(lambda service: aws_client.create_client(service, max_attempts=1))


@pytest.fixture(scope="module")
def table() -> Iterator[Client]:
    """A DynamoDB client with the table ``orders`` as the stack defines it."""
    with mock_aws():
        client = aws_client.create_client("dynamodb")
        client.create_table(
            TableName="orders",
            BillingMode="PAY_PER_REQUEST",
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
            AttributeDefinitions=[
                {"AttributeName": name, "AttributeType": "S"}
                for name in ("pk", "customer_id", "customer_status", "order_id")
            ],
            GlobalSecondaryIndexes=[
                {
                    "IndexName": f"by_{name.removesuffix('_id')}",
                    "KeySchema": [
                        {"AttributeName": name, "KeyType": "HASH"},
                        {"AttributeName": "order_id", "KeyType": "RANGE"},
                    ],
                    "Projection": {"ProjectionType": "ALL"},
                }
                for name in ("customer_id", "customer_status")
            ],
        )
        yield client


@pytest.fixture
def answers() -> Iterator[Answers]:
    """Make a client's HTTP layer give these answers, one a request; returns the requests' bodies as they come.

    An answer is ``(status, body)``, or an exception to raise. Everything above HTTP is botocore's own code.
    """
    with ExitStack() as undo:

        def use(client: Client, *answers: tuple[int, bytes] | Exception) -> list[bytes]:
            bodies: list[bytes] = []
            waiting = list(answers)

            def send(request: AWSPreparedRequest, **_: object) -> AWSResponse:
                # SNS takes a form, which botocore keeps as text until it is sent; the others take JSON, as bytes.
                assert isinstance(request.body, bytes | str)
                bodies.append(request.body.encode() if isinstance(request.body, str) else request.body)
                answer = waiting.pop(0)
                if isinstance(answer, Exception):
                    raise answer
                status, body = answer
                return AWSResponse(request.url, status, HTTPHeaders(), _Raw(body))

            client.meta.events.register_first("before-send", send)
            undo.callback(client.meta.events.unregister, "before-send", send)
            return bodies

        yield use


@pytest.fixture
def lose_answer(monkeypatch: pytest.MonkeyPatch) -> Iterator[LoseAnswer]:
    """Let the mocked service do what the next request of an operation says, and lose its answer on the way back."""
    monkeypatch.setattr("time.sleep", lambda _: None)
    with ExitStack() as undo:

        def use(client: Client, event: str) -> list[str]:
            lost: list[str] = []

            def send(request: AWSPreparedRequest, event_name: str, **_: object) -> None:
                if not lost:
                    lost.append(event_name)
                    answer = botocore_stubber(event_name, request)
                    assert answer is not None
                    assert answer.status_code == 200
                    raise ReadTimeoutError(endpoint_url=request.url)

            client.meta.events.register_first(event, send)
            undo.callback(client.meta.events.unregister, event, send)
            return lost

        yield use


class _Raw:
    """The part of urllib3's response that botocore reads."""

    def __init__(self, body: bytes) -> None:
        self._body = body

    def stream(self, **_: object) -> Iterator[bytes]:
        yield self._body
