"""A shop behind a pretended gateway: tests speak HTTP, the application gets the events that a REST API sends."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest
from aws_lambda_powertools import Logger
from aws_lambda_powertools.metrics import Metrics

from patterns_shared.observability.logger import make_logger
from patterns_shared.observability.metrics import make_metrics
from patterns_shared.testing import FakeOrders, FrozenClock, SequentialOrderIds
from patterns_web_api.application.cursors import Cursors
from patterns_web_api.application.orders import Orders
from patterns_web_api.http.app import create_app
from patterns_web_api.http.gateway import lambda_adapter
from patterns_web_api.settings import ApiSettings

CLIENT_ID = "client-of-the-page"


def claims_of(name: str, **others: object) -> dict[str, object]:
    """Return the claims of this person's ID token, as the gateway hands them on."""
    return {
        "sub": f"sub-of-{name}",
        "email": f"{name}@example.com",
        "aud": CLIENT_ID,
        "token_use": "id",
        **others,
    }


@dataclass
class Answer:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    body: str

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def fields(self) -> list[str]:
        """The fields that a problem document names."""
        return [error["field"] for error in self.json["errors"]]

    def is_problem(self, status: int, slug: str) -> bool:
        """Whether this is a whole problem document of that type."""
        assert self.headers["content-type"] == "application/problem+json", self
        assert self.json.keys() >= {"type", "title", "status", "detail", "instance"}, self
        assert self.json["status"] == self.status
        return self.status == status and self.json["type"] == f"https://patterns.example.com/problems/{slug}"


@dataclass
class Shop:
    """The application over fakes. ``send`` is what a browser would do."""

    orders: FakeOrders
    clock: FrozenClock
    handler: Callable[[Any, Any], dict[str, Any]]
    app: Any
    stage_path: str = ""
    key_requests: list[str] = field(default_factory=list)

    def send(  # noqa: PLR0917 - a request has that many parts
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        by: str | None = "ada",
        claims: object = None,
        headers: Mapping[str, str] | None = None,
        query: Mapping[str, str] | None = None,
    ) -> Answer:
        """Send a request as the person ``by`` (None: with no token), or with these claims."""
        event = self.event(method, path, body, by=by, claims=claims, headers=headers, query=query)
        return self.handle(event)

    def handle(self, event: dict[str, Any]) -> Answer:
        """Send an event."""
        result = self.handler(event, None)
        assert not result["isBase64Encoded"], "a REST API without binary types would hand on base64 as it is"
        return Answer(result["statusCode"], result["headers"], result["body"])

    def event(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        by: str | None = "ada",
        claims: object = None,
        headers: Mapping[str, str] | None = None,
        query: Mapping[str, str] | None = None,
    ) -> dict[str, Any]:
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

    def place(self, *skus: str, by: str = "ada", **others: Any) -> Answer:
        """Place an order of one piece of each."""
        lines = [{"sku": sku, "quantity": 1} for sku in skus or ("TEA-ASSAM-100",)]
        return self.send("POST", "/orders", {"lines": lines}, by=by, **others)


@pytest.fixture(scope="session")
def metrics() -> Metrics:
    """Powertools keeps one state for all metrics of a process, so that there is one object here too."""
    return make_metrics("web_api", "test")


@pytest.fixture(scope="session")
def logger() -> Logger:
    """The function's logger."""
    return make_logger("web_api", "test")


@pytest.fixture
def make_shop(metrics: Metrics, logger: Logger) -> Callable[..., Shop]:
    """Return a shop; its settings and its store can be other ones."""

    def make(*, orders: Any = None, site_origin: str = "https://shop.example.com", stage: str = "test") -> Shop:
        store = FakeOrders() if orders is None else orders
        clock = FrozenClock()
        settings = ApiSettings(
            stage=stage,
            app_version="1.2.3",
            orders_table="orders",
            user_pool_client_id=CLIENT_ID,
            cursor_secret_arn="arn:secret",
            site_origin=site_origin,
        )
        use_cases = Orders(
            store, new_order_id=SequentialOrderIds(), now=clock, cursors=Cursors(lambda: b"a key that nobody guesses")
        )
        app = create_app(use_cases, settings=settings, logger=logger, metrics=metrics)
        return Shop(store, clock, lambda_adapter(app), app)

    return make


@pytest.fixture
def shop(make_shop: Callable[..., Shop]) -> Shop:
    """A shop with no orders."""
    return make_shop()


@pytest.fixture(name="claims_of")
def claims_of_fixture() -> Callable[..., dict[str, object]]:
    """Return what makes claims."""
    return claims_of
