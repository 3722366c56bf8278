import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any
from unittest.mock import patch

import pytest

from patterns_async.settings import MissingSetting
from patterns_shared.domain.event_content import content_digest
from patterns_shared.domain.events import EventType
from patterns_shared.testing import body_of, make_batch, make_event

Client = Any
Clients = Callable[[str], Client]
Server = Any
RECEIVERS: dict[str, Any] = json.loads(Path(__file__).parents[1].joinpath("receivers.json").read_text())
NAMES = [receiver["handler"].split(".")[-2] for receiver in RECEIVERS.values()]
"""Every entrypoint that a declaration names."""
SALE = make_event(EventType.ORDER_FULFILLED)
QUEUES = "https://sqs.us-east-1.amazonaws.com/123456789012/"


class Context:
    """Lambda's context, with a minute left."""

    def get_remaining_time_in_millis(self) -> int:
        """Return a minute."""
        return 60_000


@pytest.fixture
def queues(aws: None, clients: Clients) -> Callable[[str], str]:  # noqa: ARG001
    """Make a queue that hides nothing by itself, and return its URL."""

    def make(name: str) -> str:
        created = clients("sqs").create_queue(QueueName=name, Attributes={"VisibilityTimeout": "0"})
        return str(created["QueueUrl"])

    return make


@pytest.fixture
def start(queues: Callable[[str], str]) -> Iterator[Callable[..., ModuleType]]:
    """Return an entrypoint in this environment, as if Lambda had just started it."""
    started: list[ModuleType] = []
    with patch.dict(os.environ):

        def begin(name: str, **environment: str) -> ModuleType:
            shared = {"STAGE": "test", "APP_VERSION": "1", "MAX_RECEIVES": "10", "QUEUE_URL": queues("own")}
            os.environ.update(shared | {"DEAD_LETTER_URL": queues("dead")} | environment)
            module = import_module(f"patterns_async.entrypoints.{name}")
            module.app.cache_clear()
            started.append(module)
            return module

        yield begin
    for module in started:
        module.app.cache_clear()


@pytest.fixture
def reasons(clients: Clients) -> Callable[[], list[str]]:
    """Return the reasons of the dead letters."""

    def read() -> list[str]:
        answer = clients("sqs").receive_message(
            QueueUrl=f"{QUEUES}dead", MaxNumberOfMessages=10, MessageAttributeNames=["All"]
        )
        return [message["MessageAttributes"]["reason"]["StringValue"] for message in answer.get("Messages", [])]

    return read


@pytest.mark.parametrize("name", NAMES)
def test_importing_does_nothing(name: str) -> None:
    """No environment is read, no client made, no setting missed: a fresh interpreter without any imports it."""
    code = (
        f"import patterns_async.entrypoints.{name} as m, sys; "
        "assert callable(m.lambda_handler) and not m.app.cache_info().currsize; "
        "assert 'boto3' not in sys.modules and 'aws_xray_sdk' not in sys.modules"
    )
    bare = {name: os.environ[name] for name in ("PATH", "PYTHONPATH") if name in os.environ}
    subprocess.run([sys.executable, "-c", code], check=True, env=bare, timeout=60)


@pytest.mark.parametrize("name", NAMES)
def test_a_missing_setting_is_named_at_the_first_call(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """And not hidden as a failure of the batch's messages."""
    monkeypatch.delenv("STAGE", raising=False)
    module = import_module(f"patterns_async.entrypoints.{name}")
    module.app.cache_clear()
    with pytest.raises(MissingSetting, match="STAGE"):
        module.lambda_handler(make_batch([SALE]), Context())


def test_the_ledger_books(
    start: Callable[..., ModuleType], clients: Clients, ledger_table: str, reasons: Callable[[], list[str]]
) -> None:
    """From Lambda's event to the table; poison ends in the dead-letter queue with its reason."""
    ledger = start("ledger", LEDGER_TABLE=ledger_table)
    assert ledger.lambda_handler(make_batch([SALE, SALE, "poison"]), Context()) == {"batchItemFailures": []}
    (item,) = clients("dynamodb").scan(TableName=ledger_table)["Items"]
    assert item == {
        "event_id": {"S": SALE.id},
        "order_id": {"S": SALE.order_id},
        "order_version": {"N": "2"},
        "type": {"S": "OrderFulfilled"},
        "amount": {"N": "4870"},
        "currency": {"S": "EUR"},
        "occurred_at": {"S": "2026-01-05T09:30:00+00:00"},
        "trace_id": {"S": "4bf92f3577b34da6a3ce929d0e0e4736"},
        "content": {"S": content_digest(SALE, contact=False)},
    }
    assert reasons() == ["event: is not JSON at character 0"]


def test_notify_writes(
    start: Callable[..., ModuleType],
    clients: Clients,
    keyed_table: Callable[[str, str], str],
    queues: Callable[[str], str],
    capsys: pytest.CaptureFixture[str],
) -> None:
    """From Lambda's event to SES, once; and what it logs names no address."""
    clients("ses").verify_email_identity(EmailAddress="shop@example.com")
    clients("ses").create_configuration_set(ConfigurationSet={"Name": "set"})
    notify = start(
        "notify",
        NOTIFICATIONS_TABLE=keyed_table("sent", "order_id"),
        SENDER_EMAIL="shop@example.com",
        CONFIGURATION_SET="set",
        SUPPRESSIONS_TABLE=keyed_table("suppressions", "address_hash"),
        QUEUE_URL=queues("notify"),
    )
    for _ in range(2):
        assert notify.lambda_handler(make_batch([SALE]), Context()) == {"batchItemFailures": []}
    assert int(clients("ses").get_send_quota()["SentLast24Hours"]) == 1
    assert "@example.com" not in capsys.readouterr().out


def test_a_mail_waits_while_the_sender_is_not_verified(
    start: Callable[..., ModuleType],
    keyed_table: Callable[[str, str], str],
    queues: Callable[[str], str],
    reasons: Callable[[], list[str]],
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Of a batch of five none is a dead letter; the metric and the log name the cause, and no address."""
    notify = start(
        "notify",
        NOTIFICATIONS_TABLE=keyed_table("sent", "order_id"),
        SENDER_EMAIL="gone@example.com",
        CONFIGURATION_SET="set",
        SUPPRESSIONS_TABLE=keyed_table("suppressions", "address_hash"),
        QUEUE_URL=queues("notify"),
    )
    events = [make_event(EventType.ORDER_FULFILLED, id=f"event-{n}") for n in range(5)]
    assert len(notify.lambda_handler(make_batch(events), Context())["batchItemFailures"]) == 5
    assert not reasons()
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["MailsHeld"] for line in lines if line.get("cause") == "sender_not_verified"] == [[5.0]]
    assert [line["MessagesFailed"] for line in lines if "MessagesFailed" in line] == [[5.0]]
    assert sum("sender_not_verified: MessageRejected" in line.get("reason", "") for line in lines) == 5
    assert "@example.com" not in json.dumps(lines)


def test_an_address_that_bounced_is_not_written_to_again(
    start: Callable[..., ModuleType],
    clients: Clients,
    keyed_table: Callable[[str, str], str],
    queues: Callable[[str], str],
    reasons: Callable[[], list[str]],
    capsys: pytest.CaptureFixture[str],
) -> None:
    """From SES's event to the next mail, which is a success that is counted; no address is kept or logged."""
    bounce = {"bounceType": "Permanent", "bouncedRecipients": [{"emailAddress": SALE.data.contact.email}]}
    body = json.dumps({"detail-type": "Email Bounced", "detail": {"eventType": "Bounce", "bounce": bounce, "mail": {}}})
    suppressions = keyed_table("suppressions", "address_hash")
    bounces = start("bounces", SUPPRESSIONS_TABLE=suppressions)
    assert bounces.lambda_handler(make_batch([body, body, "poison"]), Context()) == {"batchItemFailures": []}
    assert reasons() == ["event: is not JSON"]
    (item,) = clients("dynamodb").scan(TableName=suppressions)["Items"]
    assert (item["reason"], "@" in json.dumps(item)) == ({"S": "bounce"}, False)

    notify = start(
        "notify",
        NOTIFICATIONS_TABLE=keyed_table("sent", "order_id"),
        SENDER_EMAIL="shop@example.com",
        CONFIGURATION_SET="set",
        SUPPRESSIONS_TABLE=suppressions,
        QUEUE_URL=queues("notify"),
    )
    assert notify.lambda_handler(make_batch([SALE]), Context()) == {"batchItemFailures": []}
    assert int(clients("ses").get_send_quota()["SentLast24Hours"]) == 0
    written = capsys.readouterr().out
    counts = [json.loads(line) for line in written.splitlines()]
    assert [line["MessagesSuppressed"] for line in counts if "MessagesSuppressed" in line] == [[1.0]]
    assert [line["AddressesSuppressed"] for line in counts if "AddressesSuppressed" in line] == [[2.0]]
    assert "@example.com" not in written


def test_outcome_forwards(start: Callable[..., ModuleType], clients: Clients, queues: Callable[[str], str]) -> None:
    """From Lambda's event to the rules on the bus."""
    url = queues("seen")
    clients("events").put_rule(Name="all", EventPattern=json.dumps({"source": ["patterns.test"]}))
    clients("events").put_targets(Rule="all", Targets=[{"Id": "1", "Arn": "arn:aws:sqs:us-east-1:123456789012:seen"}])
    outcome = start("outcome", EVENT_SOURCE="patterns.test")
    assert outcome.lambda_handler(make_batch([SALE]), Context()) == {"batchItemFailures": []}
    (message,) = clients("sqs").receive_message(QueueUrl=url)["Messages"]
    assert json.loads(message["Body"])["detail"] == json.loads(body_of(SALE))


def test_operators_read_of_rejected_orders(
    start: Callable[..., ModuleType], clients: Clients, queues: Callable[[str], str], capsys: pytest.CaptureFixture[str]
) -> None:
    """From Lambda's event to those who are subscribed to the topic: a sentence without the customer's address."""
    url = queues("operators")
    topic = clients("sns").create_topic(Name="operators")["TopicArn"]
    clients("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint="arn:aws:sqs:us-east-1:123456789012:operators")
    operators = start("operators", OPERATORS_TOPIC_ARN=topic)
    rejected = make_event(EventType.ORDER_REJECTED)
    assert operators.lambda_handler(make_batch([rejected]), Context()) == {"batchItemFailures": []}
    (message,) = clients("sqs").receive_message(QueueUrl=url)["Messages"]
    told = json.loads(message["Body"])
    assert told["Subject"] == "An order was rejected"
    assert rejected.order_id in told["Message"]
    assert "@" not in message["Body"]
    assert "@" not in capsys.readouterr().out


class TestPartner:
    """The partner function with everything real but AWS: HTTP, signature, circuit, waiting."""

    @pytest.fixture
    def partner(
        self,
        start: Callable[..., ModuleType],
        clients: Clients,
        keyed_table: Callable[[str, str], str],
        queues: Callable[[str], str],
        partner_server: Server,
        monkeypatch: pytest.MonkeyPatch,
    ) -> ModuleType:
        """The function, on a circuit that opens after two failures."""
        secret = {"current": {"key_id": "2026", "secret": "hunter2"}, "previous": None}
        clients("secretsmanager").create_secret(Name="partner", SecretString=json.dumps(secret))
        monkeypatch.setattr("time.sleep", lambda _: None)
        return start(
            "partner",
            PARTNER_URL=partner_server.url,
            PARTNER_SECRET_ARN="partner",
            QUEUE_URL=queues("partner"),
            CIRCUIT_TABLE=keyed_table("circuit", "circuit"),
            PARTNER_READ_SECONDS="1",
            CIRCUIT_FAILURES="2",
        )

    @pytest.fixture
    def received(self, clients: Clients) -> Callable[..., dict[str, Any]]:
        """Put events into the queue, and receive them as Lambda does."""

        def receive(count: int) -> dict[str, Any]:
            url = f"{QUEUES}partner"
            for n in range(count):
                event = make_event(EventType.ORDER_FULFILLED, id=f"event-{n}")
                clients("sqs").send_message(QueueUrl=url, MessageBody=body_of(event))
            answer = clients("sqs").receive_message(QueueUrl=url, MaxNumberOfMessages=10)
            return {
                "Records": [
                    {
                        "messageId": message["MessageId"],
                        "receiptHandle": message["ReceiptHandle"],
                        "body": message["Body"],
                        "attributes": {"ApproximateReceiveCount": "1"},
                    }
                    for message in answer["Messages"]
                ]
            }

        return receive

    def test_events_are_delivered(
        self,
        partner: ModuleType,
        partner_server: Server,
        received: Callable[..., dict[str, Any]],
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        """Each once, by its key; and neither key nor address is in the log."""
        assert partner.lambda_handler(received(3), Context()) == {"batchItemFailures": []}
        assert {headers["Idempotency-Key"] for headers, _ in partner_server.seen} == {f"event-{n}" for n in range(3)}
        logged = capsys.readouterr().out
        assert "event-2" in logged
        assert "hunter2" not in logged
        assert "@example.com" not in logged
        assert partner_server.seen[0][0]["X-Partner-Signature"] not in logged

    def test_a_refusal_is_a_dead_letter_with_the_partners_words(
        self,
        partner: ModuleType,
        partner_server: Server,
        answering: Callable[..., Callable[[BaseHTTPRequestHandler], None]],
        received: Callable[..., dict[str, Any]],
        reasons: Callable[[], list[str]],
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        """They are kept in the message's attributes, and not logged."""
        partner_server.behave = answering(422, b'{"detail": "no such sku"}')
        assert partner.lambda_handler(received(1), Context()) == {"batchItemFailures": []}
        assert reasons() == ['the partner answered 422: {"detail": "no such sku"}']
        assert "no such sku" not in capsys.readouterr().out

    def test_while_the_partner_is_down_messages_wait_in_the_queue(
        self,
        partner: ModuleType,
        partner_server: Server,
        answering: Callable[..., Callable[[BaseHTTPRequestHandler], None]],
        received: Callable[..., dict[str, Any]],
        clients: Clients,
    ) -> None:
        """Two tries open the circuit; all messages fail, and are hidden, though the queue would not hide them."""
        partner_server.behave = answering(503)
        batch = received(5)
        response = partner.lambda_handler(batch, Context())
        assert [item["itemIdentifier"] for item in response["batchItemFailures"]] == [
            record["messageId"] for record in batch["Records"]
        ]
        assert len(partner_server.seen) == 2
        (circuit,) = clients("dynamodb").scan(TableName="circuit")["Items"]
        assert circuit["state"] == {"S": "OPEN"}
        assert "Messages" not in clients("sqs").receive_message(QueueUrl=f"{QUEUES}partner")
