"""What the tests of several modules need: AWS that is not there, and a table that is."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import hypothesis
import pytest
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.compat import HTTPHeaders
from botocore.exceptions import ReadTimeoutError
from moto import mock_aws
from moto.core.models import botocore_stubber

from patterns_shared.adapters import aws_client
from patterns_shared.testing import no_account

# A busy machine is no reason to fail. `--hypothesis-profile thorough` looks longer.
_PATIENT = hypothesis.settings(deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow])
hypothesis.settings.register_profile("quick", _PATIENT, max_examples=50)
hypothesis.settings.register_profile("thorough", _PATIENT, max_examples=2_000)
hypothesis.settings.load_profile("quick")

Client = no_account.Client
Answers = Callable[..., list[bytes]]
LoseAnswer = Callable[[Client, str], list[str]]


_no_account = no_account.no_account
clients = no_account.clients


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
