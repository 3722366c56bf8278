"""Orders that are in the table and cannot be read: each costs only itself, and is seen by a person."""

from collections.abc import Sequence

from aws_lambda_powertools import Logger
from aws_lambda_powertools.metrics import MetricUnit
from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import Response

from patterns_shared.domain.errors import MalformedOrder, MovedUnreadable
from patterns_shared.observability.metrics import NAMESPACE
from patterns_shared.ports import UnreadableOrder
from patterns_web_api.http.edge import TRACE
from patterns_web_api.http.problems import INTERNAL_ERROR, Problem, problem_response

__all__ = ["UnreadableOrders"]


class UnreadableOrders:
    """Counts them in the metric ``OrdersUnreadable``, whose alarm says what to do, and names each in the log."""

    def __init__(self, *, stage: str, logger: Logger) -> None:
        """Take the metric's ``stage``, and the log."""
        self._dimensions = {"service": "web_api", "stage": stage}
        self._logger = logger

    def report(self, unreadable: Sequence[UnreadableOrder]) -> None:
        """Log and count these orders."""
        if not unreadable:
            return
        # Needed by no order that can be read, and a cold start is theirs.
        from aws_lambda_powertools.metrics import single_metric  # noqa: PLC0415

        for order in unreadable:
            self._logger.error("unreadable_order", extra={"order_id": order.order_id, "reason": order.reason})
        with single_metric(
            name="OrdersUnreadable",
            unit=MetricUnit.Count,
            value=len(unreadable),
            namespace=NAMESPACE,
            default_dimensions=self._dimensions,
        ):
            pass

    def add_handlers(self, app: FastAPI) -> None:
        """Answer 500 where such an order is asked for, and success where one was moved: a write stands."""

        async def answer_unreadable(request: Request, error: Exception) -> Response:
            self.report([UnreadableOrder(request.path_params.get("order_id", ""), str(error))])
            trace_id = request.scope[TRACE].trace_id
            problem = Problem(INTERNAL_ERROR, f"quote the trace id {trace_id} when you report it")
            return problem_response(problem, path=request.scope["path"])

        async def answer_moved(_: Request, error: Exception) -> Response:
            assert isinstance(error, MovedUnreadable)  # noqa: S101 - it is registered for nothing else
            self.report([UnreadableOrder(error.order_id, str(error))])
            return Response(status_code=204, headers={"ETag": f'"{error.order_version}"'})

        app.add_exception_handler(MalformedOrder, answer_unreadable)
        app.add_exception_handler(MovedUnreadable, answer_moved)
