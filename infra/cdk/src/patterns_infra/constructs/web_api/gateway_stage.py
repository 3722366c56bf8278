"""Routes of the REST API, and the stage settings that follow from them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from aws_cdk import Duration
from aws_cdk import aws_apigateway as apigateway
from aws_cdk.aws_logs import ILogGroup

from patterns_infra.constructs.web_api.access_log import access_log_format
from patterns_infra.settings import Settings

__all__ = ["STAGE_NAME", "RequestBody", "Route", "stage_options", "with_head"]

STAGE_NAME = "v1"
_RATE, _BURST = 200, 400


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestBody:
    """What a route takes.

    Attributes:
        name: of the API's model, such as ``PlaceOrder``; no two routes of an API have the same.
        schema: draft-04 JSON schema.
    """

    name: str
    schema: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One method of one path.

    Attributes:
        method: HTTP method.
        path: with parameters in braces, such as ``/orders/{order_id}``.
        rate: requests a second that pass; the rest gets a 429.
        burst: requests that pass at once.
        signed_in: whether the gateway wants an ID token.
        body: what the request's body must be, if it has one.
        cache_seconds: how long the gateway's cache answers by itself (on AWS).
    """

    method: str
    path: str
    rate: int
    burst: int
    signed_in: bool = True
    body: RequestBody | None = None
    cache_seconds: int = 0


def with_head(routes: Sequence[Route]) -> list[Route]:
    """Return the routes, and after each GET the HEAD of the same address, which no cache answers."""
    return [
        each
        for route in routes
        for each in ((route, replace(route, method="HEAD", cache_seconds=0)) if route.method == "GET" else (route,))
    ]


def stage_options(routes: Sequence[Route], *, settings: Settings, access_logs: ILogGroup) -> apigateway.StageOptions:
    """Return the stage: logged, traced, throttled as a whole and by route, with a cache on AWS.

    A method's entry replaces the stage-wide one as a whole, so each repeats the logging.
    """
    cache = settings.on_aws and any(route.cache_seconds for route in routes)
    return apigateway.StageOptions(
        stage_name=STAGE_NAME,
        access_log_destination=apigateway.LogGroupLogDestination(access_logs),
        access_log_format=access_log_format(),
        logging_level=apigateway.MethodLoggingLevel.ERROR,
        data_trace_enabled=False,
        tracing_enabled=True,
        throttling_rate_limit=_RATE,
        throttling_burst_limit=_BURST,
        cache_cluster_enabled=cache or None,
        cache_cluster_size="0.5" if cache else None,
        caching_enabled=False if cache else None,
        method_options={f"{route.path}/{route.method}": _method_options(route, settings) for route in routes},
    )


def _method_options(route: Route, settings: Settings) -> apigateway.MethodDeploymentOptions:
    cached = settings.on_aws and route.cache_seconds > 0
    return apigateway.MethodDeploymentOptions(
        throttling_rate_limit=route.rate,
        throttling_burst_limit=route.burst,
        logging_level=apigateway.MethodLoggingLevel.ERROR,
        data_trace_enabled=False,
        caching_enabled=cached or None,
        cache_data_encrypted=cached or None,
        cache_ttl=Duration.seconds(route.cache_seconds) if cached else None,
    )
