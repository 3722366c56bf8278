"""What the emulator's CloudFormation drops is set after a deployment, and stays set when that is repeated.

Each test first sees that the property was dropped. When a newer emulator keeps it, that half fails: the fixup can go.
"""

import json
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from patterns_local.fixups import FIXUPS
from patterns_local.fixups.deployed_stack import DeployedStack

# The fixture's class, which importlib's mode keeps out of reach as an import.
Emulator = Any

pytestmark = pytest.mark.integration

CODE = "def handler(event, context):\n    print('x')\n    return {'statusCode': 200, 'body': '{}'}\n"
SCHEMA = {"type": "object", "required": ["lines"]}


def _method(resource: object, verb: str, **more: object) -> dict[str, Any]:
    uri = {
        "Fn::Sub": "arn:aws:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions/${Function.Arn}/invocations",
    }
    integration = {"Type": "AWS_PROXY", "IntegrationHttpMethod": "POST", "Uri": uri}
    place = {"RestApiId": {"Ref": "Api"}, "ResourceId": resource, "HttpMethod": verb, "AuthorizationType": "NONE"}
    return {"Type": "AWS::ApiGateway::Method", "Properties": {**place, "Integration": integration, **more}}


def _resources() -> dict[str, Any]:
    """Return a small stack in the CDK's manner that has every property which is dropped."""
    trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    group = {
        "Fn::Join": [
            "",
            ["arn:", {"Ref": "AWS::Partition"}, ":logs:us-east-1:000000000000:log-group:", {"Ref": "Logs"}],
        ]
    }
    body = {"RequestValidatorId": {"Ref": "Validator"}, "RequestModels": {"application/json": {"Ref": "Model"}}}
    api = {"RestApiId": {"Ref": "Api"}}
    return {
        "Role": {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": {"Statement": [trust]}}},
        "Function": {
            "Type": "AWS::Lambda::Function",
            "Properties": {
                "Runtime": f"python3.{sys.version_info.minor}",
                "Handler": "index.handler",
                "Role": {"Fn::GetAtt": ["Role", "Arn"]},
                "Code": {"ZipFile": CODE},
                "ReservedConcurrentExecutions": 7,
            },
        },
        "Table": {
            "Type": "AWS::DynamoDB::Table",
            "Properties": {
                "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
                "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
                "BillingMode": "PAY_PER_REQUEST",
                "TimeToLiveSpecification": {"AttributeName": "expires_at", "Enabled": True},
                "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": True},
            },
        },
        "Plain": {
            "Type": "AWS::DynamoDB::Table",
            "Properties": {
                "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
                "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
                "BillingMode": "PAY_PER_REQUEST",
            },
        },
        "Logs": {"Type": "AWS::Logs::LogGroup", "Properties": {}},
        "Api": {"Type": "AWS::ApiGateway::RestApi", "Properties": {"Name": "fixed"}},
        "Orders": {
            "Type": "AWS::ApiGateway::Resource",
            "Properties": {**api, "ParentId": {"Fn::GetAtt": ["Api", "RootResourceId"]}, "PathPart": "orders"},
        },
        "Model": {
            "Type": "AWS::ApiGateway::Model",
            "Properties": {**api, "ContentType": "application/json", "Schema": SCHEMA},
        },
        "Validator": {
            "Type": "AWS::ApiGateway::RequestValidator",
            "Properties": {**api, "ValidateRequestBody": True, "ValidateRequestParameters": False},
        },
        "Post": _method({"Ref": "Orders"}, "POST", **body),
        "PostRoot": _method({"Fn::GetAtt": ["Api", "RootResourceId"]}, "POST", **body),
        "Get": _method({"Ref": "Orders"}, "GET"),
        "Deployment": {
            "Type": "AWS::ApiGateway::Deployment",
            "DependsOn": ["Post", "PostRoot", "Get"],
            "Properties": api,
        },
        "Stage": {
            "Type": "AWS::ApiGateway::Stage",
            "Properties": {
                **api,
                "StageName": "v1",
                "DeploymentId": {"Ref": "Deployment"},
                "AccessLogSetting": {"DestinationArn": group, "Format": "$context.requestId"},
                "MethodSettings": [
                    {"ResourcePath": "/*", "HttpMethod": "*", "ThrottlingRateLimit": 500, "ThrottlingBurstLimit": 500},
                    {
                        "ResourcePath": "/~1orders",
                        "HttpMethod": "GET",
                        "ThrottlingRateLimit": 1,
                        "ThrottlingBurstLimit": 2,
                    },
                ],
            },
        },
    }


@dataclass
class Deployed:
    """The stack before any fixup, and what each does to it."""

    stack: DeployedStack
    emulator: Emulator
    url: str

    def fix(self, name: str) -> int:
        """Apply one fixup; how many resources it touched."""
        return FIXUPS[name](self.stack)


@pytest.fixture(scope="module")
def deployed(corrected: Emulator) -> Deployed:
    """Deploy the stack."""
    client = corrected.client("cloudformation")
    template = {"Resources": _resources()}
    client.create_stack(StackName="fixed", TemplateBody=json.dumps(template), Capabilities=["CAPABILITY_IAM"])
    deadline = time.monotonic() + 20
    while (status := client.describe_stacks(StackName="fixed")["Stacks"][0]["StackStatus"]).endswith("PROGRESS"):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert status == "CREATE_COMPLETE"
    stack = DeployedStack.describe("fixed", template, corrected.client)
    url = f"{corrected.endpoint_url}/restapis/{stack.physical_ids['Api']}/v1/_user_request_"
    return Deployed(stack, corrected, url)


def _twice(deployed: Deployed, name: str, look: Callable[[], object], *, dropped: object, wanted: object) -> None:
    """Show that a property is dropped, then set, then unchanged by a second application."""
    assert look() == dropped
    assert deployed.fix(name) > 0
    assert look() == wanted
    deployed.fix(name)
    assert look() == wanted


def test_time_to_live(deployed: Deployed) -> None:
    """Idempotency claims go away by themselves; a table without it is left alone."""
    client, table = deployed.emulator.client("dynamodb"), deployed.stack.physical_ids["Table"]

    def look() -> object:
        return client.describe_time_to_live(TableName=table)["TimeToLiveDescription"]

    wanted = {"TimeToLiveStatus": "ENABLED", "AttributeName": "expires_at"}
    _twice(deployed, "time to live", look, dropped={"TimeToLiveStatus": "DISABLED"}, wanted=wanted)
    assert deployed.fix("time to live") == 0, "AWS refuses to enable what is enabled, so it is not asked to"


def test_point_in_time_recovery(deployed: Deployed) -> None:
    """The table says that it can be restored."""
    client, table = deployed.emulator.client("dynamodb"), deployed.stack.physical_ids["Table"]

    def look() -> object:
        backups = client.describe_continuous_backups(TableName=table)["ContinuousBackupsDescription"]
        return backups["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"]

    _twice(deployed, "point-in-time recovery", look, dropped="DISABLED", wanted="ENABLED")


def test_reserved_concurrency(deployed: Deployed) -> None:
    """A function's share of the account is bounded."""
    client, function = deployed.emulator.client("lambda"), deployed.stack.physical_ids["Function"]

    def look() -> object:
        return client.get_function_concurrency(FunctionName=function).get("ReservedConcurrentExecutions")

    _twice(deployed, "reserved concurrency", look, dropped=None, wanted=7)


def test_request_validators(deployed: Deployed) -> None:
    """A body without its required property stops at the gateway, at the root as well as below it."""

    def look() -> object:
        urls = (f"{deployed.url}/orders", f"{deployed.url}/")
        return [httpx.post(url, json={"x": 1}, trust_env=False, timeout=30).status_code for url in urls]

    _twice(deployed, "request validators", look, dropped=[200, 200], wanted=[400, 400])
    assert httpx.post(f"{deployed.url}/orders", json={"lines": []}, trust_env=False, timeout=30).status_code == 200
    api = deployed.stack.physical_ids["Api"]
    validators = deployed.emulator.client("apigateway").get_request_validators(restApiId=api)["items"]
    assert len(validators) == 1, "repeating it made no second one"


def test_per_method_throttling(deployed: Deployed) -> None:
    """GET /orders takes two requests at once, however many its neighbours take."""

    def look() -> object:
        answers = [httpx.get(f"{deployed.url}/orders", trust_env=False, timeout=30).status_code for _ in range(6)]
        return 429 in answers

    _twice(deployed, "per-method throttling", look, dropped=False, wanted=True)
    stage = deployed.emulator.client("apigateway").get_stage(
        restApiId=deployed.stack.physical_ids["Api"], stageName="v1"
    )
    limits = stage["methodSettings"]["/orders/GET"]
    assert (limits["throttlingRateLimit"], limits["throttlingBurstLimit"]) == (1.0, 2)
    assert stage["methodSettings"]["*/*"]["throttlingRateLimit"] == 500.0


def test_access_logs(deployed: Deployed) -> None:
    """The stage knows its log group and format."""
    client, group = deployed.emulator.client("apigateway"), deployed.stack.physical_ids["Logs"]

    def look() -> object:
        return client.get_stage(restApiId=deployed.stack.physical_ids["Api"], stageName="v1").get("accessLogSettings")

    arn = f"arn:aws:logs:us-east-1:000000000000:log-group:{group}"
    wanted = {"destinationArn": arn, "format": "$context.requestId"}
    _twice(deployed, "access logs", look, dropped={}, wanted=wanted)


def test_every_fixup_is_tested_here() -> None:
    """A new one cannot be forgotten."""
    assert [name for name in FIXUPS if f'deployed, "{name}"' not in Path(__file__).read_text()] == []


def test_what_a_template_says_is_resolved_as_far_as_fixups_need_it() -> None:
    """References and joins are worked out; what cannot be is left as it is, and missing resources are passed over."""
    template = {"Resources": {"A": {"Type": "T", "Properties": {"Name": {"Ref": "B"}}}, "C": {"Type": "T"}}}
    stack = DeployedStack("s", template, {"A": "a-1", "B": "b-1"}, {"AWS::Partition": "aws"}, lambda _: None)
    assert [(x.logical_id, x.physical_id, x.properties) for x in stack.resources("T")] == [
        ("A", "a-1", {"Name": "b-1"})
    ]
    assert stack.resolve({"Fn::Join": ["-", [{"Ref": "A"}, {"Ref": "AWS::Partition"}]]}) == "a-1-aws"
    unknown = {"Fn::Join": ["-", [{"Fn::GetAtt": ["A", "Arn"]}]]}
    assert stack.resolve([unknown, {"Ref": "Nobody"}]) == [unknown, {"Ref": "Nobody"}]
