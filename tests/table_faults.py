"""Requests to the routes that use the orders table, and what can go wrong with the table."""

import threading
from typing import NamedTuple

from tests.calls import one_line
from tests.faulty_service import Fault, answer_error, close, hang
from tests.in_process import InProcessApi, LambdaAnswer

__all__ = ["FAULTS", "QUICK", "RELEASED", "ROUTES", "WITHOUT_KEY", "WITH_KEY", "Route", "asks_to_come_back"]


class Route(NamedTuple):
    """A request to one of the routes that use the table."""

    method: str
    path: str
    key: str = ""

    @property
    def places(self) -> bool:
        """Whether it places an order."""
        return (self.method, self.path) == ("POST", "/orders")

    def ask(self, api: InProcessApi, customer_id: str, order_id: str = "") -> LambdaAnswer:
        """Send it, as this customer, about this order."""
        return api.request(
            self.method,
            self.path.format(order_id=order_id),
            customer_id=customer_id,
            body=one_line() if self.places else None,
            headers={"Idempotency-Key": self.key} if self.key else {},
        )


WITH_KEY, WITHOUT_KEY = Route("POST", "/orders", "key"), Route("POST", "/orders")
ROUTES = {
    "place with a key": WITH_KEY,
    "place without a key": WITHOUT_KEY,
    "list": Route("GET", "/orders"),
    "read": Route("GET", "/orders/{order_id}"),
    "cancel": Route("POST", "/orders/{order_id}/cancel"),
}
RELEASED = threading.Event()
FAULTS: dict[str, Fault] = {
    "throttled": answer_error(400, "ProvisionedThroughputExceededException"),
    "throttled by the new name": answer_error(400, "ThrottlingException"),
    "over the request limit": answer_error(400, "RequestLimitExceeded"),
    "internal error": answer_error(500, "InternalServerError"),
    "unavailable": answer_error(503, "ServiceUnavailable"),
    "breaks the connection": close,
    "hangs": hang(RELEASED),
}
QUICK = "throttled"
"""One fault runs with the ordinary tests; the others take minutes."""


def asks_to_come_back(answer: LambdaAnswer) -> bool:
    """Whether it is a 503 problem with a time to wait, and nothing of the program's inside.

    Raises:
        AssertionError: naming what differs.
    """
    assert answer.status_code == 503, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert int(answer.headers["retry-after"]) >= 1
    assert answer.json()["status"] == 503
    assert not [leak for leak in ("botocore", "Exception", "Traceback", "amazonaws") if leak in answer.text]
    return True
