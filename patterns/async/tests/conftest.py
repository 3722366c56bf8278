"""What the tests share: AWS as moto plays it, a partner that really listens, receivers ready to use."""

import json
import re
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from unittest.mock import patch

import hypothesis
import pytest
from aws_lambda_powertools import Logger
from moto import mock_aws
from moto.dynamodb.models import DynamoDBBackend
from moto.dynamodb.models.dynamo_type import DynamoType

from patterns_shared.adapters.event_receiver import AfterBatch, Receiver
from patterns_shared.adapters.message_reports import Reporter
from patterns_shared.observability.logger import make_logger
from patterns_shared.observability.metrics import make_metrics
from patterns_shared.testing import RecordingDeadLetters, no_account

# A busy machine is no reason to fail. `--hypothesis-profile thorough` looks longer.
_PATIENT = hypothesis.settings(deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow])
hypothesis.settings.register_profile("quick", _PATIENT, max_examples=30, stateful_step_count=30)
hypothesis.settings.register_profile("thorough", _PATIENT, max_examples=2_000)
hypothesis.settings.load_profile("quick")

Client = no_account.Client


_no_account = no_account.no_account
clients = no_account.clients


@pytest.fixture
def aws() -> Iterator[None]:
    """AWS as moto plays it, with nothing in it."""
    with mock_aws(), patch.object(DynamoDBBackend, "batch_execute_statement", _batch_execute_statement):
        yield


_UPSTREAM = DynamoDBBackend.batch_execute_statement
_INSERT = re.compile(r"""INSERT INTO "([^"]+)" VALUE \{((?:'\w+':\?,?)+)\}""")


def _batch_execute_statement(self: DynamoDBBackend, statements: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Insert as AWS does; moto cannot read an insert's parameters, and would overwrite (a test fails when it can)."""
    responses: list[dict[str, Any]] = []
    for statement in statements:
        found = _INSERT.fullmatch(statement["Statement"])
        assert found, statement
        table = self.tables[found[1]]
        item = dict(zip(re.findall(r"\w+", found[2]), statement["Parameters"], strict=True))
        if table.get_item(DynamoType(item[table.hash_key_attr])):
            responses.append({"Error": {"Code": "DuplicateItem", "Message": "Duplicate primary key exists in table"}})
        else:
            table.put_item(item)
            responses.append({"TableName": found[1]})
    return responses


@pytest.fixture
def uncorrected(aws: None) -> Iterator[None]:  # noqa: ARG001
    """AWS as moto plays it, without the correction."""
    with patch.object(DynamoDBBackend, "batch_execute_statement", _UPSTREAM):
        yield


@pytest.fixture
def ledger_table(aws: None, clients: Callable[[str], Client]) -> str:  # noqa: ARG001
    """The ledger's table, as the stack defines it."""
    clients("dynamodb").create_table(
        TableName="ledger",
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "event_id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("event_id", "order_id")],
        GlobalSecondaryIndexes=[
            {
                "IndexName": "by_order",
                "KeySchema": [
                    {"AttributeName": "order_id", "KeyType": "HASH"},
                    {"AttributeName": "event_id", "KeyType": "RANGE"},
                ],
                "Projection": {"ProjectionType": "ALL"},
            }
        ],
    )
    return "ledger"


@pytest.fixture
def keyed_table(aws: None, clients: Callable[[str], Client]) -> Callable[[str, str], str]:  # noqa: ARG001
    """Make a table of this name and key."""

    def make(name: str, key: str) -> str:
        clients("dynamodb").create_table(
            TableName=name,
            BillingMode="PAY_PER_REQUEST",
            KeySchema=[{"AttributeName": key, "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"}],
        )
        return name

    return make


@pytest.fixture
def requests_to(clients: Callable[[str], Client]) -> Iterator[Callable[[str], list[str]]]:
    """Record a client's requests from now on, as names of operations."""
    watching: list[tuple[Client, Any]] = []

    def watch(service: str) -> list[str]:
        seen: list[str] = []

        def note(event_name: str, **_: object) -> None:
            seen.append(event_name.rsplit(".", 1)[-1])

        clients(service).meta.events.register_first(f"before-send.{service}", note)
        watching.append((clients(service), note))
        return seen

    yield watch
    for client, note in watching:
        client.meta.events.unregister(f"before-send.{client.meta.service_model.service_name}", note)


@pytest.fixture(scope="session")
def logger() -> Logger:
    """The functions' logger."""
    return make_logger("async", "test")


@pytest.fixture
def dead_letters() -> RecordingDeadLetters:
    """Dead letters in a list."""
    return RecordingDeadLetters()


@pytest.fixture
def make_receiver(logger: Logger, dead_letters: RecordingDeadLetters) -> Callable[..., Receiver]:
    """Make a receiver whose dead letters are kept in ``dead_letters``."""

    def make(name: str = "ledger", *, last_receive: int = 10, after_batch: AfterBatch = lambda _: None) -> Receiver:
        metrics = make_metrics("async", "test")
        reporter = Reporter(name, pattern="async", stage="test", logger=logger, metrics=metrics)
        return Receiver(
            dead_letters=dead_letters, reporter=reporter, last_receive=last_receive, after_batch=after_batch
        )

    return make


@pytest.fixture
def lines(capsys: pytest.CaptureFixture[str]) -> Callable[[], list[dict[str, Any]]]:
    """Return the JSON lines written since the last call, without the metrics."""

    def read() -> list[dict[str, Any]]:
        written = [json.loads(line) for line in capsys.readouterr().out.splitlines() if line.startswith("{")]
        return [line for line in written if "_aws" not in line]

    return read


class PartnerServer(ThreadingHTTPServer):
    """A partner on this machine; ``behave`` says what it does with a request, and ``seen`` what it was asked."""

    daemon_threads = True

    def __init__(self) -> None:
        """Listen on a free port."""
        super().__init__(("127.0.0.1", 0), _PartnerHandler)
        self.seen: list[tuple[dict[str, str], bytes]] = []
        self.connections = 0
        self.behave: Callable[[BaseHTTPRequestHandler], None] = reply(200)

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.server_port}/events"

    def get_request(self) -> tuple[Any, Any]:
        """Count connections."""
        self.connections += 1
        return super().get_request()

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ANN401
        """Say nothing: clients that hang up are what these tests are about."""


class _PartnerHandler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1
    disable_nagle_algorithm = True
    server: PartnerServer

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.seen.append((dict(self.headers.items()), body))
        self.server.behave(self)

    def log_message(self, *_: object) -> None:
        """Keep the output of the tests clean."""


def reply(status: int, body: bytes = b"", **headers: str) -> Callable[[BaseHTTPRequestHandler], None]:
    """Return a behaviour that answers with this status, body and these headers (``_`` stands for ``-``)."""

    def behave(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    return behave


@pytest.fixture(scope="session")
def answering() -> Callable[..., Callable[[BaseHTTPRequestHandler], None]]:
    """Return ``reply`` to tests: they are no package, and import nothing from here."""
    return reply


@pytest.fixture
def partner_server() -> Iterator[PartnerServer]:
    """A partner that answers 200 until told otherwise."""
    server = PartnerServer()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()
