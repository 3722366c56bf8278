"""Each function may do what it needs, action by action, and nothing else."""

from typing import Any

from patterns_infra.synthesized import SynthesizedStack

LOGS = ["logs:CreateLogStream", "logs:PutLogEvents"]
TRACES = ["xray:PutTelemetryRecords", "xray:PutTraceSegments"]


def listed(value: Any) -> list[Any]:  # noqa: ANN401 - a policy holds one or a list of anything
    """Return the value as a list."""
    return value if isinstance(value, list) else [value]


def grants(stack: SynthesizedStack, entrypoint: str) -> dict[tuple[str, ...], list[Any]]:
    """Return what a function may do beside writing its logs and traces: actions to resources."""
    function = stack.function(entrypoint)
    found = {}
    for statement in stack.statements_of(function):
        assert statement["Effect"] == "Allow"
        actions, resources = tuple(sorted(listed(statement["Action"]))), listed(statement["Resource"])
        if actions == tuple(LOGS):
            assert resources == [{"Fn::GetAtt": [function["LoggingConfig"]["LogGroup"]["Ref"], "Arn"]}]
        elif actions == tuple(TRACES):
            assert resources == ["*"]
        else:
            found[actions] = resources
    return found


def table_arn(stack: SynthesizedStack, suffix: str = "") -> dict[str, Any]:
    """Return the reference to the table's ARN, or to something under it."""
    arn = {"Fn::GetAtt": [stack.id_of("DynamoDB::Table"), "Arn"]}
    return {"Fn::Join": ["", [arn, suffix]]} if suffix else arn


def test_api(anywhere: SynthesizedStack) -> None:
    """Reads and writes single orders, queries the two indexes, reads the cursor's key; cannot scan or delete."""
    assert grants(anywhere, "api") == {
        ("dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem"): [table_arn(anywhere)],
        ("dynamodb:Query",): [
            table_arn(anywhere, "/index/by_customer"),
            table_arn(anywhere, "/index/by_customer_status"),
        ],
        ("secretsmanager:GetSecretValue",): [{"Ref": anywhere.id_of("SecretsManager::Secret")}],
    }


def test_relay(anywhere: SynthesizedStack) -> None:
    """Reads the stream, puts events on the default bus, and sets aside what is malformed; cannot read the table."""
    found = grants(anywhere, "relay")
    bus = found.pop(("events:PutEvents",))
    assert bus[0]["Fn::Join"][1][-1].endswith(":event-bus/default")
    table = anywhere.id_of("DynamoDB::Table")
    dead_letters = anywhere.function("relay")["Environment"]["Variables"]["RELAY_DEAD_LETTER_URL"]["Ref"]
    assert found == {
        ("dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator"): [
            {"Fn::GetAtt": [table, "StreamArn"]}
        ],
        ("dynamodb:ListStreams",): [table_arn(anywhere, "/stream/*")],
        ("sqs:SendMessage",): [{"Fn::GetAtt": [dead_letters, "Arn"]}],
    }


def test_relay_speaks_for_the_shop_only(anywhere: SynthesizedStack) -> None:
    """The relay cannot put an event under another source than its own."""
    relay = anywhere.function("relay")
    (statement,) = (x for x in anywhere.statements_of(relay) if x["Action"] == "events:PutEvents")
    source = relay["Environment"]["Variables"]["EVENT_SOURCE"]
    assert statement["Condition"] == {"StringEquals": {"events:source": source}}


def test_outcome(anywhere: SynthesizedStack) -> None:
    """Takes messages from its queue, hides them, sets them aside, and updates orders; cannot even read one."""
    (mapping,) = (x for x in anywhere.all("Lambda::EventSourceMapping") if "StartingPosition" not in x)
    letters = anywhere.function("outcome")["Environment"]["Variables"]["DEAD_LETTER_URL"]["Ref"]
    assert grants(anywhere, "outcome") == {
        ("dynamodb:UpdateItem",): [table_arn(anywhere)],
        ("sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"): [mapping["EventSourceArn"]],
        ("sqs:ChangeMessageVisibility",): [mapping["EventSourceArn"]],
        ("sqs:SendMessage",): [{"Fn::GetAtt": [letters, "Arn"]}],
    }


def test_nothing_scans_and_no_action_is_a_wildcard(anywhere: SynthesizedStack) -> None:
    """No policy of the stack holds a wildcard action, a scan, or a deletion of items."""
    for policy in anywhere.all("IAM::Policy"):
        for statement in policy["PolicyDocument"]["Statement"]:
            for action in listed(statement["Action"]):
                assert "*" not in action
                assert action not in {"dynamodb:Scan", "dynamodb:DeleteItem", "dynamodb:BatchWriteItem"}


def test_roles_are_taken_by_services_only(anywhere: SynthesizedStack) -> None:
    """Only Lambda takes the functions' roles; API Gateway has one to write its logs."""
    for role in anywhere.all("IAM::Role"):
        (statement,) = role["AssumeRolePolicyDocument"]["Statement"]
        assert statement["Principal"] in ({"Service": "lambda.amazonaws.com"}, {"Service": "apigateway.amazonaws.com"})
