"""The functions as Lambda runs them: imported with nothing happening, wired on the first event."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

import boto3
import pytest
from moto import mock_aws

import patterns_web_api.entrypoints
from patterns_shared.adapters.order_items import order_to_item
from patterns_shared.domain.event_codec import encode_event
from patterns_shared.domain.events import EventType
from patterns_shared.testing import make_event, make_order
from patterns_web_api.testing import Shop

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import AttributeDefinitionTypeDef

NAMES = ["api", "relay", "outcome"]
REGION = "us-east-1"
ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "AWS_DEFAULT_REGION": REGION,
    "STAGE": "test",
    "APP_VERSION": "1.2.3",
    "ORDERS_TABLE": "patterns-test-orders",
    "USER_POOL_CLIENT_ID": "client-of-the-page",
    "SITE_ORIGIN": "https://shop.example.com",
    "EVENT_SOURCE": "patterns.test",
}


def run(code: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run code in a Python of its own, with this environment and no other."""
    return subprocess.run(
        [sys.executable, "-I", "-c", code], env=environment, capture_output=True, text=True, check=False
    )


def test_importing_does_nothing_and_the_first_event_names_what_is_missing() -> None:
    """With an empty environment: no file written, no connection, no client, nothing said; then MissingSetting."""
    done = run("""
import sys
sys.dont_write_bytecode = True
seen = []
def watch(event, arguments):
    if event == "socket.connect" or event == "open" and "w" in str(arguments[1]):
        seen.append((event, arguments))
sys.addaudithook(watch)
import patterns_web_api.entrypoints.api as api
import patterns_web_api.entrypoints.outcome as outcome
import patterns_web_api.entrypoints.relay as relay
import gc, botocore.client
assert not seen, seen
assert not [o for o in gc.get_objects() if isinstance(o, botocore.client.BaseClient)], "a client was made"
from patterns_web_api.settings import MissingSetting
for function in (api, outcome, relay):
    try:
        function.lambda_handler({"Records": []}, None)
    except MissingSetting as missing:
        assert missing.variable == "STAGE"
    else:
        raise AssertionError(function)
""")

    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.parametrize("name", NAMES)
def test_an_entrypoint_only_decodes_and_encodes(name: str) -> None:
    """At most 40 lines."""
    source = Path(patterns_web_api.entrypoints.__path__[0], f"{name}.py")

    assert len(source.read_text().splitlines()) <= 40


def test_answering_an_order_imports_no_documentation_and_no_boto3() -> None:
    """An import of either on the path of an order would make every cold start slower."""
    code = """
import sys
import patterns_web_api.entrypoints.api as entrypoint
entrypoint.lambda_handler({"httpMethod": "POST", "path": "/orders", "resource": "/orders", "requestContext": {}}, None)
for name in ("boto3", "s3transfer", "pydantic.v1", "patterns_web_api.http.documents", "patterns_web_api.http.openapi",
             "aws_xray_sdk", "email_validator", "httpx", "patterns_shared.testing"):
    assert name not in sys.modules, name
"""
    done = run(code, **ENVIRONMENT, CURSOR_SECRET_ARN="arn:secret", PYDANTIC_DISABLE_PLUGINS="__all__")

    assert done.returncode == 0, done.stderr
    assert '"status":401' in done.stdout


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    """An account (moto) with what the three functions need, and their environment."""
    with mock_aws():
        for variable, value in ENVIRONMENT.items():
            monkeypatch.setenv(variable, value)
        secret = boto3.client("secretsmanager").create_secret(Name="cursors", SecretString="key")
        monkeypatch.setenv("CURSOR_SECRET_ARN", secret["ARN"])
        queue = boto3.client("sqs").create_queue(QueueName="relay-dead-letters")["QueueUrl"]
        monkeypatch.setenv("RELAY_DEAD_LETTER_URL", queue)
        monkeypatch.setenv("DEAD_LETTER_URL", boto3.client("sqs").create_queue(QueueName="outcomes")["QueueUrl"])
        monkeypatch.setenv("QUEUE_URL", boto3.client("sqs").create_queue(QueueName="own")["QueueUrl"])
        monkeypatch.setenv("MAX_RECEIVES", "5")
        indexes = {"by_customer": "customer_id", "by_customer_status": "customer_status"}
        text: list[AttributeDefinitionTypeDef] = [
            {"AttributeName": name, "AttributeType": "S"} for name in ("pk", "order_id", *indexes.values())
        ]
        boto3.client("dynamodb").create_table(
            TableName=ENVIRONMENT["ORDERS_TABLE"],
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
            AttributeDefinitions=text,
            BillingMode="PAY_PER_REQUEST",
            GlobalSecondaryIndexes=[
                {
                    "IndexName": index,
                    "KeySchema": [
                        {"AttributeName": key, "KeyType": "HASH"},
                        {"AttributeName": "order_id", "KeyType": "RANGE"},
                    ],
                    "Projection": {"ProjectionType": "ALL"},
                }
                for index, key in indexes.items()
            ],
        )
        yield boto3
    for name in NAMES:
        for wired in ("app", "relay", "outcomes"):
            cached = getattr(import_module(f"patterns_web_api.entrypoints.{name}"), wired, None)
            if cached is not None:
                cached.cache_clear()


@pytest.fixture
def deployed(aws: ModuleType, shop: Shop) -> Shop:  # noqa: ARG001 - the account must be there
    """The real function behind the pretended gateway."""
    shop.handler = import_module("patterns_web_api.entrypoints.api").lambda_handler
    return shop


@pytest.mark.filterwarnings("ignore:Dimension")
def test_the_api_works_on_a_table(deployed: Shop) -> None:
    """Placing, replaying, paging with a signed cursor, cancelling."""
    key = {"Idempotency-Key": "key"}
    placed = deployed.place(headers=key)
    assert placed.status == 201
    assert deployed.place(headers=key).json == placed.json
    newest = deployed.place().json["order_id"]

    first = deployed.send("GET", "/orders", query={"limit": "1"}).json
    second = deployed.send("GET", "/orders", query={"limit": "1", "cursor": first["next_cursor"]}).json
    assert [page["orders"][0]["order_id"] for page in (first, second)] == [newest, placed.json["order_id"]]
    assert second["next_cursor"] is None

    assert deployed.send("POST", f"{placed.headers['location']}/cancel").json["status"] == "CANCELLED"
    assert deployed.send("GET", placed.headers["location"]).json["order_version"] == 2


@pytest.mark.filterwarnings("ignore:Dimension")
def test_the_relay_works_on_a_bus(aws: ModuleType) -> None:
    """An event goes out under the stage's source; a broken record goes to the queue."""
    events, sqs = aws.client("events"), aws.client("sqs")
    queue = sqs.create_queue(QueueName="watch")
    arn = sqs.get_queue_attributes(QueueUrl=queue["QueueUrl"], AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    events.put_rule(Name="watch", EventPattern=json.dumps({"source": ["patterns.test"]}))
    events.put_targets(Rule="watch", Targets=[{"Id": "1", "Arn": arn}])
    order = make_order()
    stream = {
        "Keys": {"pk": {"S": f"ORDER#{order.order_id}"}},
        "SequenceNumber": "1",
        "NewImage": order_to_item(order, traceparent=""),
    }
    handler = import_module("patterns_web_api.entrypoints.relay").lambda_handler

    answer = handler(
        {
            "Records": [
                {"eventName": "INSERT", "dynamodb": stream},
                {"eventName": "INSERT", "dynamodb": {**stream, "NewImage": {}}},
            ]
        },
        None,
    )

    assert answer == {"batchItemFailures": []}
    (seen,) = sqs.receive_message(QueueUrl=queue["QueueUrl"])["Messages"]
    assert json.loads(seen["Body"])["detail"]["order_id"] == order.order_id
    (dead,) = sqs.receive_message(QueueUrl=os.environ["RELAY_DEAD_LETTER_URL"])["Messages"]
    assert json.loads(dead["Body"])["record"]["dynamodb"]["NewImage"] == {}


@pytest.mark.filterwarnings("ignore:Dimension")
def test_the_outcome_works_on_a_table(deployed: Shop, aws: ModuleType) -> None:
    """A good message moves its order; a bad one alone is a dead letter, at once and with its reason."""
    placed = deployed.place().json
    order = make_order(order_id=placed["order_id"], customer_id=placed["customer_id"])
    detail = encode_event(make_event(EventType.ORDER_FULFILLED, order))
    body = json.dumps({"detail-type": "OrderFulfilled", "detail": detail})
    handler = import_module("patterns_web_api.entrypoints.outcome").lambda_handler

    answer = handler(
        {"Records": [{"messageId": "bad", "body": "{"}, {"messageId": "good", "body": body}]},
        None,
    )

    assert answer == {"batchItemFailures": []}
    received = aws.client("sqs").receive_message(
        QueueUrl=os.environ["DEAD_LETTER_URL"], MessageAttributeNames=["All"], MaxNumberOfMessages=10
    )
    (letter,) = received["Messages"]
    assert letter["Body"] == "{"
    assert "is not JSON" in letter["MessageAttributes"]["reason"]["StringValue"]
    assert deployed.send("GET", f"/orders/{order.order_id}").json["status"] == "FULFILLED"
