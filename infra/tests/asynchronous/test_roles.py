"""Each receiver may do what it needs, action by action, and nothing else."""

from typing import Any

from patterns_infra.synthesized import SynthesizedStack

Grants = dict[tuple[str, ...], list[Any]]


def listed(value: Any) -> list[Any]:  # noqa: ANN401 - a policy holds one or a list of anything
    """Return the value as a list."""
    return value if isinstance(value, list) else [value]


def grants(stack: SynthesizedStack, entrypoint: str) -> Grants:
    """Return what a receiver may do beside what all may: log, trace, read its queue, set dead letters aside."""
    function = stack.function(entrypoint)
    variables = function["Environment"]["Variables"]
    queue, dead = ({"Fn::GetAtt": [variables[x]["Ref"], "Arn"]} for x in ("QUEUE_URL", "DEAD_LETTER_URL"))
    found: Grants = {}
    for statement in stack.statements_of(function):
        assert statement["Effect"] == "Allow"
        found[tuple(sorted(listed(statement["Action"])))] = listed(statement["Resource"])
    assert found.pop(("sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage")) == [queue]
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
    """It may insert, which never overwrites: it cannot read, change or remove an entry."""
    assert grants(anywhere_async, "ledger") == {("dynamodb:PartiQLInsert",): of_table(anywhere_async, "event_id")}


def test_partner(anywhere_async: SynthesizedStack) -> None:
    """It reads the signing key and keeps the circuit; it hides messages of its own queue."""
    variables = anywhere_async.function("partner")["Environment"]["Variables"]
    assert grants(anywhere_async, "partner") == {
        ("dynamodb:GetItem", "dynamodb:PutItem"): of_table(anywhere_async, "circuit"),
        ("secretsmanager:GetSecretValue",): [{"Ref": anywhere_async.id_of("SecretsManager::Secret")}],
        ("sqs:ChangeMessageVisibility",): [{"Fn::GetAtt": [variables["QUEUE_URL"]["Ref"], "Arn"]}],
    }


def test_notify(anywhere_async: SynthesizedStack) -> None:
    """It claims mails and sends them, from the shop's address or domain only."""
    found = grants(anywhere_async, "notify")
    identities = [x if isinstance(x, str) else x["Fn::Join"][1][-1] for x in found.pop(("ses:SendEmail",))]
    assert [x.rpartition(":identity/")[2] for x in identities] == ["orders@shop.example.com", "shop.example.com"]
    variables = anywhere_async.function("notify")["Environment"]["Variables"]
    assert found == {
        ("dynamodb:UpdateItem",): of_table(anywhere_async, "order_id"),
        ("sqs:ChangeMessageVisibility",): [{"Fn::GetAtt": [variables["QUEUE_URL"]["Ref"], "Arn"]}],
    }


def test_outcome_speaks_for_the_shop_only(anywhere_async: SynthesizedStack) -> None:
    """It puts events on the default bus, under the shop's own source."""
    outcome = anywhere_async.function("outcome")
    (bus,) = grants(anywhere_async, "outcome").pop(("events:PutEvents",))
    assert bus["Fn::Join"][1][-1].endswith(":event-bus/default")
    (statement,) = (x for x in anywhere_async.statements_of(outcome) if x["Action"] == "events:PutEvents")
    source = outcome["Environment"]["Variables"]["EVENT_SOURCE"]
    assert statement["Condition"] == {"StringEquals": {"events:source": source}}


def test_roles_are_lambda_s_only(anywhere_async: SynthesizedStack) -> None:
    """Nobody else takes them, and no action is a wildcard."""
    assert len(anywhere_async.all("IAM::Role")) == 4
    for role in anywhere_async.all("IAM::Role"):
        (statement,) = role["AssumeRolePolicyDocument"]["Statement"]
        assert statement["Principal"] == {"Service": "lambda.amazonaws.com"}
    for policy in anywhere_async.all("IAM::Policy"):
        for statement in policy["PolicyDocument"]["Statement"]:
            assert not any("*" in action for action in listed(statement["Action"]))
