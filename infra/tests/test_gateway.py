"""What the gateway does by itself, so that it never costs a function call."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from patterns_infra.paths import REPOSITORY
from patterns_infra.settings import Settings
from patterns_infra.synth_check import VARIANTS
from patterns_infra.synthesized import SynthesizedStack

PUBLIC = {"GET /products", "GET /health", "GET /openapi.json", "GET /docs"}
SIGNED_IN = {"POST /orders", "GET /orders", "GET /orders/{order_id}", "POST /orders/{order_id}/cancel"}


def calls(stack: SynthesizedStack) -> dict[str, dict[str, Any]]:
    """Return the methods without the preflights."""
    return {key: method for key, method in stack.methods().items() if not key.startswith("OPTIONS")}


def settings_of(stack: SynthesizedStack, method: str, path: str) -> dict[str, Any]:
    """Return the stage's settings of a method; ``*`` of ``/*`` are those of the whole stage."""
    resource = "/" + path.replace("/", "~1") if path != "/*" else path
    (found,) = (
        x
        for x in stack.only("ApiGateway::Stage")["MethodSettings"]
        if (x["HttpMethod"], x["ResourcePath"]) == (method, resource)
    )
    return dict(found)


def problem(stack: SynthesizedStack, kind: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the gateway response, and its document with the gateway's variables replaced by texts."""
    (response,) = (x for x in stack.all("ApiGateway::GatewayResponse") if x["ResponseType"] == kind)
    template = response["ResponseTemplates"]["application/json"].replace("$context.error.messageString", '"why"')
    return response, json.loads(template)


def test_routes(aws: SynthesizedStack) -> None:
    """Every route is explicit: no proxy, nothing else."""
    assert set(calls(aws)) == PUBLIC | SIGNED_IN


def test_production_has_no_documentation(production: SynthesizedStack) -> None:
    """/openapi.json and /docs are not served in production."""
    assert set(calls(production)) == (PUBLIC | SIGNED_IN) - {"GET /openapi.json", "GET /docs"}


def test_sign_in(anywhere: SynthesizedStack) -> None:
    """Orders need a Cognito ID token (no scopes, which would demand an access token); the rest needs nothing."""
    authorizer = anywhere.only("ApiGateway::Authorizer")
    assert authorizer["Type"] == "COGNITO_USER_POOLS"
    pool = anywhere.id_of("Cognito::UserPool")
    assert authorizer["ProviderARNs"] == [{"Fn::GetAtt": [pool, "Arn"]}]
    assert authorizer["AuthorizerResultTtlInSeconds"] == 0
    for key, method in calls(anywhere).items():
        if key in SIGNED_IN:
            assert method["AuthorizationType"] == "COGNITO_USER_POOLS"
            assert method["AuthorizerId"] == {"Ref": anywhere.id_of("ApiGateway::Authorizer")}
            assert "AuthorizationScopes" not in method
        else:
            assert method["AuthorizationType"] == "NONE"


def test_body_is_checked_against_the_application_s_schema(anywhere: SynthesizedStack) -> None:
    """The gateway's model is the file that the application writes, on POST /orders and nowhere else."""
    schema = json.loads((REPOSITORY / "patterns/web_api/schemas/place_order.json").read_text())
    model = anywhere.only("ApiGateway::Model")
    assert (model["Schema"], model["ContentType"]) == (schema, "application/json")
    validator = anywhere.only("ApiGateway::RequestValidator")
    assert validator["ValidateRequestBody"] is True
    for key, method in calls(anywhere).items():
        if key == "POST /orders":
            assert method["RequestModels"] == {"application/json": {"Ref": anywhere.id_of("ApiGateway::Model")}}
            assert method["RequestValidatorId"] == {"Ref": anywhere.id_of("ApiGateway::RequestValidator")}
        else:
            assert "RequestModels" not in method


def test_a_new_schema_is_a_new_deployment(
    aws: SynthesizedStack,
    synthesize_anew: Callable[[Settings], SynthesizedStack],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A deployment waits for its model; without a new one the stage would go on checking against the old."""
    (deployment,) = aws.of_type("ApiGateway::Deployment").values()
    assert aws.id_of("ApiGateway::Model") in deployment["DependsOn"]
    settings = Settings.from_mapping(VARIANTS["aws"])
    deployments = set()
    for least in (1, 2, 1):
        schema = {"type": "object", "minProperties": least}
        monkeypatch.setattr("patterns_infra.stacks.web_api_routes.request_schema", lambda *_, schema=schema: schema)
        deployments.add(synthesize_anew(settings).id_of("ApiGateway::Deployment"))
    assert len(deployments) == 2


@pytest.mark.parametrize(
    ("method", "path", "rate", "burst"),
    [
        ("*", "/*", 200, 400),
        ("GET", "/products", 500, 500),
        ("POST", "/orders", 100, 200),
        ("GET", "/orders", 100, 200),
        ("GET", "/orders/{order_id}", 100, 200),
        ("POST", "/orders/{order_id}/cancel", 50, 100),
        ("GET", "/health", 10, 20),
    ],
)
def test_throttles(anywhere: SynthesizedStack, method: str, path: str, rate: int, burst: int) -> None:
    """The stage and each method have their own limit; a method's entry also repeats the logging."""
    found = settings_of(anywhere, method, path)
    assert (found["ThrottlingRateLimit"], found["ThrottlingBurstLimit"]) == (rate, burst)
    assert (found["LoggingLevel"], found["DataTraceEnabled"]) == ("ERROR", False)


def test_catalogue_is_cached_on_aws(aws: SynthesizedStack) -> None:
    """GET /products, and nothing else, comes from an encrypted cache, apart for each If-None-Match."""
    stage = aws.only("ApiGateway::Stage")
    assert (stage["CacheClusterEnabled"], stage["CacheClusterSize"]) == (True, "0.5")
    cached = [x for x in stage["MethodSettings"] if x.get("CachingEnabled")]
    assert cached == [settings_of(aws, "GET", "/products")]
    assert (cached[0]["CacheDataEncrypted"], cached[0]["CacheTtlInSeconds"]) == (True, 300)
    integration = aws.methods()["GET /products"]["Integration"]
    assert integration["CacheKeyParameters"] == ["method.request.header.If-None-Match"]


def test_every_request_is_logged(anywhere: SynthesizedStack) -> None:
    """Access logs are JSON lines in an encrypted group; they hold no token, address of a person or body."""
    stage = anywhere.only("ApiGateway::Stage")
    line = json.loads(stage["AccessLogSetting"]["Format"])
    assert {"request_id", "route", "status", "latency_ms", "customer_id", "xray_trace_id"} <= set(line)
    assert not any(word in value for value in line.values() for word in ("email", "token", "requestBody", "header"))
    group = stage["AccessLogSetting"]["DestinationArn"]["Fn::Join"][1][-1]["Ref"]
    assert anywhere.resources[group]["Type"] == "AWS::Logs::LogGroup"
    assert stage["TracingEnabled"] is True


def test_cors_is_for_the_site_only(anywhere: SynthesizedStack, local: SynthesizedStack) -> None:
    """Preflights on every path, and the gateway's own errors, name exactly one origin."""
    origin = "'http://localhost:5173'" if anywhere is local else "'https://shop.example.com'"
    preflights = {key: x for key, x in anywhere.methods().items() if key.startswith("OPTIONS")}
    assert {key.removeprefix("OPTIONS ") for key in preflights} >= {"/orders", "/orders/{order_id}", "/products"}
    for method in preflights.values():
        (answer,) = method["Integration"]["IntegrationResponses"]
        headers = answer["ResponseParameters"]
        assert headers["method.response.header.Access-Control-Allow-Origin"] == origin
        assert "Authorization" in headers["method.response.header.Access-Control-Allow-Headers"]
        assert "Idempotency-Key" in headers["method.response.header.Access-Control-Allow-Headers"]
    for response in anywhere.all("ApiGateway::GatewayResponse"):
        assert response["ResponseParameters"]["gatewayresponse.header.Access-Control-Allow-Origin"] == origin


@pytest.mark.parametrize(
    ("kind", "status", "slug"),
    [
        ("UNAUTHORIZED", 401, "not-signed-in"),
        ("EXPIRED_TOKEN", 401, "not-signed-in"),
        ("ACCESS_DENIED", 403, "forbidden"),
        ("WAF_FILTERED", 403, "forbidden"),
        ("MISSING_AUTHENTICATION_TOKEN", 404, "not-found"),
        ("BAD_REQUEST_BODY", 400, "invalid-body"),
        ("BAD_REQUEST_PARAMETERS", 400, "invalid-parameters"),
        ("REQUEST_TOO_LARGE", 413, "body-too-large"),
        ("UNSUPPORTED_MEDIA_TYPE", 415, "unsupported-media-type"),
        ("THROTTLED", 429, "too-many-requests"),
        ("INTEGRATION_FAILURE", 502, "temporarily-unavailable"),
        ("INTEGRATION_TIMEOUT", 504, "temporarily-unavailable"),
    ],
)
def test_refusals_are_problem_documents(anywhere: SynthesizedStack, kind: str, status: int, slug: str) -> None:
    """RFC 9457, with a stable type, the status in the document, and the media type in the header."""
    response, document = problem(anywhere, kind)
    assert response["StatusCode"] == str(status)
    assert document["status"] == status
    assert document["type"] == f"https://patterns.example.com/problems/{slug}"
    assert document["title"]
    assert document["detail"]
    assert response["ResponseParameters"]["gatewayresponse.header.Content-Type"] == "'application/problem+json'"


@pytest.mark.parametrize("kind", ["DEFAULT_4XX", "DEFAULT_5XX"])
def test_whatever_else_is_refused(anywhere: SynthesizedStack, kind: str) -> None:
    """The gateway's other refusals keep their status and are problem documents too."""
    response, document = problem(anywhere, kind)
    assert "StatusCode" not in response
    assert set(document) == {"type", "title", "instance", "detail"}


@pytest.mark.parametrize(
    "kind", ["THROTTLED", "QUOTA_EXCEEDED", "INTEGRATION_FAILURE", "INTEGRATION_TIMEOUT", "DEFAULT_5XX"]
)
def test_what_may_be_tried_again_says_when(anywhere: SynthesizedStack, kind: str) -> None:
    """A 429 or 5xx from the gateway carries Retry-After, which browsers may read."""
    headers = problem(anywhere, kind)[0]["ResponseParameters"]
    assert int(headers["gatewayresponse.header.Retry-After"].strip("'")) >= 1
    assert "Retry-After" in headers["gatewayresponse.header.Access-Control-Expose-Headers"]


def test_a_malformed_body_is_told_why(anywhere: SynthesizedStack) -> None:
    """The validator's own error is in the document."""
    document = problem(anywhere, "BAD_REQUEST_BODY")[1]
    assert document["errors"] == [{"field": "body", "message": "$context.error.validationErrorString"}]


def test_firewall(aws: SynthesizedStack, local: SynthesizedStack) -> None:
    """AWS's managed rules and a limit by address stand before the stage; locally there is nothing to stand before."""
    acl = aws.only("WAFv2::WebACL")
    managed = {
        x["Statement"]["ManagedRuleGroupStatement"]["Name"]
        for x in acl["Rules"]
        if "ManagedRuleGroupStatement" in x["Statement"]
    }
    assert managed == {
        "AWSManagedRulesCommonRuleSet",
        "AWSManagedRulesKnownBadInputsRuleSet",
        "AWSManagedRulesAmazonIpReputationList",
    }
    (rate,) = (x for x in acl["Rules"] if "RateBasedStatement" in x["Statement"])
    assert (rate["Action"], rate["Statement"]["RateBasedStatement"]["Limit"]) == ({"Block": {}}, 2000)
    association = aws.only("WAFv2::WebACLAssociation")
    assert association["WebACLArn"] == {"Fn::GetAtt": [aws.id_of("WAFv2::WebACL"), "Arn"]}
    assert {"Ref": aws.id_of("ApiGateway::Stage")} in association["ResourceArn"]["Fn::Join"][1]
    assert not local.of_type("WAFv2::WebACLAssociation")


def test_only_the_gateway_s_routes_may_call_the_function(aws: SynthesizedStack) -> None:
    """The permission is for API Gateway, from this API, on the alias that routes call."""
    permission = aws.only("Lambda::Permission")
    assert permission["Principal"] == "apigateway.amazonaws.com"
    assert {"Ref": aws.id_of("ApiGateway::RestApi")} in permission["SourceArn"]["Fn::Join"][1]
    alias = {"Ref": aws.id_of("Lambda::Alias")}
    assert permission["FunctionName"] == alias
    for method in calls(aws).values():
        assert alias in method["Integration"]["Uri"]["Fn::Join"][1]
