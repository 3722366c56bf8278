import json
from collections.abc import Callable
from typing import Any

import pytest
from aws_lambda_powertools import Logger
from botocore.exceptions import ClientError
from hypothesis import given
from hypothesis import strategies as st

from patterns_shared.adapters.queue_visibility import QueueVisibility, least_seconds
from patterns_shared.adapters.sqs_batch import Message
from patterns_shared.domain.errors import InvalidEvent, PermanentFailure, TemporarilyUnavailable
from patterns_shared.observability.logger import make_logger

Client = Any
Clients = Callable[[str], Client]


class CircuitOpen(TemporarilyUnavailable):
    """A failure that says itself when to come back."""

    backs_off = False


class AccountCannotSend(TemporarilyUnavailable):
    """A failure that passes when a person does something."""

    longest_backoff = 1800


class Queue:
    """A queue that notes for how long which message is hidden."""

    def __init__(self) -> None:
        """Take every change."""
        self.calls: list[dict[str, int]] = []
        self.fail: Exception | None = None

    def change_message_visibility_batch(self, *, QueueUrl: str, Entries: list[Any]) -> dict[str, Any]:  # noqa: N803
        """Note the changes, or fail."""
        assert QueueUrl == "url"
        if self.fail:
            raise self.fail
        self.calls.append({entry["ReceiptHandle"]: entry["VisibilityTimeout"] for entry in Entries})
        return {"Failed": [{"Id": "0", "Code": "ReceiptHandleIsInvalid", "SenderFault": True}]}


@pytest.fixture
def logger() -> Logger:
    """The logger of a function."""
    return make_logger("async", "test")


@pytest.fixture
def lines(capsys: pytest.CaptureFixture[str]) -> Callable[[], list[dict[str, Any]]]:
    """Take the lines that were logged since the last call."""
    return lambda: [json.loads(line) for line in capsys.readouterr().out.splitlines()]


@pytest.fixture
def queue() -> Queue:
    """The queue."""
    return Queue()


@pytest.fixture
def visibility(queue: Queue, logger: Logger) -> QueueVisibility:
    """The adapter, without chance: always the longest pause."""
    return QueueVisibility(queue, "url", logger=logger, jitter=lambda _, most: most)  # type: ignore[arg-type] # the part used


def message(number: int = 1, *, receives: int = 1) -> Message:
    """Return a message."""
    return Message(str(number), "body", f"receipt-{number}", receives)


def test_while_the_circuit_is_open_messages_wait_for_it(visibility: QueueVisibility, queue: Queue) -> None:
    """One receive is all that an open interval costs them, however often they were received."""
    visibility.hide([(message(1), CircuitOpen("partner", retry_after=290))])
    visibility.hide([(message(1, receives=200), CircuitOpen("partner", retry_after=290))])
    assert queue.calls == [{"receipt-1": 290}, {"receipt-1": 290}]


def test_what_was_not_tried_comes_back_at_once(visibility: QueueVisibility, queue: Queue) -> None:
    """It has failed at nothing: only the batch's time was over."""
    visibility.hide([(message(receives=200), CircuitOpen("time for this batch"))])
    assert queue.calls == [{"receipt-1": 1}]


@pytest.mark.parametrize(
    ("receives", "retry_after", "seconds"), [(1, 1, 2), (4, 1, 16), (20, 1, 300), (500, 1, 300), (1, 40, 40)]
)
def test_other_failures_are_tried_less_and_less_often(
    visibility: QueueVisibility, queue: Queue, receives: int, retry_after: int, seconds: int
) -> None:
    """Never before the time that was asked for."""
    visibility.hide([(message(receives=receives), TemporarilyUnavailable("partner", retry_after=retry_after))])
    assert queue.calls == [{"receipt-1": seconds}]


@pytest.mark.parametrize(("receives", "seconds"), [(1, 2), (8, 256), (11, 1800), (399, 1800)])
def test_what_waits_for_a_person_is_tried_more_seldom(
    visibility: QueueVisibility, queue: Queue, receives: int, seconds: int
) -> None:
    """Its receives last for days; the first tries come soon, as a setting may be repaired at once."""
    visibility.hide([(message(receives=receives), AccountCannotSend("mail"))])
    assert queue.calls == [{"receipt-1": seconds}]


@given(
    receives=st.integers(2, 1000),
    error=st.sampled_from([TemporarilyUnavailable("table"), AccountCannotSend("mail")]),
    chance=st.floats(0, 1),
)
def test_no_luck_makes_the_receives_last_for_less_than_is_reckoned(
    receives: int, error: TemporarilyUnavailable, chance: float
) -> None:
    """The waits up to the last receive add up to the least that is promised, wherever chance puts each of them."""
    queue, silent = Queue(), Logger(service="silent", level="CRITICAL")

    def jitter(least: float, most: float) -> float:
        return least + chance * (most - least)

    visibility = QueueVisibility(queue, "url", logger=silent, jitter=jitter)  # type: ignore[arg-type] # the part used
    for receive in range(1, receives):
        visibility.hide([(message(receives=receive), error)])
    waited = sum(seconds for call in queue.calls for seconds in call.values())
    assert waited >= least_seconds(receives, error.longest_backoff)


def test_chance_spreads_what_failed_together(queue: Queue, logger: Logger) -> None:
    """Between half of the pause and all of it."""
    visibility = QueueVisibility(queue, "url", logger=logger)  # type: ignore[arg-type] # the part used
    for _ in range(20):
        visibility.hide([(message(receives=8), TemporarilyUnavailable("partner"))])
    waits = [wait for call in queue.calls for wait in call.values()]
    assert 128 <= min(waits) < max(waits) <= 256


def test_what_is_not_temporary_is_left_alone(visibility: QueueVisibility, queue: Queue) -> None:
    """Dead letters are done, and a bug is looked at by a person in the meantime."""
    errors: list[Exception] = [InvalidEvent("", "x"), PermanentFailure("x"), ZeroDivisionError()]
    visibility.hide((message(n), error) for n, error in enumerate(errors))
    assert queue.calls == []


def test_a_call_takes_ten(visibility: QueueVisibility, queue: Queue) -> None:
    """As many as SQS allows."""
    visibility.hide((message(n), CircuitOpen("partner", retry_after=5)) for n in range(23))
    assert [len(call) for call in queue.calls] == [10, 10, 3]


def test_no_message_is_hidden_for_longer_than_sqs_can(visibility: QueueVisibility, queue: Queue) -> None:
    """Twelve hours from its receive."""
    visibility.hide([(message(), CircuitOpen("partner", retry_after=10**6))])
    assert queue.calls == [{"receipt-1": 11 * 3600}]


@pytest.mark.parametrize("code", ["ThrottlingException", "AccessDenied"])
def test_a_change_that_fails_is_logged_and_no_more(
    visibility: QueueVisibility, queue: Queue, lines: Callable[[], list[dict[str, Any]]], code: str
) -> None:
    """The message comes back after the queue's own timeout."""
    queue.fail = ClientError({"Error": {"Code": code}}, "ChangeMessageVisibilityBatch")
    visibility.hide([(message(), CircuitOpen("partner", retry_after=5))])
    assert [line["message"] for line in lines()] == ["not_hidden"]


def test_a_single_change_that_is_refused_is_logged(
    visibility: QueueVisibility, lines: Callable[[], list[dict[str, Any]]]
) -> None:
    """A receipt may have run out."""
    visibility.hide([(message(), CircuitOpen("partner", retry_after=5))])
    assert [line["reason"] for line in lines()] == ["ReceiptHandleIsInvalid"]
