"""The outermost layer: what every request and every answer gets, whichever route they belong to.

A plain ASGI class, since Starlette's base class for middleware starts a task group for each request.
"""

import re
import time
import traceback
from collections.abc import Iterable

from aws_lambda_powertools import Logger
from aws_lambda_powertools.metrics import Metrics, MetricUnit
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from patterns_shared.observability.tracing import TraceContext
from patterns_web_api.application.orders import is_order_id
from patterns_web_api.http.problems import INTERNAL_ERROR, Problem, problem_response

__all__ = ["ORDER_ID", "TRACE", "Edge"]

TRACE = "patterns.trace"
"""Key in the scope of the request's TraceContext."""
ORDER_ID = "patterns.order_id"
"""Key in the scope of the id of the order that is answered; where none is, the path may name one."""

_XRAY = re.compile(rb"Root=1-([0-9a-f]{8})-([0-9a-f]{24})(?:;Parent=([0-9a-f]{16}))?")
_FRAMES = 12


class Edge:
    """Gives a request its trace, the answer its headers, and both one log line and one set of metrics."""

    def __init__(self, app: ASGIApp, *, site_origin: str, logger: Logger, metrics: Metrics) -> None:
        """Wrap ``app``; ``site_origin`` is the one web origin that may read answers, empty for none."""
        self._app = app
        self._logger = logger
        self._metrics = metrics
        self._headers = [(b"x-content-type-options", b"nosniff"), (b"vary", b"Origin")]
        if site_origin:
            # Not only when the request's Origin is that one: the gateway's cache gives one answer to everybody.
            self._headers += [
                (b"access-control-allow-origin", site_origin.encode()),
                (b"access-control-expose-headers", b"ETag, Location, Retry-After, traceparent"),
            ]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, and send its answer with what every answer has."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = time.perf_counter()
        trace = TraceContext.from_traceparent(_incoming_traceparent(scope["headers"]))
        scope[TRACE] = trace
        status = 0
        failure: Exception | None = None
        method = scope["method"]
        if method == "HEAD":
            # RFC 9110, section 9.3.2: the answer of GET without its content, its length included.
            scope["method"] = "GET"

        async def send_with_headers(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = message["headers"]
                headers += self._headers
                headers.append((b"traceparent", trace.traceparent.encode()))
                if not any(name == b"cache-control" for name, _ in headers):
                    headers.append((b"cache-control", b"no-store"))
            elif method == "HEAD":
                message = {**message, "body": b""}
            await send(message)

        try:
            await self._app(scope, receive, send_with_headers)
        except Exception as error:  # noqa: BLE001 - the last to see it; a client gets a 500 and the log the stack
            failure = error
            if not status:
                problem = Problem(INTERNAL_ERROR, f"quote the trace id {trace.trace_id} when you report it")
                response = problem_response(problem, path=scope["path"])
                await response(scope, receive, send_with_headers)
        scope["method"] = method
        self._record(scope, status, (time.perf_counter() - started) * 1000, trace, failure)

    def _record(self, scope: Scope, status: int, ms: float, trace: TraceContext, failure: Exception | None) -> None:
        route = _route_label(scope)
        fields: dict[str, object] = {"route": route, "status": status, "ms": round(ms, 2), "trace_id": trace.trace_id}
        order_id = scope.get(ORDER_ID) or scope.get("path_params", {}).get("order_id", "")
        if is_order_id(order_id):
            fields["order_id"] = order_id
        context = scope.get("aws.event", {}).get("requestContext", {})
        if "requestId" in context:
            fields["request_id"] = context["requestId"]
        if failure is None:
            self._logger.info("request", extra=fields)
        else:
            self._logger.error("request", extra={**fields, **_described(failure)})
        self._metrics.add_dimensions(route=route, status=str(status))
        self._metrics.add_metric(name="Requests", unit=MetricUnit.Count, value=1)
        self._metrics.add_metric(name="Duration", unit=MetricUnit.Milliseconds, value=ms)
        self._metrics.flush_metrics()


def _incoming_traceparent(headers: Iterable[tuple[bytes, bytes]]) -> str | None:
    """Return the caller's trace context, else X-Ray's in the same form, so that both tell of one trace."""
    xray = b""
    sent = []
    for name, value in headers:
        if name == b"traceparent":
            sent.append(value)
        elif name == b"x-amzn-trace-id":
            xray = value
    if len(sent) == 1:
        # Two are none, as W3C Trace Context says: nothing tells which of them is the caller's.
        return sent[0].decode("latin-1")
    found = _XRAY.search(xray)
    if not found:
        return None
    seconds, unique, parent = found.groups()
    return f"00-{(seconds + unique).decode()}-{(parent or unique[:16]).decode()}-01"


def _route_label(scope: Scope) -> str:
    """Return method and template, ``GET /orders/{order_id}``: few values, and nothing that a client wrote."""
    route = scope.get("route")
    method = scope["method"]
    if route is None or ("GET" if method == "HEAD" else method) not in route.methods:
        return "other"
    return f"{method} {route.path}"


def _described(failure: Exception) -> dict[str, object]:
    """Return what a log needs of an unexpected error; the logger blots out addresses and tokens that it quotes."""
    frames = traceback.extract_tb(failure.__traceback__)[-_FRAMES:]
    return {
        "error": type(failure).__name__,
        "error_message": str(failure),
        "stack": [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames],
    }
