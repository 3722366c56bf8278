"""Peer 3: Powertools' REST resolver with Logger, Tracer, Metrics and DynamoDB idempotency, as its documentation shows.

https://docs.aws.amazon.com/powertools/python/latest/core/event_handler/api_gateway/ (data validation, fine-grained
responses) and https://docs.aws.amazon.com/powertools/python/latest/utilities/idempotency/ (``idempotent_function``,
payload subset, payload validation). As there, the persistence layer makes its own client of its table's name; with
``ONE_CLIENT`` set it takes the orders' client, which its reference allows and which is measured as well.
"""

import os
import uuid
from datetime import UTC, datetime
from typing import Annotated

import boto3
from aws_lambda_powertools import Logger, Metrics, Tracer
from aws_lambda_powertools.event_handler import APIGatewayRestResolver, Response, content_types
from aws_lambda_powertools.logging import correlation_paths
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.idempotency import (
    DynamoDBPersistenceLayer,
    IdempotencyConfig,
    idempotent_function,
)
from aws_lambda_powertools.utilities.typing import LambdaContext
from pydantic import BaseModel, ConfigDict, Field, field_validator

from benchmarks.peers.prices import CURRENCY, PRICES

tracer = Tracer()
logger = Logger()
metrics = Metrics()
app = APIGatewayRestResolver(enable_validation=True)

dynamodb = boto3.client("dynamodb")
TABLE = os.environ["ORDERS_TABLE"]
persistence = DynamoDBPersistenceLayer(
    table_name=os.environ["IDEMPOTENCY_TABLE"], boto3_client=dynamodb if os.environ.get("ONE_CLIENT") else None
)
idempotency = IdempotencyConfig(
    event_key_jmespath="[customer_id, idempotency_key]",
    payload_validation_jmespath="lines",
    expires_after_seconds=24 * 3600,
)


class RequestedLine(BaseModel):
    """What the customer asks for."""

    model_config = ConfigDict(extra="forbid", strict=True)

    sku: str
    quantity: Annotated[int, Field(ge=1, le=999)]

    @field_validator("sku")
    @classmethod
    def must_be_for_sale(cls, sku: str) -> str:
        """Refuse a SKU that the catalogue does not have."""
        if sku not in PRICES:
            raise ValueError("the catalogue has no such product")
        return sku


class PlaceOrder(BaseModel):
    """The body of ``POST /orders``."""

    model_config = ConfigDict(extra="forbid")

    lines: Annotated[list[RequestedLine], Field(min_length=1, max_length=50)]

    @field_validator("lines")
    @classmethod
    def must_differ(cls, lines: list[RequestedLine]) -> list[RequestedLine]:
        """Refuse the same SKU in two lines."""
        if len({line.sku for line in lines}) != len(lines):
            raise ValueError("a product may be in one line only")
        return lines


@app.post("/orders")
@tracer.capture_method
def place_order(body: PlaceOrder) -> Response[dict]:
    """Place the order once for each idempotency key of the customer."""
    event = app.current_event
    claims = event.request_context.authorizer.claims
    placement = {
        "customer_id": claims["sub"],
        "email": claims["email"],
        "idempotency_key": event.headers["Idempotency-Key"],
        "lines": [line.model_dump() for line in body.lines],
    }
    order = write_order(placement=placement)
    logger.info("order placed", order_id=order["order_id"])
    metrics.add_metric(name="OrdersPlaced", unit=MetricUnit.Count, value=1)
    return Response(
        status_code=201,
        content_type=content_types.APPLICATION_JSON,
        body=order,
        headers={"Location": f"/orders/{order['order_id']}"},
    )


@idempotent_function(data_keyword_argument="placement", config=idempotency, persistence_store=persistence)
def write_order(placement: dict) -> dict:
    """Price the order and write it."""
    lines = [
        {**line, "unit_price": PRICES[line["sku"]], "amount": PRICES[line["sku"]] * line["quantity"]}
        for line in placement["lines"]
    ]
    order = {
        "order_id": str(uuid.uuid4()),
        "customer_id": placement["customer_id"],
        "status": "PLACED",
        "lines": lines,
        "currency": CURRENCY,
        "total": sum(line["amount"] for line in lines),
        "placed_at": datetime.now(UTC).isoformat(),
        "order_version": 1,
    }
    dynamodb.put_item(
        TableName=TABLE, Item=item(order, placement["email"]), ConditionExpression="attribute_not_exists(pk)"
    )
    return order


def item(order: dict, email: str) -> dict:
    """Return the order as DynamoDB's typed attributes."""
    return {
        "pk": {"S": f"ORDER#{order['order_id']}"},
        "order_id": {"S": order["order_id"]},
        "customer_id": {"S": order["customer_id"]},
        "contact_email": {"S": email},
        "status": {"S": order["status"]},
        "currency": {"S": order["currency"]},
        "total": {"N": str(order["total"])},
        "placed_at": {"S": order["placed_at"]},
        "order_version": {"N": str(order["order_version"])},
        "lines": {
            "L": [
                {
                    "M": {
                        "sku": {"S": line["sku"]},
                        "quantity": {"N": str(line["quantity"])},
                        "unit_price": {"N": str(line["unit_price"])},
                    }
                }
                for line in order["lines"]
            ]
        },
    }


@logger.inject_lambda_context(correlation_id_path=correlation_paths.API_GATEWAY_REST)
@tracer.capture_lambda_handler
@metrics.log_metrics(capture_cold_start_metric=True)
def lambda_handler(event: dict, context: LambdaContext) -> dict:
    """Hand the event to the resolver."""
    idempotency.register_lambda_context(context)
    return app.resolve(event, context)
