"""The API function: one REST proxy event in, one response out."""

from functools import cache
from typing import TYPE_CHECKING, Any

from patterns_shared.cold_start import collector_paused
from patterns_web_api.http.deferred_models import built_on_first_use
from patterns_web_api.snapshot import before_snapshot

with collector_paused(), built_on_first_use():
    from patterns_web_api.bootstrap.api import bootstrap

if TYPE_CHECKING:
    from mangum import Mangum

__all__ = ["lambda_handler"]


@cache
def app() -> "Mangum":
    """Wire the application once."""
    with collector_paused():
        return bootstrap()


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
