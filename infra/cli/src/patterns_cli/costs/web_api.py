"""What the web API costs: by a million orders, by its customers, and by being there."""

import re
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from patterns_cli.costs.inputs import Inputs
from patterns_cli.costs.lines import Line, Usage
from patterns_cli.costs.write_units import item_bytes, put_units, update_units
from patterns_infra.synthesized import SynthesizedStack
from patterns_shared.adapters.dynamodb_orders import DynamoDBOrders
from patterns_shared.adapters.order_items import order_to_item
from patterns_shared.domain.orders import Order, OrderLine, OrderStatus
from patterns_shared.ports import IdempotencyClaim

__all__ = ["customer_lines", "order_bytes", "order_lines"]

ORDERS = 1_000_000
CUSTOMERS = 1000
_BATCH = 10
_GB = Decimal(10**9)
_UUID = "019b8d00-0000-7000-8000-00000000beef"
_TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
_REFERENCE = re.compile(r"\$context\.([A-Za-z.]+)")
_ACCESS_LOG = {
    "requestTime": "30/Nov/2026:12:00:00 +0000",
    "resourcePath": "/orders",
    "identity.userAgent": "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0 Safari",
    "identity.sourceIp": "198.51.100.178",
    "httpMethod": "POST",
    "xrayTraceId": "1-674afc00-4bf92f3577b34da6a3ce929d",
    **dict.fromkeys(("requestId", "extendedRequestId", "authorizer.claims.sub"), _UUID),
}
"""What a line of the access log holds, as long as it usually is; other fields have three characters."""


def order_lines(stack: SynthesizedStack, inputs: Inputs) -> list[Line]:
    """Return the lines of a million orders, each placed by a request with an idempotency key, and then fulfilled."""
    traced = inputs["xray.sampled_percent"]
    return [
        Line("gateway", "one request an order", (Usage("apigateway.rest_request", ORDERS),)),
        Line("firewall", "one request an order", (Usage("waf.request", ORDERS),)),
        *_table_lines(stack),
        *_function_lines(stack, inputs),
        Line("EventBridge", "OrderPlaced", (Usage("eventbridge.custom_event", ORDERS),)),
        Line(
            "SQS, outcomes",
            f"one message an order; received and deleted in batches of {_BATCH}",
            (Usage("sqs.request", ORDERS + 2 * ORDERS // _BATCH),),
        ),
        _log_line(stack, inputs),
        Line("X-Ray", traced.text(), (Usage("xray.trace", ORDERS * traced.value / 100),)),
    ]


def order_bytes() -> int:
    """Return the size of an order's item in the table."""
    return item_bytes(_placed(_order())[0])


def customer_lines() -> list[Line]:
    """Return the lines of a thousand customers who were active in a month, by the pool's plan."""
    return [
        Line("Cognito, `production`", "Plus", (Usage("cognito.plus_user_month", CUSTOMERS),)),
        Line("Cognito, other stages", "Essentials", (Usage("cognito.essentials_user_month", CUSTOMERS),)),
    ]


def _table_lines(stack: SynthesizedStack) -> list[Line]:
    table = stack.only("DynamoDB::Table")
    placed = _order()
    before, claim = _placed(placed)
    after = order_to_item(placed.move(OrderStatus.FULFILLED), traceparent=_TRACE)
    placing = put_units(table, before, transaction=True) + put_units(table, claim, transaction=True)
    moving = update_units(table, before, after)
    sizes = f"an order of {item_bytes(before)} bytes and its claim of {item_bytes(claim)}"
    return [
        Line(
            "DynamoDB, placing",
            f"{placing} write units: {sizes} in a transaction, and the order in two indexes",
            (Usage("dynamodb.write_unit", ORDERS * placing),),
        ),
        Line(
            "DynamoDB, the outcome",
            f"{moving} write units: the order, its entry by customer, and out of one status into another",
            (Usage("dynamodb.write_unit", ORDERS * moving),),
        ),
    ]


def _function_lines(stack: SynthesizedStack, inputs: Inputs) -> list[Line]:
    requests, seconds = inputs["web_api.api_milliseconds"], inputs["web_api.batch_milliseconds"]
    memory = {name: Decimal(stack.function(name)["MemorySize"]) / 1024 for name in ("api", "relay", "outcome")}
    restored = inputs["web_api.restored_percent"]

    def run(name: str, calls: int, milliseconds: Decimal) -> tuple[Usage, Usage]:
        gb_seconds = calls * memory[name] * milliseconds / 1000
        return Usage("lambda.request", calls), Usage("lambda.arm_gb_second", gb_seconds)

    # The relay sees an order twice, when it is placed and when it moves.
    batches = (*run("relay", 2 * ORDERS // _BATCH, seconds.value), *run("outcome", ORDERS // _BATCH, seconds.value))
    return [
        Line("Lambda, api", f"{memory['api']} GB, {requests.text()}", run("api", ORDERS, requests.value)),
        Line(
            "Lambda, SnapStart",
            restored.text(),
            (Usage("lambda.snapstart_restored_gb", ORDERS * restored.value / 100 * memory["api"]),),
        ),
        Line("Lambda, relay and outcome", f"two changes and one message an order; {seconds.text()}", batches),
    ]


def _log_line(stack: SynthesizedStack, inputs: Inputs) -> Line:
    platform = inputs["lambda.platform_log_bytes"]
    access = len(_REFERENCE.sub(_sample, stack.only("ApiGateway::Stage")["AccessLogSetting"]["Format"]))
    placing = inputs["web_api.placing_log_bytes"].value + platform.value
    # Of the relay's two batches one is of moved orders, which make no event and no line.
    batches = inputs["web_api.relay_log_bytes"].value + inputs["web_api.outcome_log_bytes"].value + 3 * platform.value
    each = access + placing + batches / _BATCH
    how = f"{each:.0f} bytes an order: access log {access}, api {placing:.0f}, the rest relay and outcome"
    return Line("log lines", how, (Usage("cloudwatch.log_gb", ORDERS * each / _GB),))


def _sample(reference: re.Match[str]) -> str:
    return _ACCESS_LOG.get(reference[1], "123")


def _order() -> Order:
    lines = (OrderLine("TEA-ASSAM-100", 2, 450), OrderLine("CUP-PORCELAIN", 1, 1200))
    placed_at = datetime(2026, 11, 30, 12, 0, 0, 123456, tzinfo=UTC)
    return Order(_UUID, _UUID, "somebody@mail.example.com", lines, "EUR", OrderStatus.PLACED, placed_at, 1)


class _Recorder:
    """Takes the repository's transaction in place of DynamoDB, and keeps its items."""

    def __init__(self) -> None:
        self.items: list[dict[str, Any]] = []

    def transact_write_items(self, *, TransactItems: list[dict[str, Any]]) -> None:  # noqa: N803 - as boto3 calls it
        self.items = [request["Put"]["Item"] for request in TransactItems]


def _placed(order: Order) -> list[dict[str, Any]]:
    """Return what the repository writes of a new order with an idempotency key: the order, and the claim."""
    recorder: Any = _Recorder()
    claim = IdempotencyClaim(key=_UUID, fingerprint="0" * 64, expires_at=order.placed_at)
    DynamoDBOrders(recorder, "orders").add(order, claim=claim, traceparent=_TRACE)
    items: list[dict[str, Any]] = recorder.items
    return items
