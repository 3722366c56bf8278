"""The routes under ``/orders``.

They are coroutines that block: a Lambda environment serves one request at a time, so that a thread for each
would only add its cost.
"""

from typing import Annotated

from aws_lambda_powertools.metrics import Metrics, MetricUnit
from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from patterns_shared.domain.orders import Order
from patterns_web_api.application.orders import Orders
from patterns_web_api.http.bodies import PlaceOrderBody, place_order_body
from patterns_web_api.http.edge import ORDER_ID, TRACE
from patterns_web_api.http.parameters import OrderIdInPath, OrdersQuery, idempotency_key, orders_query
from patterns_web_api.http.preconditions import Preconditions, read_preconditions, write_preconditions
from patterns_web_api.http.representations import json_response, order_etag, order_json
from patterns_web_api.http.signed_in import SignedIn
from patterns_web_api.http.unreadable_orders import UnreadableOrders

__all__ = ["order_router"]


def order_router(orders: Orders, metrics: Metrics, unreadable: UnreadableOrders) -> APIRouter:
    """Return the routes of the use cases."""
    router = APIRouter(prefix="/orders", tags=["orders"])

    @router.post("", status_code=201, operation_id="placeOrder")
    async def place_order(
        request: Request,
        caller: SignedIn,
        key: Annotated[str | None, Depends(idempotency_key)],
        body: Annotated[PlaceOrderBody, Depends(place_order_body)],
    ) -> Response:
        """Place an order."""
        placement = orders.place(
            caller, body.requested(), idempotency_key=key, traceparent=request.scope[TRACE].traceparent
        )
        order = placement.order
        if not placement.replayed:
            metrics.add_metric(name="OrdersPlaced", unit=MetricUnit.Count, value=1)
            metrics.add_metric(name="OrderValue", unit=MetricUnit.NoUnit, value=order.total)
        location = f"{request.scope['root_path']}/orders/{order.order_id}"
        return _answer(request, order, status=200 if placement.replayed else 201, headers={"Location": location})

    @router.get("", operation_id="listOrders")
    async def list_orders(caller: SignedIn, query: Annotated[OrdersQuery, Depends(orders_query)]) -> Response:
        """List your orders, newest first."""
        page = orders.list_own(caller, status=query.status, limit=query.limit, cursor=query.cursor)
        unreadable.report(page.unreadable)
        return json_response({"orders": [order_json(order) for order in page.orders], "next_cursor": page.next_cursor})

    @router.get("/{order_id}", operation_id="getOrder")
    async def get_order(
        request: Request,
        caller: SignedIn,
        order_id: OrderIdInPath,
        conditions: Annotated[Preconditions, Depends(read_preconditions)],
    ) -> Response:
        """Show one of your orders; operators see everybody's."""
        order = orders.get(caller, order_id)
        if conditions.not_modified(order_etag(order)):
            request.scope[ORDER_ID] = order.order_id
            return Response(status_code=304, headers={"ETag": order_etag(order)})
        return _answer(request, order)

    @router.post("/{order_id}/cancel", operation_id="cancelOrder")
    async def cancel_order(
        request: Request,
        caller: SignedIn,
        order_id: OrderIdInPath,
        conditions: Annotated[Preconditions, Depends(write_preconditions)],
    ) -> Response:
        """Cancel one of your orders while it is PLACED; to cancel it again changes nothing and succeeds."""
        transition = orders.cancel(
            caller,
            order_id,
            condition=conditions.version_condition(),
            traceparent=request.scope[TRACE].traceparent,
        )
        if not transition.repeated:
            metrics.add_metric(name="OrdersCancelled", unit=MetricUnit.Count, value=1)
        return _answer(request, transition.order)

    return router


def _answer(request: Request, order: Order, *, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    request.scope[ORDER_ID] = order.order_id
    return json_response(order_json(order), status=status, headers={"ETag": order_etag(order), **(headers or {})})
