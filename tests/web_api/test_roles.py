"""Each function's role can do what the function needs, and is refused the next action."""

import secrets
from collections.abc import Iterator

import pytest
from tests.clients import administrator
from tests.role_calls import (
    CLAIM,
    TABLE,
    Client,
    change_secret,
    delete,
    describe,
    put,
    put_event,
    put_rule,
    query_index,
    query_table,
    read,
    receive,
    scan,
    scan_index,
    secret,
    send,
    transact,
    update,
)
from tests.roles import assumed, is_refused
from tests.stack import WebApiStack

from patterns_local.platform import Platform

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def others_secret(platform: Platform) -> Iterator[str]:
    """Give a secret that is not this stack's."""
    client, name = administrator(platform, "secretsmanager"), f"another-stacks-{secrets.token_hex(4)}"
    client.create_secret(Name=name, SecretString="nothing to see")
    yield name
    client.delete_secret(SecretId=name, ForceDeleteWithoutRecovery=True)


@pytest.fixture(scope="module")
def others_table(platform: Platform) -> Iterator[str]:
    """Give a table that is not this stack's."""
    client, name = administrator(platform, "dynamodb"), f"another-stacks-{secrets.token_hex(4)}"
    client.create_table(
        TableName=name,
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    yield name
    client.delete_table(TableName=name)


@pytest.fixture(scope="module")
def role_names(stack: WebApiStack) -> dict[str, str]:
    """Return the functions' roles by what the functions run."""
    roles = {name: stack.function(name)["Role"].rpartition("/")[2] for name in ("api", "relay", "outcome")}
    assert len(set(roles.values())) == 3
    return roles


def test_the_api_reads_and_writes_orders_and_nothing_else(
    platform: Platform, stack: WebApiStack, role_names: dict[str, str], others_secret: str, others_table: str
) -> None:
    """It has the five requests of its routes and its one secret; no deleting, no scanning, no bus, no queues."""
    cursor_key = stack.environment("api")["CURSOR_SECRET_ARN"]
    with assumed(platform, role_names["api"]) as client:
        for call in (put, transact, update, read, secret(cursor_key)):
            call(client)
        query_index("by_customer", "customer_id")(client)
        query_index("by_customer_status", "customer_status")(client)
        refused = {
            "dynamodb:DeleteItem": delete,
            "dynamodb:Query": query_table,
            "dynamodb:DescribeTable": describe,
            "dynamodb:GetItem": lambda c: c("dynamodb").get_item(TableName=others_table, Key=CLAIM),
            "dynamodb:PutItem": lambda c: c("dynamodb").put_item(TableName=others_table, Item=CLAIM),
            "secretsmanager:GetSecretValue": secret(others_secret),
            "secretsmanager:DescribeSecret": change_secret(cursor_key),
            "events:PutEvents": put_event,
            "sqs:ReceiveMessage": receive(stack.outcome_queue),
            "sqs:SendMessage": send(stack.outcome_dead_letters),
        }
        for action, call in refused.items():
            assert is_refused(platform, client, action, call)


def test_the_relay_reads_the_stream_and_writes_to_the_bus_and_nothing_else(
    platform: Platform, stack: WebApiStack, role_names: dict[str, str]
) -> None:
    """It reads changes, never the table; it cannot write an order, and of the queues it has its own dead letters."""
    stream = administrator(platform, "dynamodb").describe_table(TableName=TABLE)["Table"]["LatestStreamArn"]

    def read_stream(client: Client) -> None:
        streams = client("dynamodbstreams")
        shard = streams.describe_stream(StreamArn=stream)["StreamDescription"]["Shards"][0]["ShardId"]
        at = streams.get_shard_iterator(StreamArn=stream, ShardId=shard, ShardIteratorType="LATEST")["ShardIterator"]
        streams.get_records(ShardIterator=at)

    with assumed(platform, role_names["relay"]) as client:
        for call in (read_stream, put_event, send(stack.relay_dead_letters)):
            call(client)
        refused = {
            "dynamodb:GetItem": read,
            "dynamodb:Query": query_table,
            "dynamodb:PutItem": put,
            "dynamodb:UpdateItem": update,
            "dynamodb:DeleteItem": delete,
            "events:PutRule": put_rule,
            "sqs:ReceiveMessage": receive(stack.relay_dead_letters),
            "sqs:SendMessage": send(stack.outcome_dead_letters),
            "secretsmanager:GetSecretValue": secret(stack.environment("api")["CURSOR_SECRET_ARN"]),
        }
        for action, call in refused.items():
            assert is_refused(platform, client, action, call)


def test_the_outcome_function_moves_orders_and_nothing_else(
    platform: Platform, stack: WebApiStack, role_names: dict[str, str]
) -> None:
    """It takes messages, sets them aside and updates items: it reads no order, makes none, and publishes nothing."""
    with assumed(platform, role_names["outcome"]) as client:
        for call in (update, receive(stack.outcome_queue), send(stack.outcome_dead_letters)):
            call(client)
        refused = {
            "dynamodb:GetItem": read,
            "dynamodb:PutItem": put,
            "dynamodb:DeleteItem": delete,
            "dynamodb:Query": query_index("by_customer", "customer_id"),
            "events:PutEvents": put_event,
            "sqs:SendMessage": send(stack.outcome_queue),
            "sqs:ReceiveMessage": receive(stack.outcome_dead_letters),
            "secretsmanager:GetSecretValue": secret(stack.environment("api")["CURSOR_SECRET_ARN"]),
        }
        for action, call in refused.items():
            assert is_refused(platform, client, action, call)


def test_no_role_of_the_stack_can_scan(platform: Platform, stack: WebApiStack, role_names: dict[str, str]) -> None:
    """Whatever roles the stack has, neither the table nor an index can be read as a whole."""
    roles = stack.names("AWS::IAM::Role")
    assert set(role_names.values()) <= set(roles)
    for role in roles:
        with assumed(platform, role) as client:
            assert is_refused(platform, client, "dynamodb:Scan", scan)
            assert is_refused(platform, client, "dynamodb:Scan", scan_index)


def test_a_role_that_is_no_functions_is_not_there(stack: WebApiStack, role_names: dict[str, str]) -> None:
    """The three functions' roles are all: nothing in the stack acts with rights that no test has looked at."""
    assert set(stack.names("AWS::IAM::Role")) == set(role_names.values())
