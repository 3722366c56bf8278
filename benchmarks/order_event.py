"""What every subject is asked: one order as API Gateway's REST API hands it to a function, and orders to refuse.

The standard library only, since it runs in the measured processes.
"""

import json
from typing import Any

__all__ = ["AUDIENCE", "BAD_BODIES", "GOOD_BODY", "LambdaContext", "expected_total", "order_event"]

AUDIENCE = "client-of-the-page"
"""The audience of the ID token, which the function is told as USER_POOL_CLIENT_ID."""

GOOD_BODY = json.dumps(
    {
        "lines": [
            {"sku": "TEA-ASSAM-100", "quantity": 2},
            {"sku": "COF-YIRGA-250", "quantity": 1},
            {"sku": "CUP-STONE-2", "quantity": 4},
        ]
    }
)


def _body(*lines: dict[str, Any], **more: object) -> str:
    return json.dumps({"lines": lines, **more})


BAD_BODIES = {
    "not JSON": "{",
    "an unknown field": _body({"sku": "GIFT-BOX-S", "quantity": 1}, coupon="FREE"),
    "an unknown field in a line": _body({"sku": "GIFT-BOX-S", "quantity": 1, "unit_price": 1}),
    "no line": _body(),
    "51 lines": _body(*({"sku": f"SKU-{number}", "quantity": 1} for number in range(51))),
    "quantity 0": _body({"sku": "GIFT-BOX-S", "quantity": 0}),
    "quantity 1000": _body({"sku": "GIFT-BOX-S", "quantity": 1000}),
    "a quantity in quotes": _body({"sku": "GIFT-BOX-S", "quantity": "2"}),
    "an unknown SKU": _body({"sku": "MOON-DUST", "quantity": 1}),
    "a SKU twice": _body({"sku": "GIFT-BOX-S", "quantity": 1}, {"sku": "GIFT-BOX-S", "quantity": 2}),
}
"""Bodies that every subject must refuse, by what is wrong with them."""


def expected_total(prices: dict[str, int]) -> int:
    """Return what the good order costs at these prices."""
    return sum(prices[line["sku"]] * line["quantity"] for line in json.loads(GOOD_BODY)["lines"])


def order_event(body: str, *, key: str) -> dict[str, Any]:
    """Return the proxy event of ``POST /orders`` by a signed-in customer."""
    headers = {
        "Accept": "application/json",
        "Authorization": "eyJraWQiOiJrZXkiLCJhbGciOiJSUzI1NiJ9.eyJzdWIiOiIuLi4ifQ.c2lnbmF0dXJl",
        "Content-Type": "application/json",
        "Host": "a1b2c3d4e5.execute-api.us-east-1.amazonaws.com",
        "Idempotency-Key": key,
        "User-Agent": "Mozilla/5.0",
        "X-Amzn-Trace-Id": "Root=1-67d0c6e0-1f2e3d4c5b6a798897a6b5c4",
        "X-Forwarded-For": "203.0.113.7",
        "X-Forwarded-Port": "443",
        "X-Forwarded-Proto": "https",
    }
    return {
        "resource": "/orders",
        "path": "/orders",
        "httpMethod": "POST",
        "headers": headers,
        "multiValueHeaders": {name: [value] for name, value in headers.items()},
        "queryStringParameters": None,
        "multiValueQueryStringParameters": None,
        "pathParameters": None,
        "stageVariables": None,
        "requestContext": {
            "resourceId": "r1s2t3",
            "resourcePath": "/orders",
            "httpMethod": "POST",
            "extendedRequestId": "c6af9ac6=",
            "requestTime": "11/Mar/2025:23:28:32 +0000",
            "requestTimeEpoch": 1741735712000,
            "path": "/v1/orders",
            "accountId": "123456789012",
            "protocol": "HTTP/1.1",
            "stage": "v1",
            "domainPrefix": "a1b2c3d4e5",
            "domainName": "a1b2c3d4e5.execute-api.us-east-1.amazonaws.com",
            "requestId": "6f1a2b3c-4d5e-4f60-8a7b-9c0d1e2f3a4b",
            "apiId": "a1b2c3d4e5",
            "identity": {"sourceIp": "203.0.113.7", "userAgent": "Mozilla/5.0"},
            "authorizer": {
                "claims": {
                    "sub": "a4c8f4c2-6031-70aa-5d1f-3f0e3a1f9b11",
                    "email": "ada@example.com",
                    "email_verified": "true",
                    "cognito:username": "a4c8f4c2-6031-70aa-5d1f-3f0e3a1f9b11",
                    "cognito:groups": "customers",
                    "token_use": "id",
                    "aud": AUDIENCE,
                    "iss": "https://cognito-idp.us-east-1.amazonaws.com/us-east-1_Example",
                    "auth_time": "1741735000",
                    "iat": "Tue Mar 11 23:16:40 UTC 2025",
                    "exp": "Wed Mar 12 00:16:40 UTC 2025",
                }
            },
        },
        "body": body,
        "isBase64Encoded": False,
    }


class LambdaContext:
    """What Lambda passes to a function in addition to the event."""

    function_name = "orders-api"
    function_version = "$LATEST"
    invoked_function_arn = "arn:aws:lambda:us-east-1:123456789012:function:orders-api"
    memory_limit_in_mb = 512
    aws_request_id = "6f1a2b3c-4d5e-4f60-8a7b-9c0d1e2f3a4b"
    log_group_name = "/aws/lambda/orders-api"
    log_stream_name = "2025/03/11/[$LATEST]0123456789abcdef"

    @staticmethod
    def get_remaining_time_in_millis() -> int:
        """Return the milliseconds that are left."""
        return 10_000
