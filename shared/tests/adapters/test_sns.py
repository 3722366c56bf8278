import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError
from hypothesis import given
from moto import mock_aws

from patterns_shared.adapters.event_batches import MAX_CALL_BYTES
from patterns_shared.adapters.event_messages import event_from_body, event_to_body
from patterns_shared.adapters.sns import SnsPublisher, attributes_of
from patterns_shared.domain.errors import TemporarilyUnavailable
from patterns_shared.domain.event_codec import decode_event, encode_event
from patterns_shared.domain.events import Event, EventType
from patterns_shared.ports import PublishFailure
from patterns_shared.testing import make_event
from patterns_shared.testing.publisher_contract import PublisherContract
from patterns_shared.testing.strategies import events as any_event

Client = Any
Clients = Callable[[str], Client]
Answers = Callable[..., list[bytes]]
Answer = tuple[int, bytes] | Exception
TOPIC = "arn:aws:sns:us-east-1:123456789012:topic"


def taken(*refused: tuple[int, str]) -> Answer:
    """Return the answer to a call, of which these entries were refused with these codes."""
    members = "".join(
        f"<member><Id>{n}</Id><Code>{code}</Code><SenderFault>false</SenderFault></member>" for n, code in refused
    )
    body = (
        f"<PublishBatchResponse><PublishBatchResult><Failed>{members}</Failed><Successful/></PublishBatchResult>"
        "<ResponseMetadata><RequestId>r</RequestId></ResponseMetadata></PublishBatchResponse>"
    )
    return 200, body.encode()


def refused(status: int, code: str) -> Answer:
    """Return the answer that refuses a whole call."""
    return status, f"<ErrorResponse><Error><Code>{code}</Code><Message>no</Message></Error></ErrorResponse>".encode()


def events(count: int, *, size: int = 1) -> list[Event]:
    """Return events with ids that sort, whose bodies have at least ``size`` bytes."""
    event = make_event(EventType.ORDER_FULFILLED)
    event = replace(event, data=replace(event.data, customer_id="c" * size))
    return [replace(event, id=f"event-{number:03}") for number in range(count)]


def fields(call: bytes) -> dict[str, str]:
    """Return the fields of a call."""
    return dict(parse_qsl(call.decode()))


def sent(call: bytes) -> list[str]:
    """Return the ids of the events in a call."""
    return [json.loads(value)["id"] for name, value in fields(call).items() if name.endswith(".Message")]


@pytest.fixture
def client(clients: Clients) -> Client:
    """A client that tries once."""
    return clients("sns")


@pytest.fixture
def pauses() -> list[float]:
    """How long the publisher slept, without sleeping."""
    return []


@pytest.fixture
def publisher(client: Client, pauses: list[float]) -> SnsPublisher:
    """The publisher on that client."""
    return SnsPublisher(client, TOPIC, sleep=pauses.append)


class TestContract(PublisherContract):
    """The publisher on SNS keeps the contract (SNS and a queue that subscribes, as moto plays them)."""

    @pytest.fixture
    def topic(self, clients: Clients) -> Iterator[str]:
        """A topic whose messages arrive in a queue as they are."""
        with mock_aws():
            arn = str(clients("sns").create_topic(Name="topic")["TopicArn"])
            clients("sqs").create_queue(QueueName="seen")
            clients("sns").subscribe(
                TopicArn=arn,
                Protocol="sqs",
                Endpoint="arn:aws:sqs:us-east-1:123456789012:seen",
                Attributes={"RawMessageDelivery": "true"},
            )
            yield arn

    @pytest.fixture
    def publisher(self, clients: Clients, topic: str) -> SnsPublisher:
        """The publisher on the topic."""
        return SnsPublisher(clients("sns"), topic)

    @pytest.fixture
    def received(self, clients: Clients) -> Callable[[], Sequence[Event]]:
        """Empty the queue."""

        def receive() -> list[Event]:
            url = clients("sqs").get_queue_url(QueueName="seen")["QueueUrl"]
            found: list[Event] = []
            while messages := clients("sqs").receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
                for message in messages:
                    found.append(event_from_body(message["Body"]))
                    clients("sqs").delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
            return found

        return receive


def test_subscriptions_can_filter_on_type_and_version(
    publisher: SnsPublisher, client: Client, answers: Answers
) -> None:
    """The version is a number, so that a policy can compare it."""
    calls = answers(client, taken())
    publisher.publish(events(1))
    call = fields(calls[0])
    entry = "PublishBatchRequestEntries.member.1.MessageAttributes.entry."
    attributes = {
        call[f"{entry}{n}.Name"]: (call[f"{entry}{n}.Value.DataType"], call[f"{entry}{n}.Value.StringValue"])
        for n in (1, 2)
    }
    assert attributes == {"type": ("String", "OrderFulfilled"), "schema_version": ("Number", "1")}


def test_a_call_takes_ten_events(publisher: SnsPublisher, client: Client, answers: Answers) -> None:
    """Twenty-five events are three calls, in order."""
    calls = answers(client, taken(), taken(), taken())
    assert not publisher.publish(events(25))
    assert [len(sent(call)) for call in calls] == [10, 10, 5]
    assert [each for call in calls for each in sent(call)] == [event.id for event in events(25)]


def test_a_call_takes_256_kilobytes(publisher: SnsPublisher, client: Client, answers: Answers) -> None:
    """Attributes included: what SNS would refuse as a whole is two calls."""
    calls = answers(client, taken(), taken())
    assert not publisher.publish(events(3, size=100_000))
    assert [len(sent(call)) for call in calls] == [2, 1]


@pytest.mark.parametrize("character", ["c", "ü"])
def test_the_limit_is_counted_in_bytes_with_attributes(
    publisher: SnsPublisher, client: Client, answers: Answers, character: str
) -> None:
    """Names, types and values of the attributes are part of a message's size; one byte more than fits is too much."""
    answers(client, taken())
    event = make_event(EventType.ORDER_FULFILLED)
    attributes = len("typeStringOrderFulfilledschema_versionNumber1")
    room = MAX_CALL_BYTES - attributes - len(event_to_body(event).encode()) + len(event.data.customer_id)
    width = len(character.encode())
    fitting = character * (room // width) + "c" * (room % width)
    assert not publisher.publish([replace(event, data=replace(event.data, customer_id=fitting))])
    assert len(publisher.publish([replace(event, data=replace(event.data, customer_id=f"{fitting}c"))])) == 1


def test_an_event_that_no_call_takes_is_returned_and_the_others_go(
    publisher: SnsPublisher, client: Client, answers: Answers
) -> None:
    """It is the event's fault, so trying again is no use."""
    calls = answers(client, taken())
    (big,) = events(1, size=MAX_CALL_BYTES)
    failures = publisher.publish([replace(big, id="big"), *events(2)])
    assert [(failure.event_id, failure.retryable) for failure in failures] == [("big", False)]
    assert sent(calls[0]) == ["event-000", "event-001"]


def test_only_the_entries_that_failed_are_tried_again(
    publisher: SnsPublisher, client: Client, answers: Answers, pauses: list[float]
) -> None:
    """After a pause; those that were taken are not sent twice."""
    calls = answers(client, taken((1, "Throttled"), (3, "InternalError")), taken((0, "InternalFailure")), taken())
    assert not publisher.publish(events(5))
    assert [sent(call) for call in calls[1:]] == [["event-001", "event-003"], ["event-001"]]
    assert len(pauses) == 2


def test_tries_are_bounded_and_nothing_is_lost_without_being_returned(
    publisher: SnsPublisher, client: Client, answers: Answers
) -> None:
    """What follows a batch that could not be delivered is not sent before it."""
    calls = answers(client, taken((9, "Throttled")), taken((0, "Throttled")), taken((0, "Throttled")))
    failures = publisher.publish(events(11))
    assert failures == [
        PublishFailure("event-009", "Throttled"),
        PublishFailure("event-010", "not sent: an earlier event failed"),
    ]
    assert len(calls) == 3


@pytest.mark.parametrize(("code", "retryable"), [("InvalidParameter", False), ("AuthorizationError", True)])
def test_a_permanent_failure_is_tried_once(
    publisher: SnsPublisher, client: Client, answers: Answers, code: str, *, retryable: bool
) -> None:
    """An event that is malformed is so for ever; a missing grant is not the event's fault."""
    calls = answers(client, taken((0, code)))
    assert publisher.publish(events(1)) == [PublishFailure("event-000", code, retryable=retryable)]
    assert len(calls) == 1


@pytest.mark.parametrize(
    "answer", [refused(500, "InternalError"), refused(429, "Throttled"), ReadTimeoutError(endpoint_url="sns")]
)
def test_a_topic_that_is_down_is_temporarily_unavailable(
    publisher: SnsPublisher, client: Client, answers: Answers, answer: Answer
) -> None:
    """The caller tries all of it again."""
    answers(client, answer)
    with pytest.raises(TemporarilyUnavailable):
        publisher.publish(events(1))


def test_a_missing_grant_is_not_hidden(publisher: SnsPublisher, client: Client, answers: Answers) -> None:
    """No retry fixes it."""
    answers(client, refused(403, "AuthorizationError"))
    with pytest.raises(ClientError, match="AuthorizationError"):
        publisher.publish(events(1))


@pytest.mark.parametrize(("count", "published"), [(10, True), (11, False), (50, False)])
def test_more_attributes_than_raw_delivery_takes_are_refused(
    client: Client, answers: Answers, count: int, *, published: bool
) -> None:
    """SNS would take the message, and drop it on its way to a queue; the other events of the batch go out."""

    def attributes(event: Event) -> dict[str, Any]:
        more = {f"extra-{n}": {"DataType": "String", "StringValue": "x"} for n in range(count - 2)}
        return attributes_of(event) | (more if event.id == "event-001" else {})

    calls = answers(client, taken())
    failures = SnsPublisher(client, TOPIC, attributes=attributes).publish(events(3))
    reason = f"{count} message attributes are over the limit of 10 with raw delivery"
    assert list(failures) == ([] if published else [PublishFailure("event-001", reason, retryable=False)])
    assert sent(calls[0]) == ["event-000", *(["event-001"] if published else []), "event-002"]


@given(event=any_event())
def test_the_same_event_is_published_as_the_same_bytes(event: Event) -> None:
    """From any publisher, any number of times: body and attributes follow from the event."""

    class Topic:
        def __init__(self) -> None:
            self.entries: list[Any] = []

        def publish_batch(self, **request: list[Any]) -> dict[str, Any]:
            self.entries += request["PublishBatchRequestEntries"]
            return {}

    topic = Topic()
    for each in (event, decode_event(encode_event(event))):
        assert not SnsPublisher(topic, TOPIC).publish([each])  # type: ignore[arg-type] # the part used
    first, again = topic.entries
    assert first == again


def test_a_poison_event_holds_back_no_later_batch(
    publisher: SnsPublisher, client: Client, answers: Answers, pauses: list[float]
) -> None:
    """The event is at fault, and not the topic: the events of the next calls go out, and nothing waits."""
    calls = answers(client, taken((3, "InvalidParameter")), taken(), taken())
    assert list(publisher.publish(events(25))) == [PublishFailure("event-003", "InvalidParameter", retryable=False)]
    assert [sent(call) for call in calls] == [[f"event-{n:03}" for n in part] for part in PARTS]
    assert pauses == []


PARTS = (range(10), range(10, 20), range(20, 25))
