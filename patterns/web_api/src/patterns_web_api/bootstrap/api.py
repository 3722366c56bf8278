"""Wires the API function."""

import os
from collections.abc import Callable
from functools import cache

from mangum import Mangum

from patterns_shared.adapters.aws_client import create_client
from patterns_shared.adapters.clock import utc_now
from patterns_shared.adapters.dynamodb_orders import DynamoDBOrders
from patterns_shared.adapters.order_ids import new_order_id
from patterns_shared.adapters.secret import CachedSecret
from patterns_shared.observability.logger import make_logger
from patterns_shared.observability.metrics import make_metrics
from patterns_web_api.application.cursors import Cursors
from patterns_web_api.application.orders import Orders
from patterns_web_api.http.app import create_app
from patterns_web_api.http.gateway import lambda_adapter
from patterns_web_api.settings import ApiSettings

__all__ = ["bootstrap"]


def bootstrap() -> Mangum:
    """Return the API as a function of proxy events.

    Raises:
        MissingSetting: naming the environment variable.
    """
    settings = ApiSettings.from_environment(os.environ)
    orders = Orders(
        DynamoDBOrders(create_client("dynamodb", checks_parameters=False), settings.orders_table),
        new_order_id=new_order_id,
        now=utc_now,
        cursors=Cursors(_cursor_key(settings.cursor_secret_arn)),
    )
    app = create_app(
        orders,
        settings=settings,
        logger=make_logger("web_api", settings.stage),
        metrics=make_metrics("web_api", settings.stage),
    )
    return lambda_adapter(app)


def _cursor_key(secret_arn: str) -> Callable[[], bytes]:
    """Return where the key comes from; its client is made with the first cursor, since most requests have none."""

    @cache
    def secret() -> CachedSecret:
        return CachedSecret(create_client("secretsmanager"), secret_arn)

    return lambda: secret().value()
