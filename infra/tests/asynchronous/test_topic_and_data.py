"""The topic, its key, the tables, and who is written to."""

import re
from typing import Any

import pytest

from patterns_infra.registry import PATTERNS
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
    for kind, count in (("SNS::TopicPolicy", 2), ("SQS::QueuePolicy", 8)):
        policies = aws_async.all(kind)
        assert len(policies) == count
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


def test_books_are_kept_and_the_rest_is_not(aws_async: SynthesizedStack, local_async: SynthesizedStack) -> None:
    """On AWS the ledger outlives its stack; who was written to and how the partner does is no data of anybody's."""
    kept = {key: x["DeletionPolicy"] for key, x in tables(aws_async).items()}
    assert kept == {"event_id": "Retain", "circuit": "Delete", "order_id": "Delete"}
    assert tables(aws_async)["event_id"]["Properties"]["DeletionProtectionEnabled"] is True
    assert {x["DeletionPolicy"] for x in tables(local_async).values()} == {"Delete"}


def test_tables_cost_nothing_while_nobody_asks(anywhere_async: SynthesizedStack) -> None:
    """On demand, recoverable; what was claimed for a mail goes by itself; an order's entries are found by the order."""
    for table in tables(anywhere_async).values():
        assert table["Properties"]["BillingMode"] == "PAY_PER_REQUEST"
        assert table["Properties"]["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
    mails = tables(anywhere_async)["order_id"]["Properties"]
    assert mails["TimeToLiveSpecification"] == {"AttributeName": "expires_at", "Enabled": True}
    (index,) = tables(anywhere_async)["event_id"]["Properties"]["GlobalSecondaryIndexes"]
    assert (index["IndexName"], index["KeySchema"][0]["AttributeName"]) == ("by_order_id", "order_id")


def test_operators_get_mail_of_rejected_orders(aws_async: SynthesizedStack, local_async: SynthesizedStack) -> None:
    """On AWS, where the address is a required setting; nobody has one locally."""
    (email,) = (x for x in aws_async.all("SNS::Subscription") if x["Protocol"] == "email")
    assert email["Endpoint"] == "operators@shop.example.com"
    assert email["FilterPolicy"] == {"type": ["OrderRejected"]}
    assert not [x for x in local_async.all("SNS::Subscription") if x["Protocol"] == "email"]


def test_the_partner_is_the_setting_s_or_the_platform_s(
    aws_async: SynthesizedStack, local_async: SynthesizedStack
) -> None:
    """Locally its address is a parameter: a new port needs no new template."""
    for stack, url in ((aws_async, "https://partner.example.com/events"), (local_async, {"Ref": "PartnerUrl"})):
        assert stack.function("partner")["Environment"]["Variables"]["PARTNER_URL"] == url
    assert "PartnerUrl" in local_async.template["Parameters"]
    assert "PartnerUrl" not in aws_async.template["Parameters"]


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
