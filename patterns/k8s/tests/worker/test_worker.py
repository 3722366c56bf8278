"""The whole worker in one process: real threads, AWS as moto plays it."""

import json
import os
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any
from unittest.mock import patch

import pytest
from moto.sqs.models import SQSBackend

from patterns_k8s.worker import __main__ as program
from patterns_k8s.worker.bootstrap import make_worker
from patterns_k8s.worker.settings import WorkerSettings
from patterns_shared.adapters.event_messages import event_to_body
from patterns_shared.domain.event_codec import encode_event
from patterns_shared.domain.events import Event, EventType, outcome_event_id
from patterns_shared.testing import make_event

Client = Any
Clients = Callable[[str], Client]
DeadLetters = Callable[[], list[tuple[str, str]]]
Published = Callable[[], list[dict[str, Any]]]


def delivery(event: Event) -> str:
    """Return the event as a rule of EventBridge delivers it."""
    return json.dumps({"detail-type": event.type.value, "source": "patterns.test", "detail": encode_event(event)})


def until(condition: Callable[[], bool]) -> None:
    """Wait for the condition, at most a minute: a busy machine is no reason to fail."""
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.02)


class HurriedStop(threading.Event):
    """A stop for which a worker waits a tenth of what it means to wait between its tries."""

    def wait(self, timeout: float | None = None) -> bool:
        """Wait for it, and return whether it is given."""
        return super().wait(None if timeout is None else timeout / 10)


@pytest.fixture
def quick_queue(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let moto's queues stand two lanes, and make their long polls short ones.

    By itself moto gives a message to both lanes now and then, forgets that one of two was deleted, or counts one twice
    that is being received. And the shortest poll that may be asked for is a second, whose end every stop waits for.
    """
    lock = threading.RLock()

    def alone(method: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(method)
        def call(*arguments: object, **named: object) -> object:
            with lock:
                return method(*arguments, **named)

        return call

    for name in ("send_message", "delete_message", "change_message_visibility", "get_queue_attributes"):
        monkeypatch.setattr(SQSBackend, name, alone(getattr(SQSBackend, name)))
    receive_at_once = alone(SQSBackend.receive_message)

    def receive(backend: SQSBackend, queue: str, count: int, wait_seconds: int, *others: object) -> object:
        found = receive_at_once(backend, queue, count, 0, *others)
        if wait_seconds and not found:
            backend.get_queue(queue).wait_for_messages(0.05)  # type: ignore[arg-type] # a fraction does
            found = receive_at_once(backend, queue, count, 0, *others)
        return found

    monkeypatch.setattr(SQSBackend, "receive_message", receive)


@pytest.fixture
def settings(queue_url: str, topic_arn: str, quick_queue: None) -> WorkerSettings:  # noqa: ARG001
    """A worker of two lanes. They wait for messages: one that asked all the time would starve the other threads."""
    return WorkerSettings(
        stage="test",
        queue_url=queue_url,
        topic_arn=topic_arn,
        concurrency=20,
        poll_seconds=1,
        health_host="127.0.0.1",
        health_port=0,
    )


@contextmanager
def working(settings: WorkerSettings) -> Iterator[None]:
    """Run a worker while the block lasts, and see it end."""
    stop = HurriedStop()
    ended: list[bool] = []
    pool = make_worker(settings, stop)
    thread = threading.Thread(target=lambda: ended.append(pool.run(settings.health_host, settings.health_port)))
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(60)
    assert ended == [True]


def waiting(clients: Clients, url: str) -> int:
    """Return how many messages the queue holds, hidden or not."""
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    attributes = clients("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
    return sum(map(int, attributes.values()))


def test_good_and_bad_messages_each_get_what_is_theirs(
    settings: WorkerSettings, clients: Clients, dead_letters: DeadLetters, published: Published
) -> None:
    """Orders are answered, a cancellation is handed on, poison is a dead letter with its reason, nothing is left."""
    placed = [make_event(id=f"placed-{n}", order_id=f"order-{n}") for n in range(25)]
    cancelled = make_event(EventType.ORDER_CANCELLED, id="cancelled")
    bodies = [*map(delivery, placed), event_to_body(cancelled), delivery(placed[0]), "poison"]
    bodies.append(delivery(make_event(EventType.ORDER_FULFILLED)))
    for body in bodies:
        clients("sqs").send_message(QueueUrl=settings.queue_url, MessageBody=body)
    with working(settings):
        until(lambda: waiting(clients, settings.queue_url) == 0)
    answers = Counter(event["id"] for event in published())
    assert set(answers) == {outcome_event_id(event.id) for event in placed} | {"cancelled"}
    assert dict(dead_letters()) == {
        "poison": "event: is not JSON at character 0",
        bodies[-1]: "type: OrderFulfilled leaves nothing to decide",
    }


def test_a_topic_that_comes_late_costs_no_message_a_receive(
    settings: WorkerSettings, clients: Clients, lines: Callable[[], list[dict[str, Any]]]
) -> None:
    """What was received is kept, what was not is left, and all of it goes out in the end."""
    clients("sns").delete_topic(TopicArn=settings.topic_arn)
    for n in range(30):
        body = delivery(make_event(id=f"placed-{n}"))
        clients("sqs").send_message(QueueUrl=settings.queue_url, MessageBody=body)
    seen: list[dict[str, Any]] = []

    def complained_twice() -> bool:
        seen.extend(lines())
        return Counter(line["message"] for line in seen)["topic_out_of_reach"] >= 2

    with working(settings):
        until(complained_twice)
        assert waiting(clients, settings.queue_url) == 30
        clients("sns").create_topic(Name="order-events")
        until(lambda: waiting(clients, settings.queue_url) == 0)
    seen += lines()
    assert Counter(line["message"] for line in seen)["fulfilled"] == 30


def test_a_stop_gives_back_what_cannot_be_finished(settings: WorkerSettings, clients: Clients) -> None:
    """At once, to any worker: no message waits for its visibility to run out."""
    clients("sns").delete_topic(TopicArn=settings.topic_arn)
    clients("sqs").send_message(QueueUrl=settings.queue_url, MessageBody=delivery(make_event()))
    names = ["ApproximateNumberOfMessagesNotVisible"]

    def hidden() -> str:
        answer = clients("sqs").get_queue_attributes(QueueUrl=settings.queue_url, AttributeNames=names)
        count: str = answer["Attributes"][names[0]]
        return count

    with working(settings):
        until(lambda: hidden() == "1")
    assert hidden() == "0"
    assert waiting(clients, settings.queue_url) == 1


def test_a_worker_killed_before_it_deleted_tells_the_same_again(
    settings: WorkerSettings, clients: Clients, published: Published
) -> None:
    """With the same id and the same decision, so that consumers recognize it."""
    event = make_event()
    answers = []
    for _ in range(2):
        clients("sqs").send_message(QueueUrl=settings.queue_url, MessageBody=delivery(event))
        with working(settings):
            until(lambda: waiting(clients, settings.queue_url) == 0)
        answers += [(each["id"], each["type"], each["data"]) for each in published()]
    assert answers[0] == answers[1]


class TestProgram:
    """``python -m patterns_k8s.worker``: what it says, and how it ends."""

    @pytest.mark.parametrize(
        ("arguments", "environment", "code", "says"),
        [
            ([], {}, 2, "environment variable STAGE is not set"),
            (["--backfill", "2026-01-05", "2026-01-06"], {}, 2, "environment variable STAGE is not set"),
            (["--backfill", "2026-01-06", "2026-01-05"], {}, 2, "FROM: 2026-01-06 is after TO: 2026-01-05"),
        ],
    )
    def test_bad_input_is_one_line(
        self,
        arguments: list[str],
        environment: dict[str, str],
        code: int,
        says: str,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        """That names the variable or the argument."""
        with patch.dict(os.environ, environment):
            assert program.main(arguments) == code
        assert capsys.readouterr().err == f"patterns_k8s.worker: {says}\n"

    @pytest.mark.usefixtures("aws")
    def test_a_table_that_is_not_there_is_tried_again(self, capsys: pytest.CaptureFixture[str]) -> None:
        """It may be deployed later."""
        environment = {"STAGE": "test", "TOPIC_ARN": "arn:aws:sns:us-east-1:1:x", "ORDERS_TABLE": "missing"}
        with patch.dict(os.environ, environment):
            assert program.main(["--backfill", "2026-01-05", "2026-01-06"]) == 75
        assert "ResourceNotFoundException" in capsys.readouterr().err
