"""Ledger peer 3: Powertools' batch processor, parser, idempotency, Logger and Metrics, as its documentation shows.

https://docs.aws.amazon.com/powertools/python/latest/utilities/batch/ (the record as a Pydantic model, partial
responses) and https://docs.aws.amazon.com/powertools/python/latest/utilities/idempotency/ (``idempotent_function`` in
a batch, the Lambda context registered). An event is known by its own id, not by the message's: a publisher's duplicate
is another message. A message that cannot be read fails, and SQS sets it aside once it has come often enough.
"""

import os
from datetime import datetime, timedelta
from typing import Annotated, Literal

import boto3
from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.idempotency import (
    DynamoDBPersistenceLayer,
    IdempotencyConfig,
    idempotent_function,
)
from aws_lambda_powertools.utilities.parser.models import SqsRecordModel
from aws_lambda_powertools.utilities.typing import LambdaContext
from pydantic import BaseModel, Field, Json, field_validator, model_validator

EFFECT = {"OrderFulfilled": 1, "OrderCancelled": -1, "OrderRejected": 0}
TABLE = os.environ["LEDGER_TABLE"]

Text = Annotated[str, Field(min_length=1)]
Id = Annotated[str, Field(pattern=r"^[\x21-\x7e]{1,255}$")]
Number = Annotated[int, Field(strict=True, ge=0, le=2**53 - 1)]
Count = Annotated[int, Field(strict=True, ge=1, le=2**53 - 1)]


class Contact(BaseModel):
    """Whom to write to."""

    email: Text


class Line(BaseModel):
    """One product."""

    sku: Text
    quantity: Count
    unit_price: Number


class OrderData(BaseModel):
    """The order as its event saw it."""

    customer_id: Text
    contact: Contact
    lines: Annotated[list[Line], Field(min_length=1)]
    currency: Text
    total: Number
    placed_at: datetime
    reason: Text | None = None

    @model_validator(mode="after")
    def must_add_up(self) -> "OrderData":
        """Refuse a total that is not the sum of the lines."""
        if self.total != sum(line.quantity * line.unit_price for line in self.lines):
            raise ValueError("total is not the sum of the lines")
        return self

    @field_validator("placed_at")
    @classmethod
    def must_be_utc(cls, value: datetime) -> datetime:
        """Refuse another zone, and none."""
        return in_utc(value)


class OrderEvent(BaseModel):
    """The envelope; fields that it does not know were added later."""

    id: Id
    type: Literal["OrderFulfilled", "OrderCancelled", "OrderRejected"]
    schema_version: Literal[1]
    occurred_at: datetime
    order_id: Id
    order_version: Count
    data: OrderData
    traceparent: Text

    @field_validator("occurred_at")
    @classmethod
    def must_be_utc(cls, value: datetime) -> datetime:
        """Refuse another zone, and none."""
        return in_utc(value)

    @model_validator(mode="after")
    def must_have_a_reason(self) -> "OrderEvent":
        """Refuse a rejection that does not say why."""
        if self.type == "OrderRejected" and self.data.reason is None:
            raise ValueError("data.reason is missing")
        return self

    @property
    def trace_id(self) -> str:
        """The trace that it belongs to."""
        return self.traceparent.split("-")[1]


class LedgerRecord(SqsRecordModel):
    """A message whose body is an event."""

    body: Json[OrderEvent]


def in_utc(value: datetime) -> datetime:
    """Return a time in UTC as it is; ValueError for any other."""
    if value.utcoffset() != timedelta(0):
        raise ValueError("must be in UTC")
    return value


logger = Logger()
metrics = Metrics()
processor = BatchProcessor(event_type=EventType.SQS, model=LedgerRecord)
dynamodb = boto3.client("dynamodb")
persistence = DynamoDBPersistenceLayer(table_name=os.environ["IDEMPOTENCY_TABLE"])
idempotency = IdempotencyConfig(event_key_jmespath="id", expires_after_seconds=14 * 24 * 3600)


@idempotent_function(data_keyword_argument="event", config=idempotency, persistence_store=persistence)
def book(event: OrderEvent) -> None:
    """Write the event's entry."""
    dynamodb.put_item(
        TableName=TABLE,
        Item={
            "event_id": {"S": event.id},
            "order_id": {"S": event.order_id},
            "order_version": {"N": str(event.order_version)},
            "type": {"S": event.type},
            "amount": {"N": str(EFFECT[event.type] * event.data.total)},
            "currency": {"S": event.data.currency},
            "occurred_at": {"S": event.occurred_at.isoformat()},
            "trace_id": {"S": event.trace_id},
        },
    )


def record_handler(record: LedgerRecord) -> None:
    """Book one message's event, and say so."""
    event = record.body
    book(event=event)
    logger.info(
        "booked",
        message_id=record.messageId,
        event_id=event.id,
        event_type=event.type,
        order_id=event.order_id,
        trace_id=event.trace_id,
    )
    metrics.add_metric(name="MessagesBooked", unit=MetricUnit.Count, value=1)


@logger.inject_lambda_context
@metrics.log_metrics
def lambda_handler(event: dict, context: LambdaContext) -> dict:
    """Hand the batch to the processor."""
    idempotency.register_lambda_context(context)
    return process_partial_response(event=event, record_handler=record_handler, processor=processor, context=context)
