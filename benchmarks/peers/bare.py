"""Peer 1: a bare function with a boto3 client, as the Lambda developer guide shows.

https://docs.aws.amazon.com/lambda/latest/dg/python-handler.html: the client is made outside the handler, the event is
read by hand. Validation is written out; there is no logging beyond ``print``, no metrics, no idempotency.
"""

import json
import os
import uuid
from datetime import UTC, datetime

import boto3

from benchmarks.peers.prices import CURRENCY, PRICES

dynamodb = boto3.client("dynamodb")
TABLE = os.environ["ORDERS_TABLE"]


def lambda_handler(event: dict, context: object) -> dict:  # noqa: ARG001 - Lambda passes it
    """Route the event by hand; ``POST /orders`` is the only route."""
    if event["httpMethod"] != "POST" or event["path"] != "/orders":
        return answer(404, {"message": "not found"})
    claims = event["requestContext"]["authorizer"]["claims"]
    try:
        lines = priced(json.loads(event["body"]))
    except ValueError as error:
        return answer(400, {"message": str(error)})
    order = {
        "order_id": str(uuid.uuid4()),
        "customer_id": claims["sub"],
        "status": "PLACED",
        "lines": lines,
        "currency": CURRENCY,
        "total": sum(line["amount"] for line in lines),
        "placed_at": datetime.now(UTC).isoformat(),
        "order_version": 1,
    }
    dynamodb.put_item(
        TableName=TABLE, Item=item(order, claims["email"]), ConditionExpression="attribute_not_exists(pk)"
    )
    print(json.dumps({"message": "order placed", "order_id": order["order_id"]}))
    return answer(201, order, Location=f"/orders/{order['order_id']}")


def priced(body: object) -> list[dict]:
    """Return the lines with the catalogue's prices; ValueError names what is wrong."""
    if not isinstance(body, dict) or set(body) != {"lines"} or not isinstance(body["lines"], list):
        raise ValueError("the body must have lines and nothing else")
    if not 1 <= len(body["lines"]) <= 50:
        raise ValueError("lines: 1 to 50")
    lines, seen = [], set()
    for n, line in enumerate(body["lines"]):
        if not isinstance(line, dict) or set(line) != {"sku", "quantity"}:
            raise ValueError(f"lines.{n}: must have sku, quantity and nothing else")
        sku, quantity = line["sku"], line["quantity"]
        if not isinstance(quantity, int) or isinstance(quantity, bool) or not 1 <= quantity <= 999:
            raise ValueError(f"lines.{n}.quantity: 1 to 999")
        if not isinstance(sku, str) or sku not in PRICES:
            raise ValueError(f"lines.{n}.sku: unknown")
        if sku in seen:
            raise ValueError(f"lines.{n}.sku: twice")
        seen.add(sku)
        price = PRICES[sku]
        lines.append({"sku": sku, "quantity": quantity, "unit_price": price, "amount": price * quantity})
    return lines


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
        "order_version": {"N": "1"},
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


def answer(status: int, body: dict, **headers: str) -> dict:
    """Return a proxy integration's response."""
    return {
        "statusCode": status,
        "headers": {"Content-Type": "application/json", **headers},
        "body": json.dumps(body),
    }
