"""One log line and one set of metrics a request: enough to follow an order, nothing that tells of a person."""

import json
from collections.abc import Callable

import pytest

from patterns_web_api.testing import Shop


class Lines:
    """What the function wrote to standard output."""

    def __init__(self, text: str) -> None:
        self.text = text
        lines = [json.loads(line) for line in text.splitlines()]
        self.logs = [line for line in lines if "_aws" not in line]
        self.metrics = [line for line in lines if "_aws" in line]


Written = Callable[[], Lines]


@pytest.fixture
def written(capsys: pytest.CaptureFixture[str]) -> Written:
    """Return what was written since it was asked last."""
    return lambda: Lines(capsys.readouterr().out)


def test_a_request_is_one_line(shop: Shop, written: Written) -> None:
    """Route, status, time, order and trace; JSON."""
    placed = shop.place(headers={"traceparent": "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"})

    (line,) = written().logs

    assert line["level"] == "INFO"
    assert line["message"] == "request"
    assert line["route"] == "POST /orders"
    assert line["status"] == 201
    assert 0 < line["ms"] < 10_000
    assert line["order_id"] == placed.json["order_id"]
    assert line["trace_id"] == "4bf92f3577b34da6a3ce929d0e0e4736"
    assert line["request_id"] == "request-1"
    assert (line["pattern"], line["stage"]) == ("web_api", "test")


@pytest.mark.parametrize(
    ("request_line", "route", "status"),
    [
        ("GET /orders/019b8d00-0000-7000-8000-000000000001", "GET /orders/{order_id}", 404),
        ("GET /products", "GET /products", 200),
        ("DELETE /products", "other", 405),
        ("GET /eve@example.com", "other", 404),
    ],
)
def test_a_line_has_the_routes_template_never_the_path(
    shop: Shop, written: Written, request_line: str, route: str, status: int
) -> None:
    """What a client invents in a path is neither logged nor made into a metric."""
    shop.send(*request_line.split())

    lines = written()
    assert [(line["route"], line["status"]) for line in lines.logs] == [(route, status)]
    assert [(line["route"], line["status"]) for line in lines.metrics] == [(route, str(status))]


def test_a_failed_request_names_its_order_too(shop: Shop, written: Written) -> None:
    """When the path had an id; and not when it had something else."""
    order_id = "019b8d00-0000-7000-8000-00000000beef"
    shop.send("GET", f"/orders/{order_id}")
    shop.send("GET", "/orders/eve@example.com")

    assert [line.get("order_id") for line in written().logs] == [order_id, None]


def test_no_line_tells_of_a_person(shop: Shop, written: Written) -> None:
    """No address, no token, no body, on whichever way a request goes."""
    token = "eyJraWQiOiJhYmMi.eyJzdWIiOiJhZGEi.c2lnbmF0dXJl"
    headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": "secret-key", "Cookie": "secret-cookie"}
    location = shop.place(headers=headers).headers["location"]
    shop.place("GIFT-BOX-S", headers=headers)
    shop.send("GET", location, headers=headers)
    shop.send("GET", "/orders", headers=headers, query={"cursor": "ada@example.com", "status": token})
    shop.send("GET", "/orders", headers=headers, query={"cursor": "ada@example.com"})
    shop.send("POST", f"{location}/cancel", headers={**headers, "If-Match": "ada@example.com"})
    shop.send("POST", "/orders", {"lines": "ada@example.com"}, headers=headers)
    shop.send("POST", "/orders", "ada@example.com{", headers=headers)
    shop.send("GET", f"/orders/ada@example.com/{token}", headers=headers)

    text = written().text

    assert text.count('"message":"request"') == 9
    for private in ("example.com", "@", token, "eyJ", "secret", "TEA-ASSAM", "198.51.100.7"):
        assert private not in text


class Broken:
    """A store with a bug, whose error quotes what it was given."""

    def get(self, order_id: str) -> None:
        """Fail."""
        message = f"cannot read {order_id} of ada@example.com with eyJraWQiOiJhYmMi.eyJzdWIiOiJhZGEi.c2ln"
        raise RuntimeError(message)


def test_an_unexpected_error_is_one_line_with_its_stack(make_shop: Callable[..., Shop], written: Written) -> None:
    """The client gets a problem with a trace id and nothing else; the line has the rest, without the person."""
    shop = make_shop(repository=Broken())

    answer = shop.send("GET", "/orders/019b8d00-0000-7000-8000-000000000001")
    (line,) = written().logs

    assert answer.is_problem(500, "internal-error")
    assert line["trace_id"] in answer.json["detail"]
    assert "cannot read" not in answer.body
    assert "Traceback" not in answer.body
    assert (line["level"], line["status"], line["error"]) == ("ERROR", 500, "RuntimeError")
    assert line["error_message"].startswith("cannot read 019b8d00-0000-7000-8000-000000000001 of ")
    assert line["stack"][-1].split()[0].rpartition(":")[0].endswith("test_log_lines.py")
    assert "ada@" not in json.dumps(line)
    assert "eyJ" not in json.dumps(line)
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_orders_are_counted_and_valued(shop: Shop, written: Written) -> None:
    """Placed and cancelled ones, by stage; replays and refusals are neither."""
    location = shop.place("TEA-ASSAM-100", headers={"Idempotency-Key": "key"}).headers["location"]
    shop.place("TEA-ASSAM-100", headers={"Idempotency-Key": "key"})
    shop.send("POST", f"{location}/cancel")
    shop.send("POST", f"{location}/cancel")
    shop.send("POST", "/orders", {})

    metrics = written().metrics

    assert len(metrics) == 5, "one flush a request"
    counted = [
        {name: line[name] for name in ("OrdersPlaced", "OrderValue", "OrdersCancelled") if name in line}
        for line in metrics
    ]
    assert counted == [{"OrdersPlaced": [1.0], "OrderValue": [690.0]}, {}, {"OrdersCancelled": [1.0]}, {}, {}]
    for line in metrics:
        (directive,) = line["_aws"]["CloudWatchMetrics"]
        assert directive["Namespace"] == "Patterns"
        assert {frozenset(names) for names in directive["Dimensions"]} == {
            frozenset({"service", "stage"}),
            frozenset({"stage", "route", "status"}),
        }
        assert line["Requests"] == [1.0]
