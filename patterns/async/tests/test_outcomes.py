import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given

from patterns_async.application.outcomes import Forwarded, forward
from patterns_shared.adapters.eventbridge import EventBridgePublisher
from patterns_shared.domain.errors import InvalidEvent, PermanentFailure, TemporarilyUnavailable
from patterns_shared.domain.event_codec import decode_event, encode_event
from patterns_shared.domain.events import Event, EventType
from patterns_shared.ports import PublishFailure
from patterns_shared.testing import RecordingPublisher, make_event
from patterns_shared.testing.strategies import events

Client = Any
SALE = make_event(EventType.ORDER_FULFILLED, id="sale")
REJECTION = make_event(EventType.ORDER_REJECTED, id="rejection")
CANCELLATION = make_event(EventType.ORDER_CANCELLED, id="cancellation")


def test_outcomes_go_on_as_they_are() -> None:
    """Ids, times and trace included: consumers recognize a duplicate by them."""
    publisher = RecordingPublisher()
    assert forward([SALE, REJECTION], publisher) == {"sale": Forwarded.FORWARDED, "rejection": Forwarded.FORWARDED}
    assert publisher.events == [SALE, REJECTION]


def test_a_cancellation_is_no_outcome() -> None:
    """It came from where this would send it."""
    publisher = RecordingPublisher()
    results = forward([CANCELLATION, SALE], publisher)
    assert isinstance(results["cancellation"], InvalidEvent)
    assert publisher.events == [SALE]


def test_nothing_to_say_is_not_said() -> None:
    """No call without events."""
    publisher = RecordingPublisher()
    publisher.unavailable = True
    assert isinstance(forward([CANCELLATION], publisher)["cancellation"], InvalidEvent)


def test_what_the_bus_does_not_take_stays_in_the_queue() -> None:
    """The event that failed, and those that were not sent before it."""
    publisher = RecordingPublisher()
    publisher.refuse = {"rejection": "ThrottlingException"}
    later = replace(SALE, id="later")
    results = forward([SALE, REJECTION, later], publisher)
    assert results["sale"] is Forwarded.FORWARDED
    assert isinstance(results["rejection"], TemporarilyUnavailable)
    assert isinstance(results["later"], TemporarilyUnavailable)


def test_what_the_bus_will_never_take_is_for_good() -> None:
    """No later attempt helps an event that is too large."""

    class Refusing(RecordingPublisher):
        def publish(self, events: Sequence[Event]) -> list[PublishFailure]:
            return [PublishFailure(event.id, "too large", retryable=False) for event in events]

    assert isinstance(forward([SALE], Refusing())["sale"], PermanentFailure)


def test_a_bus_that_is_down_fails_its_events_and_no_others() -> None:
    """What is no outcome is still refused for good."""
    publisher = RecordingPublisher()
    publisher.unavailable = True
    results = forward([SALE, CANCELLATION], publisher)
    assert isinstance(results["sale"], TemporarilyUnavailable)
    assert isinstance(results["cancellation"], InvalidEvent)


@pytest.mark.usefixtures("aws")
def test_listeners_find_the_outcome_by_source_and_type(clients: Callable[[str], Client]) -> None:
    """As the web API's rule does."""
    pattern = {"source": ["patterns.test"], "detail-type": ["OrderFulfilled"]}
    url = clients("sqs").create_queue(QueueName="seen")["QueueUrl"]
    clients("events").put_rule(Name="outcomes", EventPattern=json.dumps(pattern))
    clients("events").put_targets(
        Rule="outcomes", Targets=[{"Id": "1", "Arn": "arn:aws:sqs:us-east-1:123456789012:seen"}]
    )
    forward([SALE, REJECTION], EventBridgePublisher(clients("events"), "patterns.test"))
    received: list[Event] = [
        decode_event(json.loads(message["Body"])["detail"])
        for message in clients("sqs").receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]
    ]
    assert received == [SALE]


@given(event=events())
def test_an_outcome_goes_on_as_the_same_bytes_at_every_attempt(event: Event) -> None:
    """A second delivery puts the same event on the bus, and the one that listens knows it by its id."""

    class Bus:
        def __init__(self) -> None:
            self.entries: list[Any] = []

        def put_events(self, **request: list[Any]) -> dict[str, Any]:
            self.entries += request["Entries"]
            return {"Entries": [{} for _ in request["Entries"]]}

    bus = Bus()
    publisher = EventBridgePublisher(bus, "patterns.test")  # type: ignore[arg-type] # the part used
    for each in (event, decode_event(encode_event(event))):
        forward([each], publisher)
    assert len(bus.entries) == (2 if event.type in {EventType.ORDER_FULFILLED, EventType.ORDER_REJECTED} else 0)
    assert bus.entries[:1] == bus.entries[1:]


def test_an_event_that_the_bus_never_takes_holds_back_none_of_a_large_batch() -> None:
    """However many calls the batch takes: the others are forwarded now, and come no second time."""

    class Bus:
        def put_events(self, **request: list[Any]) -> dict[str, Any]:
            bad = [json.loads(entry["Detail"])["id"] == "sale-3" for entry in request["Entries"]]
            return {"Entries": [{"ErrorCode": "MalformedDetail"} if each else {} for each in bad]}

    told = [replace(SALE, id=f"sale-{n}") for n in range(25)]
    results = forward(told, EventBridgePublisher(Bus(), "patterns.test"))  # type: ignore[arg-type] # the part used
    assert isinstance(results.pop("sale-3"), PermanentFailure)
    assert set(results.values()) == {Forwarded.FORWARDED}
    assert len(results) == 24
