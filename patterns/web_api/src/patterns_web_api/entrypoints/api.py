"""The API function: one REST proxy event in, one response out."""

from functools import cache
from typing import Any

from patterns_web_api.bootstrap.api import bootstrap
from patterns_web_api.snapshot import before_snapshot

__all__ = ["lambda_handler"]

app = cache(bootstrap)


def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:  # noqa: ANN401 - Lambda's own object
    """Answer one request."""
    return app()(event, context)


def prime() -> None:
    """Answer two requests that need nothing from outside, so that a snapshot has the application built and warm.

    No order id is made and no secret is read: each environment restored from the snapshot gets its own.
    """
    for method, path in (("GET", "/health"), ("POST", "/orders")):
        lambda_handler({"httpMethod": method, "path": path, "resource": path, "requestContext": {}}, None)


before_snapshot(prime)
