"""The topic, its key, the tables, and who is written to."""

import json
import re
from collections.abc import Callable
from typing import Any

import pytest

from patterns_infra.registry import PATTERNS
from patterns_infra.settings import Settings
from patterns_infra.synthesized import SynthesizedStack

IN_THE_CLEAR = {"Bool": {"aws:SecureTransport": "false"}}


def topic_id(stack: SynthesizedStack) -> str:
    """Return the logical id of the topic of order events."""
    (found,) = (name for name, x in stack.of_type("SNS::Topic").items() if "TopicName" in x["Properties"])
    return found


def topic(stack: SynthesizedStack) -> dict[str, Any]:
    """Return the topic of order events."""
    properties: dict[str, Any] = stack.resources[topic_id(stack)]["Properties"]
    return properties


def tables(stack: SynthesizedStack) -> dict[str, dict[str, Any]]:
    """Return the tables by their key."""
    return {x["Properties"]["KeySchema"][0]["AttributeName"]: x for x in stack.of_type("DynamoDB::Table").values()}


def test_publishers_find_topic_and_key_by_name(anywhere_async: SynthesizedStack) -> None:
    """The topic's fixed name is also the key's alias, by which another stack's policy names the key."""
    name = topic(anywhere_async)["TopicName"]
    assert re.fullmatch(r"patterns-(local|dev|production)-order-events", name)
    alias = anywhere_async.only("KMS::Alias")
    assert alias["AliasName"] == f"alias/{name}"
    assert topic(anywhere_async)["KmsMasterKeyId"] == alias["TargetKeyId"]
    key = anywhere_async.resources[alias["TargetKeyId"]["Fn::GetAtt"][0]]["Properties"]
    assert key["EnableKeyRotation"] is True


def test_nobody_publishes_in_the_clear(aws_async: SynthesizedStack, local_async: SynthesizedStack) -> None:
    """On AWS the topics and queues refuse plain HTTP, which is all that the local platform speaks."""
    for kind, protected in (("SNS::TopicPolicy", "SNS::Topic"), ("SQS::QueuePolicy", "SQS::Queue")):
        policies = aws_async.all(kind)
        assert len(policies) == len(aws_async.all(protected))
        for policy in policies:
            assert IN_THE_CLEAR in [
                x["Condition"] for x in policy["PolicyDocument"]["Statement"] if x["Effect"] == "Deny"
            ]
        for policy in local_async.all(kind):
            assert IN_THE_CLEAR not in [x.get("Condition") for x in policy["PolicyDocument"]["Statement"]]


def test_only_this_account_publishes(anywhere_async: SynthesizedStack) -> None:
    """The topic's own policy allows nobody anything, and another account's roles are refused whatever theirs say."""
    (policy,) = (
        x["PolicyDocument"]["Statement"]
        for x in anywhere_async.all("SNS::TopicPolicy")
        if x["Topics"] == [{"Ref": topic_id(anywhere_async)}]
    )
    assert {x["Effect"] for x in policy} == {"Deny"}
    (own,) = (x for x in policy if x["Condition"] != IN_THE_CLEAR)
    assert own["Action"] == "sns:Publish"
    assert set(own["Condition"]["StringNotEquals"]) == {"aws:PrincipalAccount"}


def test_no_table_outlives_a_stage_that_is_not_production(
    aws_async: SynthesizedStack, local_async: SynthesizedStack
) -> None:
    """The ledger neither; what production keeps is in test_retention."""
    for stack in (aws_async, local_async):
        assert {x["DeletionPolicy"] for x in tables(stack).values()} == {"Delete"}


def test_tables_cost_nothing_while_nobody_asks(anywhere_async: SynthesizedStack) -> None:
    """On demand, recoverable; what was claimed for a mail goes by itself; an order's entries are found by the order."""
    for table in tables(anywhere_async).values():
        assert table["Properties"]["BillingMode"] == "PAY_PER_REQUEST"
        assert table["Properties"]["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
    mails = tables(anywhere_async)["order_id"]["Properties"]
    assert mails["TimeToLiveSpecification"] == {"AttributeName": "expires_at", "Enabled": True}
    (index,) = tables(anywhere_async)["event_id"]["Properties"]["GlobalSecondaryIndexes"]
    assert (index["IndexName"], index["KeySchema"][0]["AttributeName"]) == ("by_order_id", "order_id")


def test_bounces_and_complaints_come_back(anywhere_async: SynthesizedStack) -> None:
    """SES tells the default bus of them; a rule takes those of this stack's mails, and no other program's."""
    sets = {"Ref": anywhere_async.id_of("SES::ConfigurationSet")}
    destination = anywhere_async.only("SES::ConfigurationSetEventDestination")
    assert destination["ConfigurationSetName"] == sets
    told = destination["EventDestination"]
    assert (told["Enabled"], sorted(told["MatchingEventTypes"])) == (True, ["BOUNCE", "COMPLAINT"])
    assert told["EventBridgeDestination"]["EventBusArn"]["Fn::Join"][1][-1].endswith(":event-bus/default")
    rule = anywhere_async.only("Events::Rule")
    assert rule["EventPattern"] == {
        "source": ["aws.ses"],
        "detail-type": ["Email Bounced", "Email Complaint Received"],
        "detail": {"mail": {"tags": {"ses:configuration-set": [sets]}}},
    }
    (target,) = rule["Targets"]
    assert target["DeadLetterConfig"]
    suppressed = anywhere_async.only("SES::ConfigurationSet")["SuppressionOptions"]["SuppressedReasons"]
    assert suppressed == ["BOUNCE", "COMPLAINT"]


def operators_topic(stack: SynthesizedStack) -> dict[str, Any]:
    """Return the reference to the topic that the operators function publishes to."""
    found: dict[str, Any] = stack.function("operators")["Environment"]["Variables"]["OPERATORS_TOPIC_ARN"]
    return found


def test_operators_hear_of_rejected_orders(aws_async: SynthesizedStack, local_async: SynthesizedStack) -> None:
    """On AWS by mail, which is required, and by text message where a number is given; nobody locally."""
    topic = operators_topic(aws_async)
    people = {x["Protocol"]: x for x in aws_async.all("SNS::Subscription") if x["TopicArn"] == topic}
    assert people["email"]["Endpoint"] == "operators@shop.example.com"
    assert people["sms"]["Endpoint"] == {"Ref": "OperatorPhone"}
    assert set(people) == {"email", "sms"}
    assert not [x for x in local_async.all("SNS::Subscription") if x["Protocol"] in {"email", "sms"}]


def test_a_telephone_number_is_in_no_template(aws_async: SynthesizedStack, local_async: SynthesizedStack) -> None:
    """It is a parameter without a default, whose value CloudFormation shows to nobody."""
    parameter = aws_async.template["Parameters"]["OperatorPhone"]
    assert (parameter["NoEcho"], "Default" in parameter) == (True, False)
    assert re.fullmatch(parameter["AllowedPattern"], "+441632960000")
    assert "441632960999" not in json.dumps(aws_async.template)
    assert "OperatorPhone" not in local_async.template["Parameters"]


def test_no_person_gets_an_event_as_it_is(anywhere_async: SynthesizedStack) -> None:
    """It holds the customer's address: the topic of events has queues alone."""
    events = {"Ref": topic_id(anywhere_async)}
    protocols = {x["Protocol"] for x in anywhere_async.all("SNS::Subscription") if x["TopicArn"] == events}
    assert protocols == {"sqs"}
    topic = anywhere_async.resources[operators_topic(anywhere_async)["Ref"]]["Properties"]
    assert topic["KmsMasterKeyId"]


def test_the_partner_is_the_setting_s_or_the_platform_s(
    aws_async: SynthesizedStack, local_async: SynthesizedStack
) -> None:
    """Locally its address is a parameter: a new port needs no new template."""
    for stack, url in ((aws_async, "https://partner.example.com/events"), (local_async, {"Ref": "PartnerUrl"})):
        assert stack.function("partner")["Environment"]["Variables"]["PARTNER_URL"] == url
    assert "PartnerUrl" in local_async.template["Parameters"]
    assert "PartnerUrl" not in aws_async.template["Parameters"]


def test_a_partner_of_one_s_own_takes_the_simulator_s_place(
    synthesize_pattern: Callable[..., SynthesizedStack],
) -> None:
    """Locally too: the function posts to it, and it is what the outputs name."""
    url = "http://127.0.0.1:9000/events"
    stack = synthesize_pattern("async", Settings(partner_url=url))
    assert stack.function("partner")["Environment"]["Variables"]["PARTNER_URL"] == url
    assert "PartnerUrl" not in stack.template["Parameters"]
    (published,) = (x for x in stack.all("SSM::Parameter") if str(x["Name"]).endswith("/partner_url"))
    assert published["Value"] == url


def test_the_first_key_is_generated(anywhere_async: SynthesizedStack) -> None:
    """In the flat form that the signer reads, and nobody has seen it."""
    assert anywhere_async.only("SecretsManager::Secret")["GenerateSecretString"] == {
        "ExcludePunctuation": True,
        "GenerateStringKey": "secret",
        "PasswordLength": 64,
        "SecretStringTemplate": '{"key_id": "first"}',
    }


@pytest.mark.parametrize("name", PATTERNS["async"].outputs)
def test_every_name_is_published(anywhere_async: SynthesizedStack, name: str) -> None:
    """Where other programs look them up."""
    stage = topic(anywhere_async)["TopicName"].removeprefix("patterns-").removesuffix("-order-events")
    assert anywhere_async.id_of("SSM::Parameter", Name=f"/patterns/{stage}/async/{name}")
