"""What the gateway does by itself, so that it never costs a function call."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from patterns_infra.constructs.web_api.gateway_stage import RequestBody, Route
from patterns_infra.paths import REPOSITORY
from patterns_infra.settings import Settings
from patterns_infra.stacks import web_api
from patterns_infra.stacks.web_api_routes import web_api_routes
from patterns_infra.synthesized import SynthesizedStack
from patterns_infra.variants import VARIANTS

DOCUMENTATION = {f"{method} {path}" for path in ("/openapi.json", "/docs") for method in ("GET", "HEAD")}
PUBLIC = {f"{method} {path}" for path in ("/products", "/health") for method in ("GET", "HEAD")} | DOCUMENTATION
READ = {f"{method} {path}" for path in ("/orders", "/orders/{order_id}") for method in ("GET", "HEAD")}
SIGNED_IN = READ | {"POST /orders", "POST /orders/{order_id}/cancel"}


def calls(stack: SynthesizedStack) -> dict[str, dict[str, Any]]:
    """Return the methods that call the function: neither preflights nor refusals."""
    return {key: method for key, method in stack.methods().items() if not key.startswith(("OPTIONS", "ANY"))}


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
    """Every route is explicit, and where GET is, HEAD is: no proxy, nothing else."""
    assert set(calls(aws)) == PUBLIC | SIGNED_IN


def test_two_routes_with_bodies_have_a_model_each(
    synthesize_anew: Callable[[Settings], SynthesizedStack], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each method names its own model, and the model that was there before keeps its logical id."""
    note = RequestBody(name="AddNote", schema={"type": "object", "required": ["note"]})
    added = Route(method="PUT", path="/orders/{order_id}/note", rate=10, burst=20, body=note)
    monkeypatch.setattr(web_api, "web_api_routes", lambda *given, **named: [*web_api_routes(*given, **named), added])
    stack = synthesize_anew(Settings.from_mapping(VARIANTS["aws"]))
    found = stack.of_type("ApiGateway::Model")
    models = {
        key: found[method["RequestModels"]["application/json"]["Ref"]]["Properties"]["Schema"]
        for key, method in calls(stack).items()
        if method.get("RequestModels")
    }
    assert models["PUT /orders/{order_id}/note"] == note.schema
    assert models["POST /orders"]["required"] != note.schema["required"]
    assert set(models) == {"PUT /orders/{order_id}/note", "POST /orders"}


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        ("/products", "GET, HEAD, OPTIONS"),
        ("/orders", "GET, HEAD, OPTIONS, POST"),
        ("/orders/{order_id}", "GET, HEAD, OPTIONS"),
        ("/orders/{order_id}/cancel", "OPTIONS, POST"),
        ("/health", "GET, HEAD, OPTIONS"),
    ],
)
def test_other_methods_are_refused_by_the_gateway_itself(anywhere: SynthesizedStack, path: str, allowed: str) -> None:
    """A mock answers 405 with Allow and a problem document, whatever the content type, and asks for no token."""
    method = anywhere.methods()[f"ANY {path}"]
    integration = method["Integration"]
    assert (integration["Type"], method["AuthorizationType"]) == ("MOCK", "NONE")
    assert integration["PassthroughBehavior"] == "NEVER"
    assert {json.loads(template)["statusCode"] for template in integration["RequestTemplates"].values()} == {405}
    (answer,) = integration["IntegrationResponses"]
    headers = {k.rpartition(".")[2]: v.strip("'") for k, v in answer["ResponseParameters"].items()}
    assert (headers["Allow"], headers["Content-Type"]) == (allowed, "application/problem+json")
    (declared,) = method["MethodResponses"]
    assert declared["ResponseParameters"].keys() == answer["ResponseParameters"].keys()
    document = json.loads(answer["ResponseTemplates"]["application/json"])
    assert (document["status"], document["type"].rpartition("/")[2]) == (405, "method-not-allowed")
    assert allowed in document["detail"]


def test_every_path_refuses_what_it_lacks(anywhere: SynthesizedStack) -> None:
    """Each path with a route has a method for the rest."""
    paths = {key.partition(" ")[2] for key in calls(anywhere)}
    assert {f"ANY {path}" for path in paths} == {key for key in anywhere.methods() if key.startswith("ANY")}


def test_production_has_no_documentation(production: SynthesizedStack) -> None:
    """/openapi.json and /docs are not served in production."""
    assert set(calls(production)) == (PUBLIC | SIGNED_IN) - DOCUMENTATION


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
        ("HEAD", "/orders", 100, 200),
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


def test_only_the_gateway_s_routes_may_call_the_function(aws: SynthesizedStack) -> None:
    """The permission is for API Gateway, from this API, on the alias that routes call."""
    permission = aws.only("Lambda::Permission")
    assert permission["Principal"] == "apigateway.amazonaws.com"
    assert {"Ref": aws.id_of("ApiGateway::RestApi")} in permission["SourceArn"]["Fn::Join"][1]
    alias = {"Ref": aws.id_of("Lambda::Alias")}
    assert permission["FunctionName"] == alias
    for method in calls(aws).values():
        assert alias in method["Integration"]["Uri"]["Fn::Join"][1]
