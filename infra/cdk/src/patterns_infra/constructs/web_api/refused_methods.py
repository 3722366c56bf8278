"""405 for methods that a path lacks, answered by the gateway itself."""

import json
from collections.abc import Iterable
from urllib.parse import quote

from aws_cdk import aws_apigateway as apigateway
from constructs import Construct

from patterns_infra.constructs.common.acknowledgement import acknowledge
from patterns_infra.constructs.web_api.problem_responses import PROBLEM_TYPES
from patterns_infra.settings import Settings

__all__ = ["RefusedMethods"]

_CONTENT_TYPES = (
    "application/json",
    "application/octet-stream",
    "application/x-www-form-urlencoded",
    "application/xml",
    "multipart/form-data",
    "text/plain",
)


class RefusedMethods(Construct):
    """The method ``ANY`` of one path, which takes what no other method of the path does.

    API Gateway has no 405: for a method that is not there it says MissingAuthenticationToken, as for a path that is
    not there. The answer is a mock's, so it costs no function call, and no token is asked for, since it tells nothing
    that the documentation does not. ``ANY`` stands for DELETE, GET, HEAD, OPTIONS, PATCH, POST and PUT only; TRACE and
    unknown methods are refused before a path is looked at.
    https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-method-settings-method-request.html
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        settings: Settings,
        resource: apigateway.Resource,
        allowed: Iterable[str],
    ) -> None:
        """Refuse all methods of ``resource`` but those of ``allowed``, which the answer lists."""
        super().__init__(scope, construct_id)
        headers = {
            "Allow": ", ".join(sorted(allowed)),
            "Content-Type": "application/problem+json",
            "Access-Control-Allow-Origin": settings.browser_origin,
        }
        method = resource.add_method(
            "ANY",
            apigateway.MockIntegration(
                # A mock takes its status from the request's template, and knows no other than those given here.
                request_templates=dict.fromkeys(_CONTENT_TYPES, '{"statusCode": 405}'),
                passthrough_behavior=apigateway.PassthroughBehavior.NEVER,
                integration_responses=[
                    apigateway.IntegrationResponse(
                        status_code="405",
                        response_parameters={f"method.response.header.{k}": f"'{v}'" for k, v in headers.items()},
                        response_templates={"application/json": _document(resource.path, headers["Allow"])},
                    )
                ],
            ),
            authorization_type=apigateway.AuthorizationType.NONE,
            method_responses=[
                apigateway.MethodResponse(
                    status_code="405", response_parameters={f"method.response.header.{name}": True for name in headers}
                )
            ],
        )
        for rule in ("AwsSolutions-APIG4", "AwsSolutions-COG4"):
            acknowledge(method, rule, "It refuses every request, and reaches nothing behind the gateway.")


def _document(path: str, allowed: str) -> str:
    return json.dumps(
        {
            "type": f"{PROBLEM_TYPES}method-not-allowed",
            "title": "This address does not take this method",
            "status": 405,
            "detail": f"it takes {allowed}",
            "instance": quote(path),
        }
    )
