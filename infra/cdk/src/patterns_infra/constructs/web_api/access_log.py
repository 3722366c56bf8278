"""What the gateway writes down about each request: no token, no email address, no body."""

import json

from aws_cdk.aws_apigateway import AccessLogFormat

__all__ = ["access_log_format"]

_FIELDS = {
    "request_id": "requestId",
    "extended_request_id": "extendedRequestId",
    "time": "requestTime",
    "method": "httpMethod",
    "route": "resourcePath",
    "status": "status",
    "bytes": "responseLength",
    "latency_ms": "responseLatency",
    "integration_status": "integration.status",
    "integration_latency_ms": "integration.latency",
    "customer_id": "authorizer.claims.sub",
    "source_ip": "identity.sourceIp",
    "user_agent": "identity.userAgent",
    "error": "error.responseType",
    "validation_error": "error.validationErrorString",
    "waf": "waf.status",
    "xray_trace_id": "xrayTraceId",
}


def access_log_format() -> AccessLogFormat:
    """One JSON object a line; a field that a request does not have is ``-``."""
    return AccessLogFormat.custom(json.dumps({name: f"$context.{source}" for name, source in _FIELDS.items()}))
