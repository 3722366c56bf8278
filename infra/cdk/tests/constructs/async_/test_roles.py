"""Each receiver may do what it needs, action by action, and nothing else."""

import json
import re
from collections.abc import Callable
from typing import Any

from patterns_infra.settings import Settings
from patterns_infra.synthesized import SynthesizedStack
from patterns_infra.variants import VARIANTS

Grants = dict[tuple[str, ...], list[Any]]


def listed(value: Any) -> list[Any]:  # noqa: ANN401 - a policy holds one or a list of anything
    """Return the value as a list."""
    return value if isinstance(value, list) else [value]


def grants(stack: SynthesizedStack, entrypoint: str) -> Grants:
    """Return what a receiver may do beside what all may: log, trace, read and hide messages, set them aside.

    The right to send to identities of the sandbox has a test of its own.
    """
    function = stack.function(entrypoint)
    variables = function["Environment"]["Variables"]
    queue, dead = ({"Fn::GetAtt": [variables[x]["Ref"], "Arn"]} for x in ("QUEUE_URL", "DEAD_LETTER_URL"))
    found: Grants = {}
    for statement in stack.statements_of(function):
        assert statement["Effect"] == "Allow"
        if "ses:FromAddress" in json.dumps(statement):
            continue
        found[tuple(sorted(listed(statement["Action"])))] = listed(statement["Resource"])
    assert found.pop(("sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage")) == [queue]
    assert found.pop(("sqs:ChangeMessageVisibility",)) == [queue]
    assert found.pop(("sqs:SendMessage",)) == [dead]
    assert len(found.pop(("logs:CreateLogStream", "logs:PutLogEvents"))) == 1
    assert found.pop(("xray:PutTelemetryRecords", "xray:PutTraceSegments")) == ["*"]
    return found


def of_table(stack: SynthesizedStack, key: str) -> list[Any]:
    """Return the reference to the table with this key."""
    (found,) = (
        name
        for name, x in stack.of_type("DynamoDB::Table").items()
        if x["Properties"]["KeySchema"] == [{"AttributeName": key, "KeyType": "HASH"}]
    )
    return [{"Fn::GetAtt": [found, "Arn"]}]


def test_ledger(anywhere_async: SynthesizedStack) -> None:
    """It may insert, which never overwrites, and read entries by their ids: it cannot change or remove one."""
    actions = ("dynamodb:BatchGetItem", "dynamodb:PartiQLInsert")
    assert grants(anywhere_async, "ledger") == {actions: of_table(anywhere_async, "event_id")}


def test_partner(anywhere_async: SynthesizedStack) -> None:
    """It reads the signing key and keeps the circuit."""
    assert grants(anywhere_async, "partner") == {
        ("dynamodb:GetItem", "dynamodb:PutItem"): of_table(anywhere_async, "circuit"),
        ("secretsmanager:GetSecretValue",): [{"Ref": anywhere_async.id_of("SecretsManager::Secret")}],
    }


def resource_names(resources: list[Any], kind: str) -> list[Any]:
    """Return what the ARNs of this kind name, as a text or a reference."""
    arns = ["".join(map(json.dumps, x["Fn::Join"][1])) if isinstance(x, dict) else x for x in resources]
    return [found[1] for arn in arns if (found := re.search(f":{kind}/(.*)", arn.replace('"', "")))]


def test_notify(anywhere_async: SynthesizedStack) -> None:
    """It claims mails and sends them, from the shop's address or domain only, through the stack's configuration set."""
    found = grants(anywhere_async, "notify")
    may_send = found.pop(("ses:SendEmail",))
    assert resource_names(may_send, "identity") == ["orders@shop.example.com", "shop.example.com"]
    (configuration_set,) = resource_names(may_send, "configuration-set")
    assert anywhere_async.id_of("SES::ConfigurationSet") in configuration_set
    assert len(may_send) == 3
    variables = anywhere_async.function("notify")["Environment"]["Variables"]
    assert variables["CONFIGURATION_SET"] == {"Ref": anywhere_async.id_of("SES::ConfigurationSet")}
    assert found == {
        ("dynamodb:UpdateItem",): of_table(anywhere_async, "order_id"),
        ("dynamodb:GetItem",): of_table(anywhere_async, "address_hash"),
    }


def test_notify_may_use_the_identitys_default_configuration_set(
    synthesize_pattern: Callable[[str, Settings], SynthesizedStack],
) -> None:
    """Whose name deploy looks up: where a call does not override it, SES asks for a right to it, too."""
    settings = Settings.from_mapping({**VARIANTS["aws"], "sender_configuration_set": "usual"})
    may_send = grants(synthesize_pattern("async", settings), "notify")[("ses:SendEmail",)]
    assert resource_names(may_send, "configuration-set")[1:] == ["usual"]


def to_any_identity(stack: SynthesizedStack) -> list[Any]:
    """Return the statements by which the notify function may send to identities that are not the shop's."""
    statements = stack.statements_of(stack.function("notify"))
    return [x for x in statements if x["Action"] == "ses:SendEmail" and "Condition" in x]


def test_outside_production_notify_may_send_to_verified_recipients(
    synthesize_async: Callable[[str], SynthesizedStack],
) -> None:
    """SES's sandbox authorizes the recipient's identity, too. The sender's address is fixed."""
    (statement,) = to_any_identity(synthesize_async("aws"))
    assert resource_names(listed(statement["Resource"]), "identity") == ["*"]
    assert statement["Condition"] == {"StringEquals": {"ses:FromAddress": "orders@shop.example.com"}}


def test_in_production_notify_has_no_right_to_other_identities(
    synthesize_async: Callable[[str], SynthesizedStack],
) -> None:
    """Outside the sandbox SES looks at the sender's alone."""
    assert to_any_identity(synthesize_async("production")) == []


def test_bounces(anywhere_async: SynthesizedStack) -> None:
    """It keeps addresses to give up, and cannot read or remove one."""
    bounces = anywhere_async.function("bounces")
    found = {
        tuple(listed(statement["Action"])): listed(statement["Resource"])
        for statement in anywhere_async.statements_of(bounces)
    }
    dead = {"Fn::GetAtt": [bounces["Environment"]["Variables"]["DEAD_LETTER_URL"]["Ref"], "Arn"]}
    assert found[("dynamodb:UpdateItem",)] == of_table(anywhere_async, "address_hash")
    assert found[("sqs:SendMessage",)] == [dead]
    assert not any("ses:" in action or "dynamodb:Get" in action for actions in found for action in actions)


def test_outcome_speaks_for_the_shop_only(anywhere_async: SynthesizedStack) -> None:
    """It puts events on the default bus, under the shop's own source."""
    outcome = anywhere_async.function("outcome")
    (bus,) = grants(anywhere_async, "outcome").pop(("events:PutEvents",))
    assert bus["Fn::Join"][1][-1].endswith(":event-bus/default")
    (statement,) = (x for x in anywhere_async.statements_of(outcome) if x["Action"] == "events:PutEvents")
    source = outcome["Environment"]["Variables"]["EVENT_SOURCE"]
    assert statement["Condition"] == {"StringEquals": {"events:source": source}}


def test_operators(anywhere_async: SynthesizedStack) -> None:
    """It publishes to the operators' topic, with the stack's key, and cannot publish an event."""
    topic = anywhere_async.function("operators")["Environment"]["Variables"]["OPERATORS_TOPIC_ARN"]
    key = anywhere_async.resources[topic["Ref"]]["Properties"]["KmsMasterKeyId"]
    assert grants(anywhere_async, "operators") == {
        ("sns:Publish",): [topic],
        ("kms:Decrypt", "kms:GenerateDataKey"): [key],
    }


def test_roles_are_lambda_s_only(anywhere_async: SynthesizedStack) -> None:
    """Nobody else takes them, and no action is a wildcard."""
    assert len(anywhere_async.all("IAM::Role")) == len(anywhere_async.all("Lambda::Function"))
    for role in anywhere_async.all("IAM::Role"):
        (statement,) = role["AssumeRolePolicyDocument"]["Statement"]
        assert statement["Principal"] == {"Service": "lambda.amazonaws.com"}
    for policy in anywhere_async.all("IAM::Policy"):
        for statement in policy["PolicyDocument"]["Statement"]:
            assert not any("*" in action for action in listed(statement["Action"]))
