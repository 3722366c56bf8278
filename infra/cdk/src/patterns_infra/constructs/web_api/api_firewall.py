"""The firewall in front of the API's stage: rates by caller and by address, and the size of bodies."""

import json

from aws_cdk import aws_wafv2 as wafv2
from constructs import Construct

from patterns_infra.constructs.web_api.problem_responses import PROBLEM_TYPES
from patterns_infra.constructs.web_api.web_acl import RATE_WINDOW_SECONDS, WebAcl, address_rate, custom_rule
from patterns_infra.settings import Settings

__all__ = ["ApiFirewall"]

_CALLER_LIMIT = 2000
"""Requests of one token in five minutes, six a second: a person's page makes fewer, a program that makes more waits."""
_MAX_BODY_BYTES = 64 * 1024
"""What the application takes, and the most that WAF can inspect."""
_RETRY_AFTER_SECONDS = 60
"""WAF counts anew every few seconds; within a minute a caller that waits is below its limit again."""


class ApiFirewall(Construct):
    """Refuses by problem documents, as the gateway and the application do.

    Their media type is ``application/json``: WAF forbids to set ``Content-Type`` in a custom response
    (https://docs.aws.amazon.com/waf/latest/developerguide/customizing-the-response-for-blocked-requests.html).
    """

    def __init__(self, scope: Construct, construct_id: str, *, settings: Settings, stage_arn: str) -> None:
        """Put the firewall in front of a stage of a REST API."""
        super().__init__(scope, construct_id)
        self._origin = settings.browser_origin
        inspected = wafv2.CfnWebACL.RequestBodyAssociatedResourceTypeConfigProperty(
            default_size_inspection_limit=f"KB_{_MAX_BODY_BYTES // 1024}"
        )
        WebAcl(
            self,
            "Default",  # no part of a logical id: under another one an update might leave the stage without a firewall
            metric="WebApi",
            resource_arn=stage_arn,
            rules=[
                custom_rule(
                    "AddressRate",
                    address_rate(settings.requests_per_address),
                    response=self._response(429, "address-rate", {"Retry-After": str(_RETRY_AFTER_SECONDS)}),
                ),
                custom_rule(
                    "CallerRate",
                    _caller_rate(),
                    response=self._response(429, "caller-rate", {"Retry-After": str(_RETRY_AFTER_SECONDS)}),
                ),
                custom_rule("BodySize", _larger_body(), response=self._response(413, "body-size", {})),
            ],
            responses={
                "address-rate": _too_many(f"More than {settings.requests_per_address} requests from one address"),
                "caller-rate": _too_many(f"More than {_CALLER_LIMIT} requests of one caller"),
                "body-size": _problem(
                    "body-too-large",
                    413,
                    "The body is too large",
                    f"It has more than the {_MAX_BODY_BYTES} bytes that are allowed",
                ),
            },
            association=wafv2.CfnWebACL.AssociationConfigProperty(request_body={"API_GATEWAY": inspected}),
            # It refuses bodies over 8 KB by a 403 that names no reason; BodySize is in its place.
            only_counted=["SizeRestrictions_BODY"],
        )

    def _response(self, status: int, key: str, headers: dict[str, str]) -> wafv2.CfnWebACL.CustomResponseProperty:
        """Return an answer that the page may read: the gateway adds nothing to what WAF answers."""
        shared = {"Access-Control-Allow-Origin": self._origin, "Access-Control-Expose-Headers": "Retry-After"}
        return wafv2.CfnWebACL.CustomResponseProperty(
            response_code=status,
            custom_response_body_key=key,
            response_headers=[
                wafv2.CfnWebACL.CustomHTTPHeaderProperty(name=name, value=value)
                for name, value in {**shared, **headers}.items()
            ],
        )


def _caller_rate() -> wafv2.CfnWebACL.StatementProperty:
    """Count by address and token together; a request without a token has no such count, only its address's."""
    token = wafv2.CfnWebACL.RateLimitHeaderProperty(
        name="authorization",
        text_transformations=[wafv2.CfnWebACL.TextTransformationProperty(priority=0, type="NONE")],
    )
    return wafv2.CfnWebACL.StatementProperty(
        rate_based_statement=wafv2.CfnWebACL.RateBasedStatementProperty(
            aggregate_key_type="CUSTOM_KEYS",
            custom_keys=[
                wafv2.CfnWebACL.RateBasedStatementCustomKeyProperty(ip={}),
                wafv2.CfnWebACL.RateBasedStatementCustomKeyProperty(header=token),
            ],
            limit=_CALLER_LIMIT,
            evaluation_window_sec=RATE_WINDOW_SECONDS,
        )
    )


def _larger_body() -> wafv2.CfnWebACL.StatementProperty:
    return wafv2.CfnWebACL.StatementProperty(
        size_constraint_statement=wafv2.CfnWebACL.SizeConstraintStatementProperty(
            # WAF sees no byte beyond what it inspects, so that a larger body matches by its handling alone.
            field_to_match=wafv2.CfnWebACL.FieldToMatchProperty(
                body=wafv2.CfnWebACL.BodyProperty(oversize_handling="MATCH")
            ),
            comparison_operator="GT",
            size=_MAX_BODY_BYTES,
            text_transformations=[wafv2.CfnWebACL.TextTransformationProperty(priority=0, type="NONE")],
        )
    )


def _too_many(what: str) -> wafv2.CfnWebACL.CustomResponseBodyProperty:
    detail = f"{what} in five minutes; wait as long as Retry-After says"
    return _problem("too-many-requests", 429, "Too many requests", detail)


def _problem(slug: str, status: int, title: str, detail: str) -> wafv2.CfnWebACL.CustomResponseBodyProperty:
    document = {"type": PROBLEM_TYPES + slug, "title": title, "status": status, "detail": detail}
    return wafv2.CfnWebACL.CustomResponseBodyProperty(content=json.dumps(document), content_type="APPLICATION_JSON")
