"""The REST API: explicit routes, each with its sign-in, body schema, throttle and cache."""

import json
from collections.abc import Sequence

from aws_cdk import Aws, CfnParameter, Duration, Stack
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_cognito as cognito
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk.aws_kms import IKey
from constructs import Construct

from patterns_infra.constructs.common.acknowledgement import acknowledge
from patterns_infra.constructs.common.alarms import Alarms
from patterns_infra.constructs.common.log_group import encrypted_log_group
from patterns_infra.constructs.web_api.gateway_health import GatewayHealth
from patterns_infra.constructs.web_api.gateway_stage import STAGE_NAME, RequestBody, Route, stage_options, with_head
from patterns_infra.constructs.web_api.private_access import PrivateAccess
from patterns_infra.constructs.web_api.problem_responses import ProblemResponses
from patterns_infra.constructs.web_api.refused_methods import RefusedMethods
from patterns_infra.settings import Settings

__all__ = ["RestGateway"]

_REQUEST_HEADERS = ["Authorization", "Content-Type", "Idempotency-Key", "If-Match", "If-None-Match", "traceparent"]
_LOCAL_ENDPOINT = "http://127.0.0.1:4566"


class RestGateway(Construct):
    """A REST API with one stage; what it refuses never costs a function call. A path with GET has HEAD, too."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        settings: Settings,
        routes: Sequence[Route],
        handler: lambda_.IFunction,
        customers: cognito.IUserPool,
        key: IKey,
        alarms: Alarms,
        private: PrivateAccess | None = None,
    ) -> None:
        """Send every route to ``handler``; with ``private`` the API answers through that endpoint only."""
        super().__init__(scope, construct_id)
        self._settings = settings
        routes = with_head(routes)
        access_logs = self._log_group("AccessLogs", key)
        self.api = apigateway.RestApi(
            self,
            "Api",
            rest_api_name=Stack.of(self).stack_name,
            description="The shop's orders",
            # An account has one, which is not for a stack to set: see gateway_logs_role.
            cloud_watch_role=False,
            deploy_options=stage_options(routes, settings=settings, access_logs=access_logs),
            endpoint_configuration=private.endpoint_configuration
            if private
            else apigateway.EndpointConfiguration(types=[apigateway.EndpointType.REGIONAL]),
            policy=private.policy if private else None,
            default_cors_preflight_options=apigateway.CorsOptions(
                allow_origins=[settings.browser_origin],
                allow_methods=["GET", "HEAD", "POST", "OPTIONS"],
                allow_headers=_REQUEST_HEADERS,
                max_age=Duration.hours(1),
            ),
        )
        # API Gateway would make this group by itself, unencrypted and for ever, at its first error.
        execution_logs = self._log_group(
            "ExecutionLogs", key, name=f"API-Gateway-Execution-Logs_{self.api.rest_api_id}/{STAGE_NAME}"
        )
        self.api.deployment_stage.node.add_dependency(execution_logs)
        # Its value would be the address on AWS, also locally; the address is published by name instead.
        self.api.node.try_remove_child("Endpoint")
        self._validator = self.api.add_request_validator(
            "Validator", validate_request_body=True, validate_request_parameters=True
        )
        self._authorizer = apigateway.CognitoUserPoolsAuthorizer(
            self, "Authorizer", cognito_user_pools=[customers], results_cache_ttl=Duration.seconds(0)
        )
        self._handler = handler
        for route in routes:
            self._add(route)
        for path in dict.fromkeys(route.path for route in routes):
            RefusedMethods(
                self,
                f"Refused{path}".replace("/", "."),
                settings=settings,
                resource=self.api.root.resource_for_path(path),
                allowed={"OPTIONS", *(route.method for route in routes if route.path == path)},
            )
        ProblemResponses(self, "Problems", settings=settings, api=self.api)
        self.health = GatewayHealth(self, "Health", api=self.api, alarms=alarms)
        self._acknowledge()

    def _log_group(self, construct_id: str, key: IKey, *, name: str | None = None) -> logs.LogGroup:
        return encrypted_log_group(self, construct_id, settings=self._settings, key=key, name=name)

    def _add(self, route: Route) -> None:
        cache_keys = ["method.request.header.If-None-Match"] if route.cache_seconds else []
        method = self.api.root.resource_for_path(route.path).add_method(
            route.method,
            apigateway.LambdaIntegration(
                self._handler,
                scope_permission_to_method=False,
                cache_key_parameters=cache_keys or None,
            ),
            authorization_type=apigateway.AuthorizationType.COGNITO if route.signed_in else None,
            authorizer=self._authorizer if route.signed_in else None,
            request_parameters=dict.fromkeys(cache_keys, False) or None,
            request_validator=self._validator if route.body else None,
            request_models={"application/json": self._model(route.body)} if route.body else None,
        )
        if not route.signed_in:
            for rule in ("AwsSolutions-APIG4", "AwsSolutions-COG4"):
                acknowledge(method, rule, "Anyone may see the catalogue, the health and the documentation.")

    def _model(self, body: RequestBody) -> apigateway.IModel:
        """Return the body's schema as a model; a new schema makes a new deployment, which alone takes effect."""
        model = apigateway.CfnModel(
            self,
            body.name,
            rest_api_id=self.api.rest_api_id,
            content_type="application/json",
            schema=body.schema,
        )
        deployment = self.api.latest_deployment
        if deployment:
            deployment.add_to_logical_id({"schema": json.dumps(body.schema, sort_keys=True)})
            deployment.node.add_dependency(model)
        return apigateway.Model.from_model_name(self, f"{body.name}Model", model.ref)

    @property
    def url(self) -> str:
        """The API's address, without a trailing slash.

        Locally it is under the platform's address, which is a parameter: a new port needs no new template.
        """
        if self._settings.on_aws:
            stage = self.api.deployment_stage.stage_name
            return f"https://{self.api.rest_api_id}.execute-api.{Aws.REGION}.{Aws.URL_SUFFIX}/{stage}"
        endpoint = CfnParameter(
            Stack.of(self),
            "EndpointUrl",
            default=self._settings.endpoint_url or _LOCAL_ENDPOINT,
            description="Address of the local platform",
        )
        stage = self.api.deployment_stage.stage_name
        return f"{endpoint.value_as_string}/restapis/{self.api.rest_api_id}/{stage}/_user_request_"

    def _acknowledge(self) -> None:
        if not self._settings.on_aws:
            acknowledge(
                self.api,
                "AwsSolutions-APIG3",
                "The local platform has no firewall; WebAcl puts one before the stage on AWS.",
            )
