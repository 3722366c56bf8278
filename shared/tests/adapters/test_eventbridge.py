import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError
from moto import mock_aws

from patterns_shared.adapters.eventbridge import MAX_CALL_BYTES, EventBridgePublisher
from patterns_shared.domain.errors import TemporarilyUnavailable
from patterns_shared.domain.event_codec import decode_event
from patterns_shared.domain.events import Event
from patterns_shared.ports import PublishFailure
from patterns_shared.testing import RecordingPublisher, make_event
from patterns_shared.testing.publisher_contract import PublisherContract

Client = Any
Clients = Callable[[str], Client]
Answers = Callable[..., list[bytes]]
Answer = tuple[int, bytes] | Exception
DONE = {"EventId": "e"}


def entries(*results: dict[str, str]) -> Answer:
    """Return the answer to a call, one result for each entry."""
    failed = sum("ErrorCode" in result for result in results)
    return 200, json.dumps({"FailedEntryCount": failed, "Entries": results}).encode()


def failed(code: str) -> dict[str, str]:
    """Return the result of an entry that was not taken."""
    return {"ErrorCode": code, "ErrorMessage": "not now"}


def events(count: int, *, size: int = 0) -> list[Event]:
    """Return events with ids that sort, whose details have at least ``size`` bytes."""
    event = make_event()
    event = replace(event, data=replace(event.data, customer_id="c" * (size or 1)))
    return [replace(event, id=f"event-{number:03}") for number in range(count)]


def sent(body: bytes) -> list[str]:
    """Return the ids of the events in a call."""
    return [json.loads(entry["Detail"])["id"] for entry in json.loads(body)["Entries"]]


@pytest.fixture
def client(clients: Clients) -> Client:
    """A client that tries once."""
    return clients("events")


@pytest.fixture
def pauses() -> list[float]:
    """How long the publisher slept, without sleeping."""
    return []


@pytest.fixture
def publisher(client: Client, pauses: list[float]) -> EventBridgePublisher:
    """The publisher on that client."""
    return EventBridgePublisher(client, "patterns.test", sleep=pauses.append)


class TestContract(PublisherContract):
    """The publisher on EventBridge keeps the contract (EventBridge and a queue on a rule as moto plays them)."""

    @pytest.fixture
    def bus(self, clients: Clients) -> Iterator[Client]:
        """A client of EventBridge, with a rule that sends everything of the source to a queue."""
        with mock_aws():
            bus = clients("events")
            clients("sqs").create_queue(QueueName="seen")
            bus.put_rule(Name="all", EventPattern=json.dumps({"source": ["patterns.test"]}))
            bus.put_targets(Rule="all", Targets=[{"Id": "1", "Arn": "arn:aws:sqs:us-east-1:123456789012:seen"}])
            yield bus

    @pytest.fixture
    def publisher(self, bus: Client) -> EventBridgePublisher:
        """The publisher on the bus."""
        return EventBridgePublisher(bus, "patterns.test")

    @pytest.fixture
    def received(self, bus: Client, clients: Clients) -> Callable[[], Sequence[Event]]:  # noqa: ARG002 - makes the queue
        """Take everything off the queue."""
        queues = clients("sqs")
        url = queues.get_queue_url(QueueName="seen")["QueueUrl"]

        def take() -> list[Event]:
            taken: list[Event] = []
            while messages := queues.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
                for message in messages:
                    body = json.loads(message["Body"])
                    event = decode_event(body["detail"])
                    assert body["source"] == "patterns.test"
                    assert body["detail-type"] == event.type.value
                    taken.append(event)
                    queues.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
            return taken

        return take


class TestFakeContract(PublisherContract):
    """The fake keeps the contract."""

    @pytest.fixture
    def publisher(self) -> RecordingPublisher:
        """The fake."""
        return RecordingPublisher()

    @pytest.fixture
    def received(self, publisher: RecordingPublisher) -> Callable[[], Sequence[Event]]:
        """Take everything off the fake."""

        def take() -> list[Event]:
            taken = publisher.events.copy()
            publisher.events.clear()
            return taken

        return take


def test_calls_have_ten_entries_at_most_and_keep_the_order(
    publisher: EventBridgePublisher, client: Client, answers: Answers
) -> None:
    """25 events are three calls."""
    calls = answers(client, entries(*[DONE] * 10), entries(*[DONE] * 10), entries(*[DONE] * 5))
    assert not publisher.publish(events(25))
    assert [len(sent(call)) for call in calls] == [10, 10, 5]
    assert [event_id for call in calls for event_id in sent(call)] == [event.id for event in events(25)]


def test_calls_have_256_kilobytes_at_most(publisher: EventBridgePublisher, client: Client, answers: Answers) -> None:
    """Large events go by twos when a third would be too much."""
    calls = answers(client, entries(DONE, DONE), entries(DONE, DONE), entries(DONE))
    assert not publisher.publish(events(5, size=100 * 1024))
    assert [len(sent(call)) for call in calls] == [2, 2, 1]


def test_an_event_over_the_limit_is_returned_and_stops_no_other(
    publisher: EventBridgePublisher, client: Client, answers: Answers
) -> None:
    """It is not lost, it is not tried, and no later attempt can help it; the others go."""
    before, after = events(1)[0], replace(events(1)[0], id="after")
    large = replace(events(1, size=MAX_CALL_BYTES)[0], id="large")
    calls = answers(client, entries(DONE, DONE))
    failures = publisher.publish([before, large, after])
    assert [(failure.event_id, failure.retryable) for failure in failures] == [("large", False)]
    assert str(MAX_CALL_BYTES) in failures[0].reason
    assert sent(calls[0]) == [before.id, "after"]


def test_the_limit_is_counted_in_bytes_and_within_it(
    publisher: EventBridgePublisher, client: Client, answers: Answers
) -> None:
    """As EventBridge counts: source, type and detail in UTF-8. One byte more is too much, characters do not matter."""
    answers(client, entries(DONE))
    event = events(1)[0]
    overhead = len(EventBridgePublisher(client, "patterns.test")._entry(event).text) - 1
    overhead += len("patterns.test") + len("OrderPlaced")
    fitting = MAX_CALL_BYTES - overhead
    assert not publisher.publish([replace(event, data=replace(event.data, customer_id="c" * fitting))])
    for text in ("c" * (fitting + 1), "ü" * (fitting // 2 + 1)):
        assert len(publisher.publish([replace(event, data=replace(event.data, customer_id=text))])) == 1


def test_only_the_entries_that_failed_are_tried_again(
    publisher: EventBridgePublisher, client: Client, answers: Answers, pauses: list[float]
) -> None:
    """After a pause that grows and differs; those that were taken are not sent twice."""
    calls = answers(
        client,
        entries(DONE, failed("ThrottlingException"), DONE, failed("InternalFailure")),
        entries(failed("InternalException"), DONE),
        entries(DONE),
    )
    assert not publisher.publish(events(4))
    assert [sent(call) for call in calls][1:] == [["event-001", "event-003"], ["event-001"]]
    assert 0 <= pauses[0] <= 0.2
    assert 0 <= pauses[1] <= 0.4


def test_what_keeps_failing_is_returned_and_nothing_overtakes_it(
    publisher: EventBridgePublisher, client: Client, answers: Answers, pauses: list[float]
) -> None:
    """Three attempts in all, none after the last pause; the batches after it are returned unsent."""
    calls = answers(client, entries(*[DONE] * 9, failed("InternalFailure")), *[entries(failed("InternalFailure"))] * 2)
    failures = publisher.publish(events(22))
    assert len(calls) == 3
    assert len(pauses) == 2
    assert [failure.event_id for failure in failures] == [event.id for event in events(22)[9:]]
    assert all(failure.retryable for failure in failures)
    assert failures[0].reason == "InternalFailure"
    assert "earlier" in failures[1].reason


@pytest.mark.parametrize(
    ("code", "retryable"), [("MalformedDetail", False), ("InvalidArgument", False), ("AccessDeniedException", True)]
)
def test_what_cannot_pass_is_not_tried_again(
    publisher: EventBridgePublisher, client: Client, answers: Answers, code: str, *, retryable: bool
) -> None:
    """An event at fault never passes; a missing grant may be given later, so its event is not given up."""
    calls = answers(client, entries(DONE, failed(code)))
    failures = publisher.publish(events(2))
    assert len(calls) == 1
    assert [(failure.event_id, failure.reason, failure.retryable) for failure in failures] == [
        ("event-001", code, retryable)
    ]


@pytest.mark.parametrize(
    "answer",
    [
        (400, b'{"__type": "ThrottlingException"}'),
        (500, b'{"__type": "InternalException"}'),
        ReadTimeoutError(endpoint_url="https://events"),
    ],
    ids=str,
)
def test_a_bus_that_is_down_is_temporarily_unavailable(
    publisher: EventBridgePublisher, client: Client, answers: Answers, answer: Answer
) -> None:
    """The whole call failed; the caller publishes all of it again."""
    answers(client, answer)
    with pytest.raises(TemporarilyUnavailable) as unavailable:
        publisher.publish(events(1))
    assert unavailable.value.dependency == "event bus"


def test_a_mistake_of_ours_is_not_called_temporary(
    publisher: EventBridgePublisher, client: Client, answers: Answers
) -> None:
    """A missing grant for the whole call stays what it is."""
    answers(client, (400, b'{"__type": "AccessDeniedException"}'))
    with pytest.raises(ClientError, match="AccessDenied"):
        publisher.publish(events(1))


def test_an_event_goes_to_the_bus_that_was_named(client: Client, answers: Answers) -> None:
    """With the source, and the event's type as its detail type."""
    calls = answers(client, entries(DONE))
    EventBridgePublisher(client, "patterns.test", "shop").publish(events(1))
    entry = json.loads(calls[0])["Entries"][0]
    del entry["Detail"]
    assert entry == {"EventBusName": "shop", "Source": "patterns.test", "DetailType": "OrderPlaced"}


@pytest.mark.parametrize("code", ["MalformedDetail", "InvalidArgument"])
def test_a_poison_event_holds_back_no_later_batch(
    publisher: EventBridgePublisher, client: Client, answers: Answers, code: str
) -> None:
    """The event is at fault, and not the bus: the events of the next calls go out."""
    good: dict[str, str] = {"EventId": "1"}
    calls = answers(client, entries(*[good] * 3, failed(code), *[good] * 6), entries(*[good] * 10), entries(good))
    told = events(21)
    assert list(publisher.publish(told)) == [PublishFailure(told[3].id, code, retryable=False)]
    assert [each for call in calls for each in sent(call)] == [event.id for event in told]


def test_a_call_that_one_event_spoils_is_taken_apart(
    publisher: EventBridgePublisher, client: Client, answers: Answers
) -> None:
    """A call may be refused as a whole for one entry, and the others must not suffer for it."""
    refused = (400, b'{"__type": "ValidationException", "message": "no"}')
    good: dict[str, str] = {"EventId": "1"}
    told = events(3)
    calls = answers(client, refused, entries(good), refused, entries(good))
    assert list(publisher.publish(told)) == [PublishFailure(told[1].id, "ValidationException", retryable=False)]
    assert [len(sent(call)) for call in calls] == [3, 1, 1, 1]
