"""The ledger's item, made of an event's JSON by hand: what the bare loops write."""

EFFECT = {"OrderFulfilled": 1, "OrderCancelled": -1, "OrderRejected": 0}


def item(event: dict) -> dict:
    """Return the entry as DynamoDB's typed attributes; whatever is missing is a KeyError."""
    return {
        "event_id": {"S": event["id"]},
        "order_id": {"S": event["order_id"]},
        "order_version": {"N": str(event["order_version"])},
        "type": {"S": event["type"]},
        "amount": {"N": str(EFFECT[event["type"]] * event["data"]["total"])},
        "currency": {"S": event["data"]["currency"]},
        "occurred_at": {"S": event["occurred_at"]},
        "trace_id": {"S": event["traceparent"].split("-")[1]},
    }
