"""What the API answers, as models: the documentation shows them, and tests check every answer against them.

Only the documentation imports this: answering an order needs none of it, and each model costs a cold start time.
"""

from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from patterns_shared.domain.orders import OrderStatus

__all__ = [
    "ANSWERS",
    "ORDER_ID",
    "HealthDocument",
    "OrderDocument",
    "OrderListDocument",
    "ProblemDocument",
    "ProductListDocument",
]

Money = Annotated[int, Field(ge=0, description="In minor units (cents) of the currency.", examples=[690])]
Currency = Annotated[str, Field(pattern="^[A-Z]{3}$", description="ISO 4217.", examples=["EUR"])]
Sku = Annotated[str, Field(examples=["TEA-ASSAM-100"])]
ORDER_ID = "019b8d2f-7a10-7cc4-9f3e-2b1d5a6c7e80"


class Document(BaseModel):
    """Nothing is answered that is not described."""

    model_config = ConfigDict(extra="forbid")


class LineDocument(Document):
    """A line of an order, with the price of the day it was placed."""

    model_config = ConfigDict(title="OrderLine")

    sku: Sku
    quantity: Annotated[int, Field(ge=1, examples=[2])]
    unit_price: Money
    amount: Annotated[int, Field(ge=0, description="`quantity` times `unit_price`.", examples=[1380])]


class OrderDocument(Document):
    """An order."""

    model_config = ConfigDict(title="Order")

    order_id: Annotated[str, Field(json_schema_extra={"format": "uuid"}, examples=[ORDER_ID])]
    customer_id: Annotated[str, Field(examples=["a4c8f4c2-6031-70aa-5d1f-3f0e3a1f9b11"])]
    status: OrderStatus
    lines: Annotated[list[LineDocument], Field(min_length=1)]
    currency: Currency
    total: Annotated[int, Field(ge=0, description="Sum of the lines' amounts.", examples=[1380])]
    placed_at: Annotated[AwareDatetime, Field(examples=["2026-01-05T09:30:00+00:00"])]
    order_version: Annotated[int, Field(ge=1, description="Goes up with each change.", examples=[1])]


class OrderListDocument(Document):
    """One page of your orders, newest first."""

    model_config = ConfigDict(title="OrderList")

    orders: list[OrderDocument]
    next_cursor: Annotated[str | None, Field(description="Asks for the next page; null on the last.", examples=[None])]


class ProductDocument(Document):
    """A product."""

    model_config = ConfigDict(title="Product")

    sku: Sku
    name: Annotated[str, Field(examples=["Assam black tea, 100 g"])]
    unit_price: Money
    currency: Currency


class ProductListDocument(Document):
    """The catalogue."""

    model_config = ConfigDict(title="ProductList")

    products: list[ProductDocument]


class HealthDocument(Document):
    """Which release answers, and where."""

    model_config = ConfigDict(title="Health")

    status: Literal["ok"]
    version: Annotated[str, Field(examples=["1.4.0"])]
    stage: Annotated[str, Field(examples=["dev"])]


class FieldErrorDocument(Document):
    """What is wrong with one field."""

    model_config = ConfigDict(title="FieldError")

    field: Annotated[str, Field(description="A path into the body, or a parameter.", examples=["lines.0.quantity"])]
    message: Annotated[str, Field(examples=["Input should be less than or equal to 999"])]


class ProblemDocument(Document):
    """What went wrong (RFC 9457). A default factory makes a member one that may be absent, without a default."""

    model_config = ConfigDict(title="Problem")

    type: Annotated[
        str,
        Field(
            json_schema_extra={"format": "uri"},
            description="Stable: branch on this.",
            examples=["https://patterns.example.com/problems/invalid-request"],
        ),
    ]
    title: Annotated[str, Field(examples=["The request breaks a rule"])]
    status: Annotated[int, Field(ge=400, le=599, default_factory=int, examples=[422])]
    detail: Annotated[str, Field(description="About this one case.", examples=["the body is not an order"])]
    instance: Annotated[str, Field(json_schema_extra={"format": "uri-reference"}, examples=["/orders"])]
    errors: Annotated[
        list[FieldErrorDocument],
        Field(min_length=1, default_factory=list, description="Which fields, when fields are."),
    ]


ANSWERS: tuple[type[Document], ...] = (
    HealthDocument,
    OrderDocument,
    OrderListDocument,
    ProblemDocument,
    ProductListDocument,
)
"""Everything that is the whole of an answer."""
