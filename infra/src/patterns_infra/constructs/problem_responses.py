"""What the gateway itself answers with, as RFC 9457 problem documents that look like the application's."""

import json
from dataclasses import dataclass

from aws_cdk import aws_apigateway as apigateway
from constructs import Construct

from patterns_infra.settings import Settings

__all__ = ["ProblemResponses"]

_TYPES = "https://patterns.example.com/problems/"


@dataclass(frozen=True, slots=True)
class _Problem:
    response: str
    status: int | None
    slug: str
    title: str
    retry_after: int | None = None


_PROBLEMS = (
    _Problem("UNAUTHORIZED", 401, "unauthorized", "Sign in: the ID token is missing or not valid"),
    _Problem("EXPIRED_TOKEN", 401, "unauthorized", "Sign in again: the token has expired"),
    _Problem("INVALID_SIGNATURE", 401, "unauthorized", "Sign in: the token's signature is not valid"),
    _Problem("ACCESS_DENIED", 403, "forbidden", "This is not allowed"),
    _Problem("WAF_FILTERED", 403, "forbidden", "The firewall refused the request"),
    _Problem("MISSING_AUTHENTICATION_TOKEN", 404, "not-found", "There is nothing at this path"),
    _Problem("RESOURCE_NOT_FOUND", 404, "not-found", "There is nothing at this path"),
    _Problem("BAD_REQUEST_BODY", 400, "validation", "The body does not have the documented shape"),
    _Problem("BAD_REQUEST_PARAMETERS", 400, "validation", "A parameter is missing or wrong"),
    _Problem("UNSUPPORTED_MEDIA_TYPE", 415, "unsupported-media-type", "The body must be application/json"),
    _Problem("REQUEST_TOO_LARGE", 413, "too-large", "The body is too large"),
    _Problem("THROTTLED", 429, "too-many-requests", "Too many requests: wait, then try again", retry_after=1),
    _Problem("QUOTA_EXCEEDED", 429, "too-many-requests", "The quota is used up", retry_after=3600),
    _Problem("INTEGRATION_TIMEOUT", 504, "unavailable", "The service took too long to answer", retry_after=1),
    _Problem("INTEGRATION_FAILURE", 502, "unavailable", "The service could not be reached", retry_after=1),
    _Problem("DEFAULT_4XX", None, "refused", "The request was refused"),
    _Problem("DEFAULT_5XX", None, "unavailable", "The service failed", retry_after=1),
)


class ProblemResponses(Construct):
    """One gateway response for every way in which a request never reaches the function, readable across origins."""

    def __init__(
        self, scope: Construct, construct_id: str, *, settings: Settings, api: apigateway.RestApi
    ) -> None:
        """Add the responses to the API's deployment."""
        super().__init__(scope, construct_id)
        for problem in _PROBLEMS:
            headers = {
                "Content-Type": "'application/problem+json'",
                "Access-Control-Allow-Origin": f"'{settings.browser_origin}'",
                "Access-Control-Expose-Headers": "'Retry-After'",
            }
            if problem.retry_after is not None:
                headers["Retry-After"] = f"'{problem.retry_after}'"
            api.add_gateway_response(
                problem.response.title().replace("_", ""),
                type=apigateway.ResponseType.of(problem.response),
                status_code=None if problem.status is None else str(problem.status),
                response_headers=headers,
                templates={"application/json": _document(problem, settings)},
            )


def _document(problem: _Problem, settings: Settings) -> str:
    """Return the template. ``$context.error.messageString`` brings its own quotes.

    The header names the media type: API Gateway takes its ``application/json`` template whatever a client accepts.
    """
    document: dict[str, object] = {"type": _TYPES + problem.slug, "title": problem.title}
    if problem.status is not None:
        document["status"] = problem.status
    document["instance"] = "urn:request:$context.requestId"
    text = json.dumps(document)
    detail = "$context.error.messageString"
    if problem.response == "BAD_REQUEST_BODY" and settings.on_aws:
        # The emulator does not know validationErrorString and would print the variable's name.
        detail = '"$context.error.validationErrorString"'
    return f'{text[:-1]}, "detail": {detail}}}'
