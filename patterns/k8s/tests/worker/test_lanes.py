import threading
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import pytest
from aws_lambda_powertools import Logger
from botocore.exceptions import ClientError, EndpointConnectionError
from hypothesis import given
from hypothesis import strategies as st

from patterns_k8s.worker.health import Health
from patterns_k8s.worker.holding import Holding
from patterns_k8s.worker.lanes import Handle, Lane, lane_sizes
from patterns_k8s.worker.work_queue import Record
from patterns_shared.domain.errors import TemporarilyUnavailable


class Queue:
    """A queue that gives what it is told to, one answer for each receive, and then stops the worker."""

    def __init__(self, answers: Iterable[list[Record] | Exception], stop: threading.Event) -> None:
        """Take the answers."""
        self.answers = list(answers)
        self.stop = stop
        self.asked: list[int] = []
        self.deleted: list[str] = []
        self.hidden: dict[str, int] = {}

    def receive(self, limit: int, *, wait_seconds: int) -> Sequence[Record]:
        """Give the next answer."""
        assert wait_seconds == 3
        self.asked.append(limit)
        answer = self.answers.pop(0)
        if not self.answers:
            self.stop.set()
        if isinstance(answer, Exception):
            raise answer
        return answer

    def delete(self, receipts: Iterable[str]) -> None:
        """Note what is deleted."""
        self.deleted += receipts

    def hide(self, receipts: Iterable[tuple[str, int]]) -> None:
        """Note what is hidden."""
        self.hidden |= dict(receipts)


class Pauses(threading.Event):
    """A stop that notes how long it was waited for, and never waits."""

    def __init__(self) -> None:
        """Start with none."""
        super().__init__()
        self.pauses: list[float | None] = []

    def wait(self, timeout: float | None = None) -> bool:
        """Note the pause."""
        self.pauses.append(timeout)
        return self.is_set()


def record(number: int, receives: int = 1) -> Record:
    """Return a message."""
    return {
        "messageId": f"id-{number}",
        "receiptHandle": f"receipt-{number}",
        "body": "{}",
        "attributes": {"ApproximateReceiveCount": str(receives)},
    }


@pytest.fixture
def health() -> Health:
    """The worker's health."""
    return Health(limit=10)


@pytest.fixture
def make_lane(logger: Logger, health: Health) -> Callable[[Queue, Handle], Lane]:
    """Make a lane for four messages, without chance: always the longest pause."""

    def make(queue: Queue, handle: Handle) -> Lane:
        return Lane(
            queue,
            handle,
            size=4,
            poll_seconds=3,
            holding=Holding(queue, visibility=30),
            pulse=health.pulse("lane 1"),
            stop=queue.stop,
            logger=logger,
            jitter=lambda _, most: most,
        )

    return make


MakeLane = Callable[[Queue, Handle], Lane]


def failing(*ids: str) -> Handle:
    """Return a handler that fails these messages."""
    return lambda batch: {
        "batchItemFailures": [
            {"itemIdentifier": each["messageId"]} for each in batch["Records"] if each["messageId"] in ids
        ]
    }


def test_what_is_done_is_deleted_and_what_failed_comes_again(make_lane: MakeLane) -> None:
    """The more often it was received, the later, up to five minutes."""
    queue = Queue([[record(1), record(2), record(3, receives=4), record(4, receives=60)], []], Pauses())
    make_lane(queue, failing("id-2", "id-3", "id-4")).run()
    assert queue.deleted == ["receipt-1"]
    assert queue.hidden == {"receipt-2": 2, "receipt-3": 16, "receipt-4": 300}
    assert queue.asked == [4, 4]


def test_messages_are_held_while_they_are_handled(make_lane: MakeLane) -> None:
    """And neither before nor after: then they are deleted or given back."""
    held: list[int] = []
    queue = Queue([[record(1), record(2)], []], Pauses())

    def handle(batch: dict[str, Any]) -> dict[str, Any]:
        held.append(len(lane._holding))
        return failing()(batch)

    lane = make_lane(queue, handle)
    lane.run()
    assert held == [2]
    assert len(lane._holding) == 0


def test_what_arrives_after_the_stop_is_given_back_unseen(make_lane: MakeLane) -> None:
    """At once, to a worker that stays."""

    def handle(_: dict[str, Any]) -> dict[str, Any]:
        raise AssertionError

    queue = Queue([[record(1), record(2)]], Pauses())
    make_lane(queue, handle).run()
    assert (queue.deleted, queue.hidden) == ([], {"receipt-1": 0, "receipt-2": 0})


def test_what_the_stop_interrupted_is_given_back_at_once(make_lane: MakeLane) -> None:
    """And what was finished is deleted."""
    queue = Queue([[record(1, receives=4), record(2)], []], Pauses())

    def handle(batch: dict[str, Any]) -> dict[str, Any]:
        queue.stop.set()
        return failing("id-1")(batch)

    make_lane(queue, handle).run()
    assert (queue.deleted, queue.hidden) == (["receipt-2"], {"receipt-1": 0})
    assert queue.asked == [4]


@pytest.mark.parametrize(
    "error",
    [
        TemporarilyUnavailable("queue"),
        ClientError({"Error": {"Code": "AWS.SimpleQueueService.NonExistentQueue"}}, "ReceiveMessage"),
        EndpointConnectionError(endpoint_url="http://127.0.0.1:1"),
    ],
)
def test_a_queue_that_cannot_be_read_is_asked_less_and_less(
    make_lane: MakeLane, health: Health, error: Exception
) -> None:
    """No hot loop; and a worker that cannot work says so until it can."""
    stop = Pauses()
    queue = Queue([*[error] * 8], stop)
    make_lane(queue, failing()).run()
    assert stop.pauses == [0.5, 1, 2, 4, 8, 16, 30, 30]
    assert list(health.ready()) == ["queue"]
    assert health.alive() == {}
    stop.clear()
    queue.answers = [[]]
    make_lane(queue, failing()).run()
    assert health.ready() == {}


@given(concurrency=st.integers(1, 100))
def test_lanes_hold_what_they_are_allowed_together(concurrency: int) -> None:
    """As few of them as can be, none more than a call gives."""
    sizes = lane_sizes(concurrency)
    assert sum(sizes) == concurrency
    assert all(1 <= size <= 10 for size in sizes)
    assert len(sizes) == -(-concurrency // 10)
