"""Ways from the topic to a ledger: a queue, a function, a table. Ours is found, the peers' are made like it."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from benchmarks.asynchronous.code import archive_of
from patterns_local.platform import Platform

__all__ = ["Route", "like", "make_queue", "make_tables", "ours", "subscribed"]

_DEPTHS = ("ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible")
_LIKE_QUEUE = ("VisibilityTimeout", "MessageRetentionPeriod")
_LIKE_FUNCTION = ("Runtime", "Architectures", "MemorySize", "Timeout")
_LIKE_MAPPING = ("BatchSize", "MaximumBatchingWindowInSeconds", "FunctionResponseTypes", "ScalingConfig")
_LIKE_SUBSCRIPTION = ("FilterPolicy", "RawMessageDelivery")
_LIKE_INDEX = ("IndexName", "KeySchema", "Projection")


@dataclass(frozen=True, slots=True)
class Route:
    """One way, and the topic that it begins at.

    Attributes:
        platform: where it is.
        topic_arn: the topic.
        queue_url: the queue, which is subscribed for as long as the route is used.
        subscription: the attributes of its subscription.
        function: the function's name.
        table: the ledger's table; empty for a function that books nothing.
    """

    platform: Platform
    topic_arn: str
    queue_url: str
    subscription: Mapping[str, str]
    function: str
    table: str

    def waiting(self) -> int:
        """Return how many messages are in the queue or in the function's hands."""
        found = self.platform.client("sqs").get_queue_attributes(QueueUrl=self.queue_url, AttributeNames=_DEPTHS)
        return sum(int(found["Attributes"][name]) for name in _DEPTHS)

    def entries(self) -> int:
        """Return how many entries the table has; on the platform, unlike AWS, the table's own count is up to date."""
        table = self.platform.client("dynamodb").describe_table(TableName=self.table)["Table"]
        return int(table["ItemCount"])

    def amounts(self) -> dict[str, int]:
        """Return every entry's amount by event id."""
        pages = self.platform.client("dynamodb").get_paginator("scan").paginate(TableName=self.table)
        return {item["event_id"]["S"]: int(item["amount"]["N"]) for page in pages for item in page["Items"]}


def ours(platform: Platform) -> Route:
    """Return our ledger's route; afterwards the topic has no subscription."""
    outputs = platform.outputs()["async"]
    topic, queue, table = (str(outputs[name]) for name in ("topic_arn", "ledger_queue_url", "ledger_table"))
    sns = platform.client("sns")
    subscription: dict[str, str] = {}
    for found in sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]:
        if found["Endpoint"] == _arn(platform, queue):
            given = sns.get_subscription_attributes(SubscriptionArn=found["SubscriptionArn"])["Attributes"]
            subscription = {name: given[name] for name in _LIKE_SUBSCRIPTION}
        sns.unsubscribe(SubscriptionArn=found["SubscriptionArn"])
    (mapping,) = platform.client("lambda").list_event_source_mappings(EventSourceArn=_arn(platform, queue))[
        "EventSourceMappings"
    ]
    return Route(platform, topic, queue, subscription, mapping["FunctionArn"].rsplit(":", 1)[-1], table)


def like(model: Route, name: str, module: str, *, libraries: bool) -> Route:
    """Make a route like another one for a peer's function; one without libraries books nothing and has no tables."""
    platform = model.platform
    queue = make_queue(model, name)
    tables = make_tables(model, name)
    variables = {"LEDGER_TABLE": tables[0], "IDEMPOTENCY_TABLE": tables[1]}
    variables |= {"POWERTOOLS_SERVICE_NAME": "ledger", "POWERTOOLS_METRICS_NAMESPACE": "Patterns"}
    function = platform.client("lambda")
    configuration = function.get_function_configuration(FunctionName=model.function)
    function.create_function(
        FunctionName=name,
        Handler=f"benchmarks.peers.{module}.lambda_handler",
        Role=_role(platform, name, [_arn(platform, queue)], tables),
        Code={"ZipFile": archive_of(module, libraries=libraries)},
        Environment={"Variables": variables},
        **{key: configuration[key] for key in _LIKE_FUNCTION},
    )
    (fed,) = function.list_event_source_mappings(FunctionName=model.function)["EventSourceMappings"]
    function.create_event_source_mapping(
        FunctionName=name,
        EventSourceArn=_arn(platform, queue),
        **{key: fed[key] for key in _LIKE_MAPPING if fed.get(key)},
    )
    return Route(platform, model.topic_arn, queue, model.subscription, name, tables[0] if libraries else "")


@contextmanager
def subscribed(route: Route) -> Iterator[None]:
    """Let the route, and no other, have what is published."""
    sns = route.platform.client("sns")
    arn = sns.subscribe(
        TopicArn=route.topic_arn,
        Protocol="sqs",
        Endpoint=_arn(route.platform, route.queue_url),
        Attributes=dict(route.subscription),
        ReturnSubscriptionArn=True,
    )["SubscriptionArn"]
    try:
        yield
    finally:
        sns.unsubscribe(SubscriptionArn=arn)


def _arn(platform: Platform, queue_url: str) -> str:
    found = platform.client("sqs").get_queue_attributes(QueueUrl=queue_url, AttributeNames=["QueueArn"])
    return str(found["Attributes"]["QueueArn"])


def make_queue(model: Route, name: str) -> str:
    """Make a queue with dead letters, like the model's in all figures; return its URL."""
    sqs = model.platform.client("sqs")
    given = sqs.get_queue_attributes(QueueUrl=model.queue_url, AttributeNames=["All"])["Attributes"]
    dead_letters = _arn(model.platform, sqs.create_queue(QueueName=f"{name}-dead-letters")["QueueUrl"])
    redrive = {**json.loads(given["RedrivePolicy"]), "deadLetterTargetArn": dead_letters}
    policy = {"Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}, "Action": "sqs:SendMessage"}
    attributes = {key: given[key] for key in _LIKE_QUEUE} | {"RedrivePolicy": json.dumps(redrive)}
    attributes["Policy"] = _policy({**policy, "Resource": "*"})
    return str(sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"])


def make_tables(model: Route, name: str) -> list[str]:
    """Make a table with the same key and index as the model's, and one as Powertools' documentation asks for."""
    ledger, idempotency = f"{name}-ledger", f"{name}-idempotency"
    dynamodb = model.platform.client("dynamodb")
    table = dynamodb.describe_table(TableName=model.table)["Table"]
    dynamodb.create_table(
        TableName=ledger,
        BillingMode="PAY_PER_REQUEST",
        KeySchema=table["KeySchema"],
        AttributeDefinitions=table["AttributeDefinitions"],
        GlobalSecondaryIndexes=[{key: index[key] for key in _LIKE_INDEX} for index in table["GlobalSecondaryIndexes"]],
    )
    dynamodb.create_table(
        TableName=idempotency,
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
    )
    return [ledger, idempotency]


def _role(platform: Platform, name: str, queues: list[str], tables: list[str]) -> str:
    """Make a role that may do what the function does, so that its requests are checked as ours are."""
    iam = platform.client("iam")
    trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=_policy(trust))["Role"]["Arn"]
    receive = ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"]
    write = [f"dynamodb:{action}Item" for action in ("Get", "Put", "Update", "Delete")]
    arns = [f"arn:aws:dynamodb:{platform.region}:{platform.account}:table/{table}" for table in tables]
    statements: list[dict[str, Any]] = [
        {"Effect": "Allow", "Action": receive, "Resource": queues},
        {"Effect": "Allow", "Action": write, "Resource": arns},
    ]
    iam.put_role_policy(RoleName=name, PolicyName="work", PolicyDocument=_policy(*statements))
    return str(role)


def _policy(*statements: Mapping[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": statements})
