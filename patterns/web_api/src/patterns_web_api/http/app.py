"""The FastAPI application, put together from the use cases that it is given."""

from functools import partial
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.metrics import Metrics
from fastapi import FastAPI

from patterns_web_api.application.orders import Orders
from patterns_web_api.http.documentation import documentation_route
from patterns_web_api.http.edge import Edge
from patterns_web_api.http.error_handlers import add_error_handlers
from patterns_web_api.http.health import health_router
from patterns_web_api.http.orders import order_router
from patterns_web_api.http.products import product_router
from patterns_web_api.http.unreadable_orders import UnreadableOrders
from patterns_web_api.settings import ApiSettings

__all__ = ["create_app"]


def create_app(orders: Orders, *, settings: ApiSettings, logger: Logger, metrics: Metrics) -> FastAPI:
    """Return the application; it makes no request and reads no environment."""
    unreadable = UnreadableOrders(stage=settings.stage, logger=logger)
    routers = (
        product_router(),
        order_router(orders, metrics, unreadable),
        health_router(version=settings.app_version, stage=settings.stage),
    )
    app = FastAPI(
        title="Orders",
        version=settings.app_version,
        # Taken over as they are: a router that is included is matched again, through a layer more, on each request.
        routes=[route for router in routers for route in router.routes],
        redirect_slashes=False,
        openapi_url="/openapi.json" if settings.serves_documentation else None,
        docs_url=None,
        redoc_url=None,
    )
    if app.openapi_url:
        app.router.routes.append(documentation_route(path="/docs", openapi_url=app.openapi_url, title=app.title))
    app.state.audience = settings.user_pool_client_id
    app.add_middleware(Edge, site_origin=settings.site_origin, logger=logger, metrics=metrics)
    add_error_handlers(app)
    unreadable.add_handlers(app)
    app.openapi = partial(_openapi, app)  # type: ignore[method-assign]
    return app


def _openapi(app: FastAPI) -> dict[str, Any]:
    # Needed by those who read the documentation, and by no order.
    from patterns_web_api.http.openapi import openapi_document  # noqa: PLC0415

    if app.openapi_schema is None:
        app.openapi_schema = openapi_document(app)
    return app.openapi_schema
