"""What the gateway itself answers with, as RFC 9457 problem documents that look like the application's."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from aws_cdk import aws_apigateway as apigateway
from constructs import Construct

from patterns_infra.settings import Settings

__all__ = ["PROBLEM_TYPES", "ProblemResponses"]

PROBLEM_TYPES = "https://patterns.example.com/problems/"
_MESSAGE = "$context.error.messageString"


@dataclass(frozen=True, slots=True)
class _Problem:
    """One kind of refusal; without ``detail`` the gateway's own message is shown."""

    response: str
    status: int | None
    slug: str
    title: str
    detail: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)  # a mappingproxy default needs Python 3.12


_BEARER = {"WWW-Authenticate": "Bearer"}
_SOON = {"Retry-After": "1"}
_SIGN_IN = "Send the Cognito ID token as Authorization: Bearer; it lives for an hour"
_LATER = "Wait as long as Retry-After says, then try again"
_PROBLEMS = (
    _Problem("UNAUTHORIZED", 401, "not-signed-in", "Sign in first", _SIGN_IN, _BEARER),
    _Problem("EXPIRED_TOKEN", 401, "not-signed-in", "Sign in first", _SIGN_IN, _BEARER),
    _Problem("INVALID_SIGNATURE", 401, "not-signed-in", "Sign in first", _SIGN_IN, _BEARER),
    _Problem("ACCESS_DENIED", 403, "forbidden", "This is not allowed"),
    _Problem("WAF_FILTERED", 403, "forbidden", "This is not allowed", "The firewall refused the request"),
    _Problem("MISSING_AUTHENTICATION_TOKEN", 404, "not-found", "There is nothing at this address", "See /openapi.json"),
    _Problem("RESOURCE_NOT_FOUND", 404, "not-found", "There is nothing at this address", "See /openapi.json"),
    _Problem("BAD_REQUEST_BODY", 400, "invalid-body", "The body does not have the documented shape"),
    _Problem("BAD_REQUEST_PARAMETERS", 400, "invalid-parameters", "A parameter is missing"),
    _Problem("UNSUPPORTED_MEDIA_TYPE", 415, "unsupported-media-type", "The body must be application/json"),
    _Problem("REQUEST_TOO_LARGE", 413, "body-too-large", "The body is too large"),
    _Problem("THROTTLED", 429, "too-many-requests", "Too many requests", _LATER, _SOON),
    _Problem("QUOTA_EXCEEDED", 429, "too-many-requests", "Too many requests", _LATER, {"Retry-After": "3600"}),
    _Problem("INTEGRATION_TIMEOUT", 504, "temporarily-unavailable", "Try again in a moment", _LATER, _SOON),
    _Problem("INTEGRATION_FAILURE", 502, "temporarily-unavailable", "Try again in a moment", _LATER, _SOON),
    _Problem("DEFAULT_4XX", None, "refused", "The request was refused"),
    _Problem("DEFAULT_5XX", None, "internal-error", "Something went wrong on our side", _LATER, _SOON),
)


class ProblemResponses(Construct):
    """One gateway response for every way in which a request never reaches the function, readable across origins."""

    def __init__(self, scope: Construct, construct_id: str, *, settings: Settings, api: apigateway.RestApi) -> None:
        """Add the responses to the API's deployment."""
        super().__init__(scope, construct_id)
        for problem in _PROBLEMS:
            headers = {
                "Content-Type": "'application/problem+json'",
                "Access-Control-Allow-Origin": f"'{settings.browser_origin}'",
                "Access-Control-Expose-Headers": "'Retry-After'",
                **{name: f"'{value}'" for name, value in problem.headers.items()},
            }
            api.add_gateway_response(
                problem.response.title().replace("_", ""),
                type=apigateway.ResponseType.of(problem.response),
                status_code=None if problem.status is None else str(problem.status),
                response_headers=headers,
                templates={"application/json": _document(problem)},
            )


def _document(problem: _Problem) -> str:
    """Return the template; ``messageString`` brings its own quotes, ``validationErrorString`` does not.

    Its key is ``application/json`` although the header says otherwise: API Gateway takes that template whatever a
    client accepts.
    """
    document: dict[str, object] = {"type": PROBLEM_TYPES + problem.slug, "title": problem.title}
    if problem.status is not None:
        document["status"] = problem.status
    document["instance"] = "urn:request:$context.requestId"
    detail = _MESSAGE if problem.detail is None else json.dumps(problem.detail)
    text = f'{json.dumps(document)[:-1]}, "detail": {detail}'
    if problem.response == "BAD_REQUEST_BODY":
        text += ', "errors": [{"field": "body", "message": "$context.error.validationErrorString"}]'
    return text + "}"
