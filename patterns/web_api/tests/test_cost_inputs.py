"""What the cost table takes for measured is measured here: bytes of log lines, and how many metrics they make."""

import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from aws_lambda_powertools import Logger
from aws_lambda_powertools.metrics import Metrics

from patterns_shared.adapters.event_messages import event_from_delivery
from patterns_shared.adapters.event_receiver import Receiver, one_at_a_time
from patterns_shared.adapters.message_reports import Reporter
from patterns_shared.domain.event_codec import encode_event
from patterns_shared.domain.events import EventType
from patterns_shared.testing import FakeOrders, RecordingDeadLetters, RecordingPublisher, make_event, make_order
from patterns_web_api.application.outcomes import Outcomes
from patterns_web_api.application.relay import Change, Relay
from patterns_web_api.testing import Shop

FILE = Path(__file__).parents[3] / "docs" / "cost_inputs.json"
BATCH = 10
NEAR = 0.2
"""How far a figure may be from the measured one: ids and times have no fixed length, and a word more costs nothing."""

Written = Callable[[], str]


@pytest.fixture
def written(capsys: pytest.CaptureFixture[str]) -> Written:
    """Return a function that gives what was written since it was asked last."""
    return lambda: capsys.readouterr().out


def recorded(name: str) -> float:
    """Return an input of the cost table, which says that it is measured here."""
    (found,) = (x for x in json.loads(FILE.read_text())["inputs"] if x["id"] == f"web_api.{name}")
    assert found["measured_by"] == f"patterns/web_api/tests/{Path(__file__).name}"
    return float(found["value"])


def series(text: str) -> set[tuple[str, tuple[tuple[str, str], ...]]]:
    """Return the metrics in these lines as CloudWatch counts them: a name with each set of dimensions is one."""
    found = set()
    for line in filter(lambda line: "_aws" in line, map(json.loads, text.splitlines())):
        for directive in line["_aws"]["CloudWatchMetrics"]:
            for names in directive["Dimensions"]:
                dimensions = tuple(sorted((name, line[name]) for name in names))
                found |= {(metric["Name"], dimensions) for metric in directive["Metrics"]}
    return found


def relay_batch(logger: Logger, metrics: Metrics) -> None:
    """Relay a batch of new orders."""
    events = [make_event(EventType.ORDER_PLACED, make_order(order_id=_id(number))) for number in range(BATCH)]
    changes = [Change(position=str(n), event=event, malformed=None, raw={}) for n, event in enumerate(events)]
    relay = Relay(RecordingPublisher(), _Unused(), logger=logger, metrics=metrics)
    assert relay.relay(changes) is None


class _Unused:
    """A dead-letter queue that nothing goes to."""

    def send(self, record: Mapping[str, Any], reason: str) -> None:
        """Fail: a batch of good changes needs none."""
        raise AssertionError((record, reason))


def outcome_batch(logger: Logger, metrics: Metrics) -> None:
    """Record a batch of outcomes, each of an order of its own."""
    orders = [make_order(order_id=_id(number)) for number in range(BATCH)]
    reporter = Reporter("outcome", pattern="web_api", stage="test", logger=logger, metrics=metrics)
    outcomes = Outcomes(FakeOrders(*orders))
    receiver = Receiver(
        dead_letters=RecordingDeadLetters(), reporter=reporter, last_receive=5, read=event_from_delivery
    )
    receiver.receive({"Records": list(_deliveries(orders))}, one_at_a_time(outcomes.record))


def _deliveries(orders: list[Any]) -> Iterator[dict[str, Any]]:
    for order in orders:
        detail = encode_event(make_event(EventType.ORDER_FULFILLED, order))
        body = {"version": "0", "source": "patterns.test", "detail-type": "OrderFulfilled", "detail": detail}
        yield {"messageId": order.order_id, "body": json.dumps(body), "attributes": {}}


def _id(number: int) -> str:
    return f"019b8d00-0000-7000-8000-{number:012x}"


def test_lines_of_a_placed_order(shop: Shop, written: Written) -> None:
    """The log line and the metrics of POST /orders with an idempotency key."""
    assert shop.place("TEA-ASSAM-100", headers={"Idempotency-Key": "key"}).status == 201
    assert len(written()) == pytest.approx(recorded("placing_log_bytes"), rel=NEAR)


def test_lines_of_a_relayed_batch(logger: Logger, metrics: Metrics, written: Written) -> None:
    """Ten new orders in one call."""
    relay_batch(logger, metrics)
    assert len(written()) == pytest.approx(recorded("relay_log_bytes"), rel=NEAR)


def test_lines_of_a_batch_of_outcomes(logger: Logger, metrics: Metrics, written: Written) -> None:
    """Ten outcomes in one call."""
    outcome_batch(logger, metrics)
    assert len(written()) == pytest.approx(recorded("outcome_log_bytes"), rel=NEAR)


def test_metrics_of_a_month(shop: Shop, logger: Logger, metrics: Metrics, written: Written) -> None:
    """Every route with its success and what clients get wrong, the relay and the outcomes."""
    key = {"Idempotency-Key": "key"}
    first = shop.place(headers=key).headers["location"]
    shop.place(headers=key)
    shop.send("POST", "/orders", {"lines": []}, headers=key)
    shop.send("POST", "/orders", "{")
    shop.send("POST", "/orders", by=None)
    for path in ("/orders", first):
        shop.send("GET", path)
        shop.send("GET", path, by=None)
    shop.send("GET", "/orders", query={"cursor": "wrong"})
    shop.send("GET", first, by="eve")
    shop.send("POST", f"{first}/cancel", headers={"If-Match": '"9"'})
    shop.send("POST", f"{first}/cancel")
    shop.send("POST", f"{first}/cancel", by="eve")
    shop.send("POST", f"{first}/cancel", by=None)
    etag = shop.send("GET", "/products").headers["etag"]
    shop.send("GET", "/products", headers={"If-None-Match": etag})
    shop.send("GET", "/health")
    shop.send("GET", "/nothing")
    relay_batch(logger, metrics)
    outcome_batch(logger, metrics)
    assert len(series(written())) == pytest.approx(recorded("custom_metrics"), rel=NEAR)
