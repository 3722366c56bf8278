"""Outcomes from the bus, in any order and any number, one bad message at a time."""

import json
from collections.abc import Callable
from dataclasses import replace
from itertools import permutations
from typing import Any

import pytest
from aws_lambda_powertools import Logger
from aws_lambda_powertools.metrics import Metrics

from patterns_shared.adapters.event_messages import event_from_delivery
from patterns_shared.adapters.event_receiver import Receiver, one_at_a_time
from patterns_shared.adapters.message_reports import Reporter
from patterns_shared.domain.errors import InvalidEvent, MalformedOrder, MovedUnreadable, PermanentFailure
from patterns_shared.domain.event_codec import encode_event
from patterns_shared.domain.events import Event, EventType
from patterns_shared.domain.moves import Transition
from patterns_shared.domain.orders import OrderStatus
from patterns_shared.testing import FakeOrders, RecordingDeadLetters, make_event, make_order
from patterns_web_api.application.outcomes import Outcomes, Recorded

ORDER = make_order()


FULFILLED = make_event(EventType.ORDER_FULFILLED)
REJECTED = make_event(EventType.ORDER_REJECTED)


def message(name: str, event: Event | object) -> dict[str, Any]:
    """Return an SQS record whose body is an event of the bus with this detail."""
    detail = encode_event(event) if isinstance(event, Event) else event
    body = {"version": "0", "source": "patterns.test", "detail-type": "OrderFulfilled", "detail": detail}
    return {"messageId": name, "body": json.dumps(body), "attributes": {}}


@pytest.fixture
def orders() -> FakeOrders:
    """A store with one order, just placed."""
    return FakeOrders(ORDER)


@pytest.fixture
def letters() -> RecordingDeadLetters:
    """An empty dead-letter queue."""
    return RecordingDeadLetters()


Receive = Callable[..., list[str]]


@pytest.fixture
def receive(orders: FakeOrders, letters: RecordingDeadLetters, logger: Logger, metrics: Metrics) -> Receive:
    """The function's work over that store: from messages to the ids of those that must come again."""
    reporter = Reporter("outcome", pattern="web_api", stage="test", logger=logger, metrics=metrics)
    receiver = Receiver(dead_letters=letters, reporter=reporter, last_receive=5, read=event_from_delivery)

    def receive(*records: dict[str, Any]) -> list[str]:
        answer = receiver.receive({"Records": list(records)}, one_at_a_time(Outcomes(orders).record))
        return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]

    return receive


@pytest.mark.parametrize(("event", "status"), [(FULFILLED, OrderStatus.FULFILLED), (REJECTED, OrderStatus.REJECTED)])
def test_an_outcome_moves_the_order(orders: FakeOrders, event: Event, status: OrderStatus) -> None:
    """To its next version, in the trace of the event."""
    assert Outcomes(orders).record(event) is Recorded.MOVED
    moved = orders.get(ORDER.order_id)
    assert (moved.status, moved.order_version) == (status, 2)
    assert orders.traceparents[ORDER.order_id] == event.traceparent


def test_the_same_outcome_twice_is_a_success(orders: FakeOrders) -> None:
    """The order moves once."""
    outcomes = Outcomes(orders)

    assert [outcomes.record(FULFILLED) for _ in range(3)] == [Recorded.MOVED, Recorded.DUPLICATE, Recorded.DUPLICATE]
    assert orders.get(ORDER.order_id).order_version == 2


@pytest.mark.parametrize("event", [FULFILLED, REJECTED])
def test_a_cancelled_order_ignores_a_late_outcome(orders: FakeOrders, event: Event) -> None:
    """A success: the cancellation went out as an event of its own."""
    orders.move(ORDER.order_id, OrderStatus.CANCELLED, customer_id=ORDER.customer_id, traceparent="")

    assert Outcomes(orders).record(event) is Recorded.LATE
    assert orders.get(ORDER.order_id).status is OrderStatus.CANCELLED


@pytest.mark.parametrize("events", list(permutations([FULFILLED, REJECTED, FULFILLED])))
def test_of_two_outcomes_the_first_to_arrive_stands(orders: FakeOrders, events: tuple[Event, ...]) -> None:
    """In every order of arrival nothing fails, and the order moves once."""
    outcomes = Outcomes(orders)

    recorded = [outcomes.record(event) for event in events]

    assert recorded[0] is Recorded.MOVED
    assert Recorded.CONFLICTING in recorded
    assert orders.get(ORDER.order_id).order_version == 2
    expected = OrderStatus.FULFILLED if events[0] is FULFILLED else OrderStatus.REJECTED
    assert orders.get(ORDER.order_id).status is expected


def test_a_whole_good_batch_leaves_nothing_behind(receive: Receive, letters: RecordingDeadLetters) -> None:
    """No message has to come again, and none is set aside."""
    assert receive(message("a", FULFILLED), message("b", FULFILLED)) == []
    assert letters.kept == []


def test_of_two_outcomes_in_one_batch_the_first_stands_and_the_other_is_no_failure(
    receive: Receive, letters: RecordingDeadLetters, orders: FakeOrders
) -> None:
    """An outcome is known by its order: another one is counted, whatever its id."""
    assert receive(message("a", REJECTED), message("b", FULFILLED), message("c", REJECTED)) == []
    assert letters.kept == []
    assert orders.get(ORDER.order_id).status is OrderStatus.REJECTED


BAD: dict[str, tuple[dict[str, Any], str]] = {
    "not-json": ({"messageId": "not-json", "body": "{"}, "is not JSON"),
    "nul": ({"messageId": "nul", "body": "\x00"}, "is not JSON"),
    "deep": ({"messageId": "deep", "body": "[" * 100_000}, "is not JSON"),
    "a-list": ({"messageId": "a-list", "body": "[]"}, "must be"),
    "no-detail": ({"messageId": "no-detail", "body": "{}"}, "is missing"),
    "not-an-event": (message("not-an-event", {"id": 1}), "is missing"),
    "from-the-future": (message("from-the-future", {**encode_event(FULFILLED), "schema_version": 2}), "version"),
    "no-outcome": (message("no-outcome", make_event(EventType.ORDER_PLACED)), "OrderPlaced is not an outcome"),
    "unknown-order": (
        message(
            "unknown-order",
            make_event(EventType.ORDER_FULFILLED, make_order(order_id="019b8d00-0000-7000-8000-0000000fffff")),
        ),
        "is not in the table",
    ),
    "no-order-id": (message("no-order-id", {**encode_event(FULFILLED), "order_id": "x" * 200}), "none of this shop"),
    "another-customers": (
        message("another-customers", make_event(EventType.ORDER_FULFILLED, make_order(customer_id="customer-2"))),
        "is not in the table",
    ),
}


@pytest.mark.parametrize("name", list(BAD))
def test_a_bad_message_costs_only_itself(
    receive: Receive, letters: RecordingDeadLetters, orders: FakeOrders, name: str
) -> None:
    """Its neighbours are recorded, and it alone is set aside, with the reason, the first time that it comes."""
    bad, reason = BAD[name]
    good = {**encode_event(FULFILLED), "id": "another-event"}
    assert receive(bad, message("good", good)) == []
    ((body, told),) = letters.kept
    assert body == bad["body"]
    assert reason in told
    assert orders.get(ORDER.order_id).status is OrderStatus.FULFILLED


@pytest.mark.parametrize(
    ("event", "error", "reason"),
    [
        (make_event(EventType.ORDER_PLACED), InvalidEvent, "type: OrderPlaced is not an outcome"),
        (make_event(EventType.ORDER_CANCELLED), InvalidEvent, "type: OrderCancelled is not an outcome"),
        (replace(FULFILLED, order_id="x"), PermanentFailure, "the order's id is none of this shop"),
        (
            make_event(EventType.ORDER_FULFILLED, make_order(customer_id="customer-2")),
            PermanentFailure,
            f"order {ORDER.order_id} of this customer is not in the table",
        ),
    ],
)
def test_what_cannot_be_recorded_says_why(
    orders: FakeOrders, event: Event, error: type[Exception], reason: str
) -> None:
    """The reason is what a dead letter keeps, word for word."""
    with pytest.raises(error) as refused:
        Outcomes(orders).record(event)
    assert str(refused.value) == reason


class Unreadable(FakeOrders):
    """A store whose orders cannot be read, before or after they are moved."""

    def __init__(self, error: Exception) -> None:
        """Answer a move by this."""
        super().__init__()
        self._error = error

    def move(self, *_: object, **__: object) -> Transition:
        """Fail."""
        raise self._error


def test_an_order_that_cannot_be_read_is_a_dead_letter_unless_it_was_moved() -> None:
    """What was written stands, and is counted as recorded."""
    moved = Unreadable(MovedUnreadable(ORDER.order_id, 2, "lines: must not be empty"))
    assert Outcomes(moved).record(FULFILLED) is Recorded.MOVED
    with pytest.raises(PermanentFailure) as refused:
        Outcomes(Unreadable(MalformedOrder("lines: must not be empty"))).record(FULFILLED)
    assert str(refused.value) == f"order {ORDER.order_id} cannot be read: lines: must not be empty"


def test_while_the_store_is_down_every_message_comes_again(
    receive: Receive, letters: RecordingDeadLetters, orders: FakeOrders
) -> None:
    """And is recorded once it is back."""
    messages = [message("a", FULFILLED), message("b", FULFILLED)]
    orders.unavailable = True
    assert receive(*messages) == ["a", "b"]

    orders.unavailable = False
    assert receive(*messages) == []
    assert letters.kept == []


def test_every_result_is_counted(receive: Receive, orders: FakeOrders, capsys: pytest.CaptureFixture[str]) -> None:
    """A late outcome has its own metric, and no line tells of a person."""
    orders.move(ORDER.order_id, OrderStatus.CANCELLED, customer_id=ORDER.customer_id, traceparent="")

    receive(message("a", FULFILLED), BAD["not-json"][0])
    out = capsys.readouterr().out

    (metrics,) = [json.loads(line) for line in out.splitlines() if "_aws" in line]
    assert metrics["MessagesLateOutcome"] == [1.0]
    assert metrics["MessagesDeadLettered"] == [1.0]
    assert metrics["receiver"] == "outcome"
    assert ORDER.order_id in out
    assert "@" not in out
