"""Peer 2: FastAPI, Mangum and Pydantic, as their documentation shows.

https://fastapi.tiangolo.com/tutorial/body-nested-models/ and https://mangum.fastapiexpert.com/: models at module level,
``def`` for a route that calls a blocking library, ``Mangum(app, lifespan="off")``. No logging, metrics or idempotency:
this is the hello-world whose price our whole machinery must not exceed.
"""

import os
import uuid
from datetime import UTC, datetime
from typing import Annotated

import boto3
from fastapi import FastAPI, Request, Response
from mangum import Mangum
from pydantic import BaseModel, ConfigDict, Field, field_validator

from benchmarks.peers.prices import CURRENCY, PRICES

dynamodb = boto3.client("dynamodb")
TABLE = os.environ["ORDERS_TABLE"]


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


class OrderLine(BaseModel):
    """One line, priced."""

    sku: str
    quantity: int
    unit_price: int
    amount: int


class Order(BaseModel):
    """The order as it is answered."""

    order_id: str
    customer_id: str
    status: str
    lines: list[OrderLine]
    currency: str
    total: int
    placed_at: datetime
    order_version: int


app = FastAPI()


@app.post("/orders", status_code=201)
def place_order(body: PlaceOrder, request: Request, response: Response) -> Order:
    """Price the order, write it, answer it."""
    claims = request.scope["aws.event"]["requestContext"]["authorizer"]["claims"]
    lines = [
        OrderLine(sku=x.sku, quantity=x.quantity, unit_price=PRICES[x.sku], amount=PRICES[x.sku] * x.quantity)
        for x in body.lines
    ]
    order = Order(
        order_id=str(uuid.uuid4()),
        customer_id=claims["sub"],
        status="PLACED",
        lines=lines,
        currency=CURRENCY,
        total=sum(line.amount for line in lines),
        placed_at=datetime.now(UTC),
        order_version=1,
    )
    dynamodb.put_item(
        TableName=TABLE, Item=item(order, claims["email"]), ConditionExpression="attribute_not_exists(pk)"
    )
    response.headers["Location"] = f"/orders/{order.order_id}"
    return order


def item(order: Order, email: str) -> dict:
    """Return the order as DynamoDB's typed attributes."""
    return {
        "pk": {"S": f"ORDER#{order.order_id}"},
        "order_id": {"S": order.order_id},
        "customer_id": {"S": order.customer_id},
        "contact_email": {"S": email},
        "status": {"S": order.status},
        "currency": {"S": order.currency},
        "total": {"N": str(order.total)},
        "placed_at": {"S": order.placed_at.isoformat()},
        "order_version": {"N": str(order.order_version)},
        "lines": {
            "L": [
                {
                    "M": {
                        "sku": {"S": line.sku},
                        "quantity": {"N": str(line.quantity)},
                        "unit_price": {"N": str(line.unit_price)},
                    }
                }
                for line in order.lines
            ]
        },
    }


lambda_handler = Mangum(app, lifespan="off")
