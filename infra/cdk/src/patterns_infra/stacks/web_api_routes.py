"""The web API's routes: who may call them, how often, and what the gateway does by itself."""

from patterns_infra.constructs.web_api.gateway_stage import RequestBody, Route
from patterns_infra.constructs.web_api.request_schema import request_schema
from patterns_infra.registry import Pattern
from patterns_infra.settings import Settings

__all__ = ["web_api_routes"]


def web_api_routes(pattern: Pattern, *, settings: Settings) -> list[Route]:
    """Return the routes of a stage; the documentation is served everywhere but in production."""
    place_order = RequestBody(name="PlaceOrder", schema=request_schema(pattern, "place_order"))
    routes = [
        Route(method="GET", path="/products", rate=500, burst=500, signed_in=False, cache_seconds=300),
        Route(method="POST", path="/orders", rate=100, burst=200, body=place_order),
        Route(method="GET", path="/orders", rate=100, burst=200),
        Route(method="GET", path="/orders/{order_id}", rate=100, burst=200),
        Route(method="POST", path="/orders/{order_id}/cancel", rate=50, burst=100),
        Route(method="GET", path="/health", rate=10, burst=20, signed_in=False),
    ]
    if settings.production:
        return routes
    documentation = [
        Route(method="GET", path=path, rate=10, burst=20, signed_in=False) for path in ("/openapi.json", "/docs")
    ]
    return routes + documentation
