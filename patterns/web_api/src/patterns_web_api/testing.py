"""A shop behind a pretended gateway: speak HTTP to it, the application gets the events that a REST API sends."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.metrics import Metrics
from fastapi import FastAPI

from patterns_shared.ports import OrdersRepository
from patterns_shared.testing import FakeOrders, FrozenClock, SequentialOrderIds
from patterns_web_api.application.cursors import Cursors
from patterns_web_api.application.orders import Orders
from patterns_web_api.http.app import create_app
from patterns_web_api.http.gateway import lambda_adapter
from patterns_web_api.settings import ApiSettings

__all__ = ["CLIENT_ID", "Answer", "Shop", "claims_of", "make_shop"]

CLIENT_ID = "client-of-the-page"

JsonObject = dict[str, Any]


def claims_of(name: str, **others: object) -> dict[str, object]:
    """Return the claims of this person's ID token, as the gateway hands them on."""
    return {
        "sub": f"sub-of-{name}",
        "email": f"{name}@example.com",
        "aud": CLIENT_ID,
        "token_use": "id",
        **others,
    }


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    body: str

    @property
    def json(self) -> Any:  # noqa: ANN401 - a test knows what it asked for
        """The body as JSON."""
        return json.loads(self.body)

    @property
    def fields(self) -> list[str]:
        """The fields that a problem document names."""
        return [error["field"] for error in self.json["errors"]]

    def is_problem(self, status: int, slug: str) -> bool:
        """Whether this is a whole problem document of that type."""
        document = self.json
        return (
            self.headers["content-type"] == "application/problem+json"
            and document.keys() >= {"type", "title", "status", "detail", "instance"}
            and self.status == document["status"] == status
            and document["type"] == f"https://patterns.example.com/problems/{slug}"
        )


@dataclass
class Shop:
    """The application over a store. ``send`` is what a browser would do."""

    orders: FakeOrders
    clock: FrozenClock
    app: FastAPI
    handler: Callable[[JsonObject, Any], JsonObject]
    stage_path: str = ""

    def send(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        by: str | None = "ada",
        claims: object = None,
        headers: Mapping[str, str] | None = None,
        query: Mapping[str, str] | None = None,
    ) -> Answer:
        """Send a request as the person ``by`` (None: with no token), or with these claims."""
        return self.handle(self.event(method, path, body, by=by, claims=claims, headers=headers, query=query))

    def place(self, *skus: str, by: str = "ada", headers: Mapping[str, str] | None = None) -> Answer:
        """Place an order of one piece of each product."""
        lines = [{"sku": sku, "quantity": 1} for sku in skus or ("TEA-ASSAM-100",)]
        return self.send("POST", "/orders", {"lines": lines}, by=by, headers=headers)

    def handle(self, event: JsonObject) -> Answer:
        """Send an event. A REST API without binary types would hand on base64 as it is, so that none may come."""
        result = self.handler(event, None)
        if result["isBase64Encoded"]:
            raise ValueError("the answer is in base64")
        return Answer(result["statusCode"], result["headers"], result["body"])

    def event(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        by: str | None = "ada",
        claims: object = None,
        headers: Mapping[str, str] | None = None,
        query: Mapping[str, str] | None = None,
    ) -> JsonObject:
        """Return the event that the gateway would send."""
        if claims is None and by is not None:
            claims = claims_of(by)
        sent = {"Host": "api.example.com", "Content-Type": "application/json", **(headers or {})}
        return {
            "resource": "/{proxy+}",
            "path": path,
            "httpMethod": method,
            "headers": sent,
            "multiValueHeaders": {name: [value] for name, value in sent.items()},
            "queryStringParameters": dict(query) if query else None,
            "multiValueQueryStringParameters": {name: [value] for name, value in query.items()} if query else None,
            "requestContext": {
                "path": f"{self.stage_path}{path}",
                "requestId": "request-1",
                "identity": {"sourceIp": "198.51.100.7"},
                **({"authorizer": {"claims": claims}} if claims is not None else {}),
            },
            "body": json.dumps(body) if isinstance(body, dict | list) else body,
            "isBase64Encoded": False,
        }


def make_shop(
    *,
    logger: Logger,
    metrics: Metrics,
    repository: OrdersRepository | None = None,
    site_origin: str = "https://shop.example.com",
    stage: str = "test",
) -> Shop:
    """Return a shop with no orders, or over this repository."""
    fake = FakeOrders()
    clock = FrozenClock()
    settings = ApiSettings(
        stage=stage,
        app_version="1.2.3",
        orders_table="orders",
        user_pool_client_id=CLIENT_ID,
        cursor_secret_arn="arn:secret",  # noqa: S106 - the name of none
        site_origin=site_origin,
    )
    use_cases = Orders(
        repository or fake,
        new_order_id=SequentialOrderIds(),
        now=clock,
        cursors=Cursors(lambda: b"a key of the tests"),
    )
    app = create_app(use_cases, settings=settings, logger=logger, metrics=metrics)
    return Shop(fake, clock, app, lambda_adapter(app))
