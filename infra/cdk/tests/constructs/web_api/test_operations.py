"""Alarms, the dashboard, and the names that others look up."""

import json
import re
from typing import Any

import pytest

from patterns_infra.registry import PATTERNS
from patterns_infra.synthesized import SynthesizedStack

WHAT_TO_DO = ("See ", "Read ", "Look ", "Compare ", "log")
ALARMS = {
    "5XXError": 1,
    "Latency": 1,
    "Errors": 3,
    "Throttles": 3,
    "IteratorAge": 1,
    "OrdersUnreadable": 1,
    "ApproximateNumberOfMessagesVisible": 2,
    "ApproximateAgeOfOldestMessage": 1,
    "ReadThrottleEvents": 1,
    "WriteThrottleEvents": 1,
}


def alarms(stack: SynthesizedStack, metric: str) -> list[dict[str, Any]]:
    """Return the alarms on a metric."""
    return [x for x in stack.all("CloudWatch::Alarm") if x["MetricName"] == metric]


def test_what_is_watched(anywhere: SynthesizedStack) -> None:
    """Server errors, latency, throttling, the relay's lag, dead letters and backlogs."""
    assert {name: len(alarms(anywhere, name)) for name in ALARMS} == ALARMS
    assert len(anywhere.all("CloudWatch::Alarm")) == sum(ALARMS.values())


def test_latency_is_the_95th_percentile(anywhere: SynthesizedStack) -> None:
    """One slow request in twenty is heard of, an average hides it."""
    (latency,) = alarms(anywhere, "Latency")
    assert (latency["ExtendedStatistic"], latency["Threshold"]) == ("p95", 1000)


def test_the_first_dead_letter_is_heard_of(anywhere: SynthesizedStack) -> None:
    """An alarm on each dead-letter queue, at one message."""
    found = alarms(anywhere, "ApproximateNumberOfMessagesVisible")
    assert {(x["Threshold"], x["EvaluationPeriods"], x["Statistic"]) for x in found} == {(1, 1, "Maximum")}
    (mapping,) = (x for x in anywhere.all("Lambda::EventSourceMapping") if "StartingPosition" in x)
    relay = mapping["DestinationConfig"]["OnFailure"]["Destination"]["Fn::GetAtt"][0]
    watched = {x["Dimensions"][0]["Value"]["Fn::GetAtt"][0] for x in found}
    assert relay in watched


def test_a_dead_letter_s_alarm_names_the_commands(anywhere: SynthesizedStack) -> None:
    """What to type, with the queue's name as the commands know it; the relay's letters cannot go back by one."""
    texts = [x["AlarmDescription"] for x in alarms(anywhere, "ApproximateNumberOfMessagesVisible")]
    told = [re.findall(r"`patterns ([a-z-]+ \w+)`", text) for text in texts]
    assert sorted(told) == [["dead-letters Outcomes", "redrive Outcomes"], ["dead-letters Relay"]]


def test_relay_lag_is_in_milliseconds(anywhere: SynthesizedStack) -> None:
    """A minute of lag of the relay's function, not of another."""
    (lag,) = alarms(anywhere, "IteratorAge")
    relay = anywhere.id_of("Lambda::Function", Handler="patterns_web_api.entrypoints.relay.lambda_handler")
    assert (lag["Threshold"], lag["Statistic"]) == (60_000, "Maximum")
    assert lag["Dimensions"] == [{"Name": "FunctionName", "Value": {"Ref": relay}}]


def test_an_order_that_cannot_be_read_raises_an_alarm(anywhere: SynthesizedStack) -> None:
    """At the first one, on the metric that the API function counts, with its dimensions."""
    (alarm,) = alarms(anywhere, "OrdersUnreadable")
    assert (alarm["Namespace"], alarm["Threshold"]) == ("Patterns", 1)
    stage = anywhere.function("api")["Environment"]["Variables"]["STAGE"]
    assert {x["Name"]: x["Value"] for x in alarm["Dimensions"]} == {"service": "web_api", "stage": stage}
    assert "unreadable_order" in alarm["AlarmDescription"]


def test_every_alarm_says_what_to_do_and_is_heard(anywhere: SynthesizedStack) -> None:
    """The description is for the person who was woken; no data is no alarm; the topic tells of it."""
    topic = {"Ref": anywhere.id_of("SNS::Topic")}
    for alarm in anywhere.all("CloudWatch::Alarm"):
        assert len(alarm["AlarmDescription"]) > 60
        assert any(word in alarm["AlarmDescription"] for word in WHAT_TO_DO)
        assert alarm["AlarmActions"] == [topic]
        assert alarm["TreatMissingData"] == "notBreaching"
        assert alarm["ComparisonOperator"] == "GreaterThanOrEqualToThreshold"


def test_alarms_reach_a_person(production: SynthesizedStack, aws: SynthesizedStack) -> None:
    """In production the topic has an address; it is encrypted with a key that CloudWatch may use."""
    subscription = production.only("SNS::Subscription")
    assert (subscription["Protocol"], subscription["Endpoint"]) == ("email", "operators@example.com")
    assert not aws.of_type("SNS::Subscription")
    for stack in (production, aws):
        assert stack.only("SNS::Topic")["KmsMasterKeyId"] == {"Fn::GetAtt": [stack.id_of("KMS::Key"), "Arn"]}
        publishers = [
            x for x in stack.only("SNS::TopicPolicy")["PolicyDocument"]["Statement"] if x["Effect"] == "Allow"
        ]
        assert [x["Principal"] for x in publishers] == [{"Service": "cloudwatch.amazonaws.com"}]
        assert set(publishers[0]["Condition"]["ArnLike"]) == {"aws:SourceArn"}


def test_dashboard(anywhere: SynthesizedStack) -> None:
    """One page with every alarm and a graph for each thing that can go wrong."""
    body = anywhere.only("CloudWatch::Dashboard")["DashboardBody"]
    parts = body["Fn::Join"][1]
    text = "".join(part if isinstance(part, str) else "reference" for part in parts)
    widgets = json.loads(text)["widgets"]
    assert [x["properties"]["title"] for x in widgets] == [
        "Alarms",
        "Requests",
        "Latency (ms)",
        "Function errors",
        "Function throttles",
        "Relay lag (ms)",
        "Throttled table requests",
    ]
    assert len(widgets[0]["properties"]["alarms"]) == len(anywhere.all("CloudWatch::Alarm"))


@pytest.mark.parametrize(("variant", "stage"), [("local", "local"), ("aws", "dev"), ("production", "production")])
def test_published_names(synthesize: Any, variant: str, stage: str) -> None:  # noqa: ANN401 - a fixture's function
    """Exactly the registry's outputs, under the stage and the pattern."""
    stack: SynthesizedStack = synthesize(variant)
    names = {x["Name"]: x["Value"] for x in stack.all("SSM::Parameter")}
    assert set(names) == {PATTERNS["web_api"].parameter_name(stage, key) for key in PATTERNS["web_api"].outputs}
    assert names[f"/patterns/{stage}/web_api/orders_table"] == {"Ref": stack.id_of("DynamoDB::Table")}
    assert names[f"/patterns/{stage}/web_api/user_pool_id"] == {"Ref": stack.id_of("Cognito::UserPool")}


def test_api_address(aws: SynthesizedStack, local: SynthesizedStack) -> None:
    """On AWS the API's own address; locally one under the platform's, which the deployment gives."""
    (found,) = (x["Value"]["Fn::Join"][1] for x in aws.all("SSM::Parameter") if x["Name"].endswith("/api_url"))
    api, stage = {"Ref": aws.id_of("ApiGateway::RestApi")}, {"Ref": aws.id_of("ApiGateway::Stage")}
    assert (found[:3], found[-1]) == (["https://", api, ".execute-api."], stage)
    (found,) = (x["Value"]["Fn::Join"][1] for x in local.all("SSM::Parameter") if x["Name"].endswith("/api_url"))
    api, stage = {"Ref": local.id_of("ApiGateway::RestApi")}, {"Ref": local.id_of("ApiGateway::Stage")}
    assert found == [{"Ref": "EndpointUrl"}, "/restapis/", api, "/", stage, "/_user_request_"]
    assert "EndpointUrl" in local.template["Parameters"]
    assert "EndpointUrl" not in aws.template["Parameters"]


NAMING = (
    *("AlarmName", "BucketName", "DashboardName", "FunctionName", "LogGroupName", "PolicyName", "QueueName"),
    *("RoleName", "SecretName", "TableName", "TopicName", "UserPoolName", "WebACLName"),
)


def test_the_table_s_is_the_only_fixed_name(anywhere: SynthesizedStack) -> None:
    """Nothing else has a physical name of ours, so that nothing else can collide or block a replacement."""
    named = {
        (resource["Type"], key)
        for resource in anywhere.resources.values()
        for key, value in resource.get("Properties", {}).items()
        if key in NAMING and isinstance(value, str) and resource["Type"] != "AWS::IAM::Policy"
    }
    assert named == {("AWS::DynamoDB::Table", "TableName")}


def test_no_exports(anywhere: SynthesizedStack) -> None:
    """Stacks share no CloudFormation exports: each deploys and goes alone."""
    assert not any("Export" in x for x in anywhere.template.get("Outputs", {}).values())
    assert "Fn::ImportValue" not in json.dumps(anywhere.template)


def test_everything_says_whose_it_is(anywhere: SynthesizedStack) -> None:
    """Stage and pattern are tags, for bills and clean-ups."""
    tags = {x["Key"]: x["Value"] for x in anywhere.only("DynamoDB::Table")["Tags"]}
    assert tags["patterns:pattern"] == "web_api"
    assert tags["patterns:stage"] in {"local", "dev", "production"}
