"""What the templates connect: the file that pictures are drawn from is up to date, and each kind of flow is found."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from patterns_cli.connections.stack_connections import FILE, Connections
from patterns_infra.registry import PATTERNS
from patterns_infra.synthesized import SynthesizedStack

ARN = ["arn:", {"Ref": "AWS::Partition"}, ":dynamodb:us-east-1:", {"Ref": "AWS::AccountId"}, ":table/shop-orders"]


def test_the_file_is_what_the_templates_connect(production_assembly: Callable[[str], Path]) -> None:
    """Write it anew with ``python -m patterns_cli.connections``, then draw: ``python -m pictures.architecture``."""
    stacks = {
        name: [SynthesizedStack(production_assembly(name), stack) for stack in pattern.stack_names("production")]
        for name, pattern in PATTERNS.items()
    }
    assert FILE.read_text() == Connections(stacks).text()


def connections(**resources: tuple[str, dict[str, Any]]) -> Connections:
    """Return what two stacks connect: one with a table of a name of its own, and one with these resources."""
    table = {"OrdersTable0123ABCD": {"Type": "AWS::DynamoDB::Table", "Properties": {"TableName": "shop-orders"}}}
    other = {name: {"Type": f"AWS::{kind}", "Properties": properties} for name, (kind, properties) in resources.items()}
    return Connections({"one": [SynthesizedStack.of({"Resources": table})], "two": [stack(other)]})


def stack(resources: dict[str, Any]) -> SynthesizedStack:
    """Return a stack of these resources."""
    return SynthesizedStack.of({"Resources": resources})


def got(name: str) -> dict[str, Any]:
    """Return a reference to a resource's ARN."""
    return {"Fn::GetAtt": [name, "Arn"]}


QUEUE: tuple[str, dict[str, Any]] = ("SQS::Queue", {})
FUNCTION = ("Lambda::Function", {"Role": got("Role")})


def test_a_queue_feeds_a_function_through_its_mapping() -> None:
    """Also where the mapping names an alias of the function."""
    found = connections(
        Queue=QUEUE,
        Work=FUNCTION,
        Live=("Lambda::Alias", {"FunctionName": {"Ref": "Work"}}),
        Mapping=("Lambda::EventSourceMapping", {"EventSourceArn": got("Queue"), "FunctionName": {"Ref": "Live"}}),
    )
    assert found.between == {("two.Queue", "two.Work"): {"event source mapping"}}


@pytest.mark.parametrize(
    ("pattern", "source"),
    [
        ({"detail-type": ["OrderPlaced"]}, "aws.DefaultBus"),
        ({"source": ["aws.s3"], "detail": {"bucket": {"name": [{"Ref": "Inbox"}]}}}, "two.Inbox"),
    ],
)
def test_a_rule_leads_from_what_its_pattern_names(pattern: dict[str, Any], source: str) -> None:
    """From a bucket of the stack, or else from the default bus."""
    found = connections(
        Queue=QUEUE,
        Inbox=("S3::Bucket", {}),
        Rule=("Events::Rule", {"EventPattern": pattern, "Targets": [{"Arn": got("Queue"), "Id": "Target0"}]}),
    )
    assert found.between == {(source, "two.Queue"): {"rule"}}


@pytest.mark.parametrize(
    ("action", "ends"),
    [
        ("dynamodb:PutItem", ("two.Work", "one.OrdersTable")),
        ("dynamodb:Query", ("one.OrdersTable", "two.Work")),
        ("dynamodb:DescribeTable", None),
    ],
)
def test_a_permission_is_a_flow_by_what_it_allows(action: str, ends: tuple[str, str] | None) -> None:
    """Writing leads to the resource, also to another stack's by its name; reading leads from it; the rest nowhere."""
    statement = {"Effect": "Allow", "Action": action, "Resource": {"Fn::Join": ["", ARN]}}
    found = connections(
        Work=FUNCTION,
        Role=("IAM::Role", {}),
        Policy=("IAM::Policy", {"Roles": [{"Ref": "Role"}], "PolicyDocument": {"Statement": [statement]}}),
    )
    assert found.between == ({ends: {action}} if ends else {})


def test_a_topic_leads_to_queues_and_people() -> None:
    """People are outside of every template."""
    subscription = {"TopicArn": {"Ref": "Topic"}}
    found = connections(
        Queue=QUEUE,
        Topic=("SNS::Topic", {}),
        Feed=("SNS::Subscription", {**subscription, "Protocol": "sqs", "Endpoint": got("Queue")}),
        Mail=("SNS::Subscription", {**subscription, "Protocol": "email", "Endpoint": "operators@example.com"}),
    )
    assert set(found.between) == {("two.Topic", "two.Queue"), ("two.Topic", "outside.Operators")}
    assert found.resources["outside.Operators"] == "outside"


def test_two_resources_of_one_name_are_refused() -> None:
    """Without the hash of their logical ids they could not be told apart."""
    with pytest.raises(ValueError, match=r"two resources are called two\.Queue"):
        connections(Queue01234567=QUEUE, Queue89ABCDEF=QUEUE)
