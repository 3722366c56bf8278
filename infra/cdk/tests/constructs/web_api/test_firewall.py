"""The firewalls: in front of the API and of the user pool, on AWS only."""

import ast
import json
from typing import Any

import pytest

from patterns_infra.paths import REPOSITORY
from patterns_infra.settings import Settings
from patterns_infra.synthesized import SynthesizedStack
from patterns_infra.variants import VARIANTS

MANAGED = {
    "AWSManagedRulesAmazonIpReputationList",
    "AWSManagedRulesCommonRuleSet",
    "AWSManagedRulesKnownBadInputsRuleSet",
}
SITE = "https://shop.example.com"


def acl_of(stack: SynthesizedStack, kind: str) -> dict[str, Any]:
    """Return the web ACL that is associated with the resource of a type."""
    protected = stack.id_of(kind)
    (association,) = (
        x for x in stack.all("WAFv2::WebACLAssociation") if f'"{protected}"' in json.dumps(x["ResourceArn"])
    )
    (properties,) = (
        x["Properties"]
        for name, x in stack.of_type("WAFv2::WebACL").items()
        if association["WebACLArn"] == {"Fn::GetAtt": [name, "Arn"]}
    )
    return dict(properties)


def rules_of(acl: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the rules by name."""
    return {x["Name"]: x for x in acl["Rules"]}


def rate_of(acl: dict[str, Any], name: str) -> dict[str, Any]:
    """Return a rate-based statement."""
    return dict(rules_of(acl)[name]["Statement"]["RateBasedStatement"])


def answer_of(acl: dict[str, Any], name: str) -> tuple[int, dict[str, str], dict[str, Any]]:
    """Return what a client gets that a rule refuses: status, headers, document."""
    response = rules_of(acl)[name]["Action"]["Block"]["CustomResponse"]
    body = acl["CustomResponseBodies"][response["CustomResponseBodyKey"]]
    assert body["ContentType"] == "APPLICATION_JSON"
    headers = {x["Name"]: x["Value"] for x in response["ResponseHeaders"]}
    return response["ResponseCode"], headers, json.loads(body["Content"])


def accepted_body_bytes() -> int:
    """Return the largest body that the application takes, read from its source: infra does not import patterns."""
    source = REPOSITORY / "patterns/web_api/src/patterns_web_api/http/bodies.py"
    for node in ast.parse(source.read_text()).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "MAX_BODY_BYTES":
            return int(eval(ast.unparse(node.value), {}))  # noqa: S307 - a product of two numbers
    raise AssertionError("bodies.py has no MAX_BODY_BYTES")


@pytest.mark.parametrize("kind", ["ApiGateway::Stage", "Cognito::UserPool"])
@pytest.mark.parametrize("variant", ["aws", "production", "private"])
def test_stage_and_user_pool_are_behind_a_firewall(synthesize: Any, variant: str, kind: str) -> None:  # noqa: ANN401 - a fixture
    """Each has a web ACL of its own with AWS's managed rules, whose counts would else run together."""
    stack: SynthesizedStack = synthesize(variant)
    acl = acl_of(stack, kind)
    groups = {
        x["Statement"]["ManagedRuleGroupStatement"]["Name"]
        for x in acl["Rules"]
        if "ManagedRuleGroupStatement" in x["Statement"]
    }
    assert groups == MANAGED
    assert acl["Scope"] == "REGIONAL"
    assert sorted(x["Priority"] for x in acl["Rules"]) == list(range(len(acl["Rules"])))
    assert len(stack.of_type("WAFv2::WebACL")) == 2


@pytest.mark.parametrize("kind", ["ApiGateway::Stage", "Cognito::UserPool"])
def test_no_token_is_kept_with_sampled_requests(synthesize: Any, kind: str) -> None:  # noqa: ANN401 - a fixture
    """WAF keeps samples of requests for three hours, with their headers, and a caller's rate with its token."""
    acl = acl_of(synthesize("aws"), kind)
    assert acl["VisibilityConfig"]["SampledRequestsEnabled"]
    assert acl["DataProtectionConfig"]["DataProtections"] == [
        {"Action": "SUBSTITUTION", "Field": {"FieldType": "SINGLE_HEADER", "FieldKeys": ["authorization"]}}
    ]


@pytest.mark.parametrize("variant", ["aws", "production", "private"])
def test_the_stage_s_firewall_keeps_its_logical_ids(synthesize: Any, variant: str) -> None:  # noqa: ANN401 - a fixture
    """An association under another id is a new one: an update makes it before it deletes the old one, and with it both.

    A resource has one web ACL (https://docs.aws.amazon.com/waf/latest/APIReference/API_AssociateWebACL.html).
    """
    stack: SynthesizedStack = synthesize(variant)
    stage = stack.id_of("ApiGateway::Stage")
    (name,) = (
        name
        for name, x in stack.of_type("WAFv2::WebACLAssociation").items()
        if f'"{stage}"' in json.dumps(x["Properties"]["ResourceArn"])
    )
    assert name == "WebAclAssociationF28C5387"
    assert "WebAclC3CBEB12" in stack.of_type("WAFv2::WebACL")
    assert acl_of(stack, "ApiGateway::Stage")["VisibilityConfig"]["MetricName"] == "WebApi"


def test_no_firewall_locally(local: SynthesizedStack) -> None:
    """The emulator rejects associations and blocks nothing."""
    assert not local.of_type("WAFv2::WebACL")
    assert not local.of_type("WAFv2::WebACLAssociation")


def test_one_caller_may_send_2000_requests_in_five_minutes(aws: SynthesizedStack) -> None:
    """Counted by address and token, so that colleagues behind one address do not use up each other's share."""
    rate = rate_of(acl_of(aws, "ApiGateway::Stage"), "CallerRate")
    assert (rate["Limit"], rate["EvaluationWindowSec"], rate["AggregateKeyType"]) == (2000, 300, "CUSTOM_KEYS")
    header = {"Name": "authorization", "TextTransformations": [{"Priority": 0, "Type": "NONE"}]}
    assert rate["CustomKeys"] == [{"IP": {}}, {"Header": header}]


def test_a_busy_office_is_not_refused(aws: SynthesizedStack) -> None:
    """Three hundred people who each load a page of three requests and refresh it every ten seconds fit."""
    rate = rate_of(acl_of(aws, "ApiGateway::Stage"), "AddressRate")
    assert (rate["AggregateKeyType"], rate["EvaluationWindowSec"]) == ("IP", 300)
    assert rate["Limit"] >= 300 * (3 + 5 * 60 // 10 - 1) > 2000
    assert rate["Limit"] == 10_000


def test_the_limit_of_an_address_is_a_setting(synthesize_anew: Any) -> None:  # noqa: ANN401 - a fixture
    """A shop with larger offices raises it; sign-ins from one address are a tenth."""
    stack = synthesize_anew(Settings.from_mapping({**VARIANTS["aws"], "requests_per_address": "30000"}))
    assert rate_of(acl_of(stack, "ApiGateway::Stage"), "AddressRate")["Limit"] == 30_000
    assert rate_of(acl_of(stack, "Cognito::UserPool"), "AddressRate")["Limit"] == 3000


@pytest.mark.parametrize("rule", ["CallerRate", "AddressRate"])
def test_too_many_requests_are_a_429_that_says_when(aws: SynthesizedStack, rule: str) -> None:
    """A problem document with Retry-After, which the page may read; WAF's own answer would be a 403 without either."""
    status, headers, document = answer_of(acl_of(aws, "ApiGateway::Stage"), rule)
    assert status == document["status"] == 429
    assert document["type"] == "https://patterns.example.com/problems/too-many-requests"
    assert {"title", "detail"} <= set(document)
    assert int(headers["Retry-After"]) >= 30
    assert headers["Access-Control-Allow-Origin"] == SITE
    assert headers["Access-Control-Expose-Headers"] == "Retry-After"
    assert "content-type" not in {x.lower() for x in headers}, "WAF refuses an ACL that sets it"


def test_bodies_are_inspected_up_to_what_the_application_takes(aws: SynthesizedStack) -> None:
    """Not 8 KB, which the common rules refuse with a 403: the firewall and the function have one limit, and one 413."""
    acl = acl_of(aws, "ApiGateway::Stage")
    limit = acl["AssociationConfig"]["RequestBody"]["API_GATEWAY"]["DefaultSizeInspectionLimit"]
    assert int(limit.removeprefix("KB_")) * 1024 == accepted_body_bytes()
    size = rules_of(acl)["BodySize"]["Statement"]["SizeConstraintStatement"]
    assert (size["ComparisonOperator"], size["Size"]) == ("GT", accepted_body_bytes())
    # The firewall sees nothing beyond its limit: what is longer matches by that alone.
    assert size["FieldToMatch"] == {"Body": {"OversizeHandling": "MATCH"}}
    status, headers, document = answer_of(acl, "BodySize")
    assert status == document["status"] == 413
    assert document["type"] == "https://patterns.example.com/problems/body-too-large"
    assert str(accepted_body_bytes()) in document["detail"]
    assert headers["Access-Control-Allow-Origin"] == SITE
    common = rules_of(acl)["AWSManagedRulesCommonRuleSet"]["Statement"]["ManagedRuleGroupStatement"]
    assert common["RuleActionOverrides"] == [{"Name": "SizeRestrictions_BODY", "ActionToUse": {"Count": {}}}]


def test_sign_ins_of_one_address_are_limited(aws: SynthesizedStack) -> None:
    """Cognito answers API requests by its own 403 whatever the rule says, so that none is said."""
    acl = acl_of(aws, "Cognito::UserPool")
    rate = rate_of(acl, "AddressRate")
    assert (rate["AggregateKeyType"], rate["Limit"], rate["EvaluationWindowSec"]) == ("IP", 1000, 300)
    assert rules_of(acl)["AddressRate"]["Action"] == {"Block": {}}
    assert "CustomResponseBodies" not in acl
